"""How pip, uv, npm and apt reach the network: all get the proxies, certificates and indexes that any of them was given.

`python -m stack.network COMMAND…` becomes the command, in such an environment. (Standard library only: it is run
before anything is installed.)
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from stack import inherited
from stack.errors import StackError
from stack.layout import SHARED_TOOLS

LOOPBACK = "localhost,127.0.0.1,::1"
# Where systems keep the certificate authorities that their administrators trust, a company's own included. By default
# uv and npm use a list that they bundle, and so does pip before 24.2.
SYSTEM_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # macOS, BSD
)
CERTIFICATES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NPM_CONFIG_CAFILE")
OF_NPM = ("NODE_EXTRA_CA_CERTS", "NPM_CONFIG_CAFILE")  # its own files may name another, which would win over the first
ADDED_CERTIFICATES = "NODE_EXTRA_CA_CERTS"  # alone among them it comes on top of the others
# What only one of them understands.
UNCHANGED = re.compile(
    r"PIP_NO_INDEX|(PIP|UV)_KEYRING_PROVIDER|UV_INDEX_\w+_(USERNAME|PASSWORD)|UV_CONFIG_FILE|NETRC|XDG_CONFIG_\w+"
    r"|NPM_CONFIG_(REGISTRY|STRICT_SSL|USERCONFIG|GLOBALCONFIG)"
)
CACHES = {"PIP_CACHE_DIR": ".cache/pip", "UV_CACHE_DIR": ".cache/uv", "NPM_CONFIG_CACHE": ".npm"}
# What these programs print when they cannot connect, because of a name, a proxy, a connection or a certificate.
NO_WAY_THROUGH = (
    "Failed to establish a new connection", "Connection refused", "Could not connect", "Connection timed out",
    "ConnectTimeout", "ProxyError", "Cannot connect to proxy", "Temporary failure resolving", "Could not resolve",
    "Name or service not known", "Temporary failure in name resolution", "CERTIFICATE_VERIFY_FAILED", "UnknownIssuer",
    "invalid peer certificate", "Network is unreachable", "tunnel", "error sending request", "Proxy Authentication",
)  # fmt: skip


def environment(environ: Mapping[str, str], python: str) -> dict[str, str]:
    """Return the environment for pip, uv, npm and apt. Raises StackError when a file of certificates is missing.

    What is said in pip's configuration counts too; `python` is one that has pip. The rest of that configuration does
    not: a constraint or an installation for the user alone is not meant for us.
    """
    named = {name.upper(): value for name, value in inherited.environment(environ).items() if value}
    named = {f"PIP_{name}": value for name, value in _pip_configuration(environ, python).items()} | named
    kept = {name: value for name, value in named.items() if name in inherited.SYSTEM}
    return (
        kept
        | {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "UV_NO_PROGRESS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        | _caches(Path(kept["HOME"]))
        | _proxies(named)
        | _certificates(named)
        | _indexes(named)
    )


def direct_here(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the two variables that keep an environment's proxies from what runs on this machine."""
    named = environ.get("no_proxy") or environ.get("NO_PROXY")
    return dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(filter(None, (named, LOOPBACK))))


def explanation(output: str, environment: Mapping[str, str]) -> str:
    """Return an explanation where a program's output says that the network cannot be reached, else an empty text."""
    if not any(sign in output for sign in NO_WAY_THROUGH):
        return ""
    proxies = ", ".join(f"{name}={_without_password(environment[name])}" for name in _PROXIES if name in environment)
    way = f"the proxy that is set ({proxies})" if proxies else "the network, or set HTTPS_PROXY where a proxy leads out"
    own = environment.get("UV_DEFAULT_INDEX")
    index = f", and the index that is set ({_without_password(own)})" if own else ""
    certificates = environment.get("SSL_CERT_FILE")
    bundle = f" Certificates are checked by {certificates} (SSL_CERT_FILE)." if certificates else ""
    return f"The packages' server cannot be reached: check {way}{index}.{bundle}"


_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def _proxies(named: Mapping[str, str]) -> dict[str, str]:
    every = named.get("PIP_PROXY") or named.get("ALL_PROXY")
    http = named.get("HTTP_PROXY") or named.get("NPM_CONFIG_HTTP_PROXY") or named.get("NPM_CONFIG_PROXY") or every
    https = named.get("PIP_PROXY") or named.get("HTTPS_PROXY") or named.get("NPM_CONFIG_HTTPS_PROXY") or every or http
    found = {"HTTP_PROXY": http, "HTTPS_PROXY": https, "ALL_PROXY": named.get("ALL_PROXY")}
    but = ",".join(filter(None, (named.get("NO_PROXY") or named.get("NPM_CONFIG_NOPROXY"), LOOPBACK)))
    proxies = {name: value for name, value in found.items() if value} | {"NO_PROXY": but}
    return proxies | {name.lower(): value for name, value in proxies.items()}


def _certificates(named: Mapping[str, str]) -> dict[str, str]:
    told = {name: Path(named[name]) for name in (*CERTIFICATES, ADDED_CERTIFICATES) if name in named}
    for name, path in told.items():
        if not path.exists():
            raise StackError(f"{name} is `{path}`, which is not there: correct or unset it.")
    found = {name: named[name] for name in ("SSL_CERT_DIR", "SSL_CLIENT_CERT", "PIP_CLIENT_CERT") if name in named}
    both = found.get("PIP_CLIENT_CERT") or found.get("SSL_CLIENT_CERT")
    if both:
        found |= {"PIP_CLIENT_CERT": both, "SSL_CLIENT_CERT": both}
    files = list(dict.fromkeys(path for path in told.values() if path.is_file()))
    folder = next((path for path in told.values() if path.is_dir()), None)
    if folder:
        found.setdefault("SSL_CERT_DIR", str(folder))
    if set(told) <= {ADDED_CERTIFICATES} and "SSL_CERT_DIR" not in found:
        files += [path for path in map(Path, SYSTEM_CERTIFICATES) if path.is_file()][:1]
    if not files:  # macOS keeps them in its keychain
        of_pip = {"PIP_CERT": str(folder)} if folder else {}
        return found | of_pip | ({"UV_SYSTEM_CERTS": "true"} if sys.platform == "darwin" else {})
    # Several files were named, each to another program: every program gets all of them.
    bundle = files[0] if len(files) == 1 else _joined(files)
    return found | dict.fromkeys(("PIP_CERT", "SSL_CERT_FILE", *OF_NPM), str(bundle))


def _joined(paths: Iterable[Path]) -> Path:
    joined = SHARED_TOOLS / "certificates.pem"
    joined.parent.mkdir(parents=True, exist_ok=True)
    joined.write_bytes(b"\n".join(path.read_bytes() for path in paths))
    return joined


def _indexes(named: Mapping[str, str]) -> dict[str, str]:
    default = _url(named.get("PIP_INDEX_URL") or named.get("UV_DEFAULT_INDEX") or named.get("UV_INDEX_URL") or "")
    more = _words(named, "PIP_EXTRA_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
    links = _words(named, "PIP_FIND_LINKS", "UV_FIND_LINKS")
    hosts = _words(named, "PIP_TRUSTED_HOST", "UV_INSECURE_HOST")
    found = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": default,
        "UV_DEFAULT_INDEX": default,
        "PIP_EXTRA_INDEX_URL": " ".join(map(_url, more)),
        "UV_INDEX": " ".join(more),
        "UV_INDEX_STRATEGY": "unsafe-best-match",  # as pip does it; what comes is held to its hash
        "PIP_FIND_LINKS": " ".join(links),
        "UV_FIND_LINKS": ",".join(links),
        "PIP_TRUSTED_HOST": " ".join(hosts),
        "UV_INSECURE_HOST": " ".join(hosts),
    }
    found |= {name: value for name, value in named.items() if UNCHANGED.fullmatch(name)}
    return {name: value for name, value in found.items() if value}


def _words(named: Mapping[str, str], *names: str) -> list[str]:
    """Return the words of all of the variables; each once, in their order."""
    return list(dict.fromkeys(word for name in names for word in named.get(name, "").replace(",", " ").split()))


def _url(index: str) -> str:
    """Return an index's URL; uv lets a name stand before it."""
    name, equals, url = index.partition("=")
    return url if equals and "/" not in name else index


def _caches(home: Path) -> dict[str, str]:
    """Name caches below our own folder for those that cannot be below home."""
    return {
        name: str(SHARED_TOOLS / "cache" / Path(folder).name.strip("."))
        for name, folder in CACHES.items()
        if not inherited.is_writable(home / folder)
    }


def _pip_configuration(environ: Mapping[str, str], python: str) -> dict[str, str]:
    """Return what pip's own files say, by the names that its variables have after `PIP_`."""
    kept = inherited.environment(environ)
    asked = subprocess.run(
        [python, "-s", "-m", "pip", "config", "list"], env=kept, capture_output=True, text=True, check=False
    )
    found: dict[str, str] = {}
    for line in asked.stdout.splitlines():
        place, _, value = line.partition("=")
        section, _, name = place.partition(".")
        # what is for `pip install` alone comes after the general in this list, and wins
        if section in ("global", "install"):
            found[name.upper().replace("-", "_")] = " ".join(str(ast.literal_eval(value)).split())
    return {name: value for name, value in found.items() if inherited.NETWORK.fullmatch(f"PIP_{name}")}


def _without_password(url: str) -> str:
    before, at, after = url.rpartition("@")
    return f"{before.partition('//')[0]}//…@{after}" if at else url


def main() -> None:
    """Become the command of the command line."""
    found = environment(os.environ, sys.executable)
    os.execvpe(sys.argv[1], sys.argv[1:], found)


if __name__ == "__main__":
    main()
