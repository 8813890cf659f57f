"""nginx: the one on PATH, else Debian's or Ubuntu's package, unpacked below `.local` without root."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from stack import packages
from stack.errors import StackError

OLDEST = (1, 22)


def folder() -> Path:
    """Return the folder of an nginx that is new enough. Raises StackError, saying how to install one, if none is."""
    unpacked = packages.folder("nginx") / "bin"
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    seen = []
    for candidate in (shutil.which("nginx", path=search), shutil.which("nginx", path=str(unpacked))):
        version = _version(Path(candidate)) if candidate else None
        if candidate and version and version >= OLDEST:
            return Path(candidate).parent
        if candidate:
            seen.append(f"{candidate} is {'.'.join(map(str, version)) if version else 'broken'}")
    print("  nginx is not installed: its package is downloaded and unpacked", flush=True)
    try:
        program = packages.unpack("nginx", "usr/sbin/nginx")
    except packages.Unavailable as error:
        found = f" ({', '.join(seen)})" if seen else ""
        raise StackError(
            f"nginx ≥ {'.'.join(map(str, OLDEST))} is not here{found}, and its package cannot be fetched: {error}\n"
            f"Install it: {packages.how_to_install('nginx')}"
        ) from error
    return program.parent


def _version(program: Path) -> tuple[int, ...] | None:
    try:
        done = subprocess.run([program, "-v"], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", done.stderr)
    return tuple(int(part) for part in found.groups()) if found else None
