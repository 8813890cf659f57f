"""Which environment variables of the calling shell reach our processes: those named here, and no others.

`python -m stack.inherited COMMAND…` becomes the command, in such an environment. (Standard library only: it is run
before anything is installed.)
"""

import os
import pwd
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from stack.layout import ROOT, SHARED_TOOLS
from stack.topology import MARKER, SETTINGS

# The user, and where programs are; CI makes the tests' random examples the same every time.
SYSTEM = {"PATH", "HOME", "USER", "LOGNAME", "TERM", "CI"}
OURS = re.compile(r"TRIPTYCH_\w+|HISTORY_\w+")  # HISTORY_*: how long the tests of histories take, and their seed
# Proxies, certificates and indexes, under the names that each program reads. stack/network.py gives all of them to pip,
# uv, npm and apt alike; those in the last line name files that may state others.
NETWORK = re.compile(
    r"(HTTP|HTTPS|ALL|NO|FTP)_PROXY|PIP_PROXY|NPM_CONFIG_(HTTP_|HTTPS_|NO)?PROXY"
    r"|SSL_CERT_FILE|SSL_CERT_DIR|SSL_CLIENT_CERT|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS"
    r"|PIP_(CLIENT_)?CERT|UV_NATIVE_TLS|UV_SYSTEM_CERTS|NPM_CONFIG_(CAFILE|STRICT_SSL)"
    r"|(PIP|UV)_((EXTRA_)?INDEX_URL|FIND_LINKS|NO_INDEX|KEYRING_PROVIDER)|PIP_TRUSTED_HOST"
    r"|UV_(DEFAULT_)?INDEX|UV_INDEX_\w+_(USERNAME|PASSWORD)|UV_INSECURE_HOST|NPM_CONFIG_REGISTRY"
    r"|(PIP|UV)_CONFIG_FILE|NPM_CONFIG_(USERCONFIG|GLOBALCONFIG)|NETRC|XDG_CONFIG_(HOME|DIRS)"
)


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that our processes inherit; a home that does not exist is replaced by one of our own."""
    kept = {name: value for name, value in environ.items() if _is_kept(name)}
    return {"PATH": os.defpath, **kept, "HOME": str(_home(kept.get("HOME"))), "LANG": "C.UTF-8"}


def apply() -> None:
    """Reduce this process's own environment in the same way, and set the usual umask."""
    kept = environment(os.environ)
    os.environ.clear()
    os.environ.update(kept)
    os.umask(0o022)


def without_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which every setting has its default, whatever it and .env say."""
    return {name: value for name, value in environ.items() if name not in SETTINGS}


def is_writable(folder: Path) -> bool:
    """Return whether the folder can be written, or made where it does not exist."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK)


def _is_kept(name: str) -> bool:
    # npm reads its variables in either case; some programs read proxies in one case only
    network = NETWORK.fullmatch(name.upper())
    ours = OURS.fullmatch(name) and name != MARKER
    return name in SYSTEM or name in SETTINGS or bool(ours) or bool(network)


def _home(named: str | None) -> Path:
    try:
        home = Path(named or pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        home = Path()
    if home.is_absolute() and home.is_dir():
        return home
    ours = SHARED_TOOLS / "home"
    ours.mkdir(parents=True, exist_ok=True)
    return ours


def main() -> None:
    """Become the command of the command line."""
    apply()
    # Our own modules are found from here, wherever the shell was.
    os.chdir(ROOT)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
