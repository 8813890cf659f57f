"""The browser in which tests open the pages."""

import os
import shutil
from pathlib import Path

from stack import packages
from stack.errors import StackError

NAMES = ("chromium", "chromium-browser", "google-chrome")


def program() -> Path:
    """Return the browser's program, fetched where there is none. Raises StackError, saying what to install."""
    named = os.environ.get("TRIPTYCH_CHROMIUM")
    if named:
        if not shutil.which(named):
            raise StackError(f"TRIPTYCH_CHROMIUM is `{named}`, which is no program: correct or unset it.")
        return Path(named)
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    try:
        # /usr/bin/chromium is a script that knows only the installed place.
        return packages.unpack("chromium", "usr/lib/chromium/chromium")
    except packages.Unavailable as error:
        raise StackError(
            f"The tests look at the pages with chromium; none is here, and its package cannot be fetched: {error}\n"
            f"Install it: {packages.how_to_install('chromium')} Or run other parts only: make test PART=admin-django"
        ) from error
