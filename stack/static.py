"""The admin's static files as an image has them: compressed, and named by their content, so that browsers keep them."""

import hashlib
import sys

from stack.layout import ROOT, Layout

SERVICE = ROOT / "services" / "admin-django"
COMMAND = (sys.executable, "manage.py", "collectstatic", "--no-input", "--clear", "--verbosity", "0")


def made(layout: Layout) -> bool:
    """Return whether the files are there, complete, and made of the present sources."""
    mark = layout.static_made_of
    return mark.is_file() and mark.read_text(encoding="utf-8") == _sources()


def note(layout: Layout) -> None:
    """Write down that the files are complete; those of an interrupted start are made again."""
    layout.static_made_of.write_text(_sources(), encoding="utf-8")


def _sources() -> str:
    """Return a digest of what the files are made of: the packages' by their versions, our own by their content."""
    own = (path for path in SERVICE.glob("*/static/**/*") if path.is_file())
    digest = hashlib.sha256()
    for path in (SERVICE / "requirements.lock", SERVICE / "config" / "settings.py", *sorted(own)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
