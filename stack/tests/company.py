"""A company's network: an index of packages, certified by its own authority, and a proxy that lets nobody out."""

import datetime
import http.server
import ipaddress
import json
import socketserver
import ssl
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PACKAGE = "triptych-probe"
WHEEL = "triptych_probe-1.0-py3-none-any.whl"


def make_certificates(folder: Path) -> Path:
    """Make an authority and a server's certificate in `folder`; return the authority's, which nobody else knows."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Company", "127.0.0.1")]
    now = datetime.datetime.now(datetime.UTC)
    for key, name, path, is_authority in zip(keys, names, ("authority.pem", "server.pem"), (True, False), strict=True):
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(names[0])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
            .sign(keys[0], hashes.SHA256())
        )
        (folder / path).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.key").write_bytes(private)
    return folder / "authority.pem"


class _Index(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == f"/simple/{PACKAGE}/":
            self._answer("text/html", f'<a href="/{WHEEL}">{WHEEL}</a>'.encode())
        elif self.path == f"/{PACKAGE}":
            version = {"name": PACKAGE, "version": "1.0.0", "dist": {"tarball": "https://127.0.0.1/none.tgz"}}
            about = {"name": PACKAGE, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
            self._answer("application/json", json.dumps(about).encode())
        elif self.path == f"/{WHEEL}":
            self._answer("application/octet-stream", (Path(self.directory) / WHEEL).read_bytes())
        else:
            self.send_error(404)

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def index(folder: Path) -> Iterator[str]:
    """Serve an index of one package, for pip, uv and npm, with the certificate in `folder`; yield its URL."""
    with zipfile.ZipFile(folder / WHEEL, "w") as wheel:
        about = WHEEL.partition("-py3")[0] + ".dist-info"
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 1.0\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", f"{about}/METADATA,,\n{about}/WHEEL,,\n{about}/RECORD,,\n")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "server.pem", folder / "server.key")

    def handler(*arguments: object) -> _Index:
        return _Index(*arguments, directory=str(folder))  # type: ignore[arg-type]

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        with _serving(server):
            yield f"https://127.0.0.1:{server.server_port}"


@contextmanager
def proxy() -> Iterator[tuple[str, list[str]]]:
    """Refuse every request of a proxy; yield its URL and where its clients wanted to go, as it grows."""
    wanted: list[str] = []

    class Refuses(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            wanted.append(self.rfile.readline(4096).decode("latin-1").split(" ")[1])
            while self.rfile.readline(4096).strip():
                pass
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refuses) as server, _serving(server):
        yield f"http://127.0.0.1:{server.server_address[1]}", wanted


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
