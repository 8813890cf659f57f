"""Where the state of one stack lives: the folders and files below TRIPTYCH_HOME."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError

ROOT = Path(__file__).absolute().parent.parent
SHARED_TOOLS = ROOT / ".local"  # downloaded programs: not part of a stack's state, all stacks use the same ones

MEMORY = Path("/dev/shm")  # where Linux has a file system in memory
LONGEST_SOCKET_PATH = 100  # the kernel's limit is 104 to 108 bytes, by system


@dataclass(frozen=True)
class Layout:
    """The paths of the stack that lives in `home`."""

    home: Path

    @property
    def run(self) -> Path:
        """What lasts only while the stack runs: pids, sockets, the processes' environments."""
        return self.home / "run"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def credentials(self) -> Path:
        return self.home / "credentials.json"

    @property
    def password_shown(self) -> Path:
        """A file that exists once the generated password has been printed."""
        return self.home / "password-shown"

    @property
    def postgres(self) -> Path:
        """The database's folder; for root a link to one that the database's user can enter."""
        return self.home / "postgres"

    @property
    def www(self) -> Path:
        return self.home / "www"

    @property
    def static(self) -> Path:
        """The admin's static files."""
        return self.home / "static"

    @property
    def static_made_of(self) -> Path:
        """The digest of what the static files were made of; it exists only when they are complete."""
        return self.home / "static-made-of"

    @property
    def gateway_state(self) -> Path:
        return self.home / "gateway"

    @property
    def kept_answers(self) -> Path:
        """The gateway's cache: in memory where that can be; on a disk a file costs more than the read that it saves."""
        if os.access(MEMORY, os.R_OK | os.W_OK | os.X_OK):
            return MEMORY / self.short.name
        return self.gateway_state / "answers"

    @property
    def running(self) -> Path:
        """The run state: what the running stack was started with."""
        return self.run / "stack.json"

    @property
    def supervisor_socket(self) -> Path:
        socket = self.run / "supervisor.sock"
        return socket if len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH else self.short / "supervisor.sock"

    @property
    def short(self) -> Path:
        """A folder for sockets whose path would be too long below home."""
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"triptych-{os.getuid()}-{digest}"

    def check(self) -> None:
        """Raise StackError when home belongs to another user: whether something runs there cannot be seen."""
        if self.home.is_dir() and not os.access(self.home, os.R_OK | os.W_OK | os.X_OK):
            raise StackError(f"{self.home} is another user's: name your own folder with TRIPTYCH_HOME.")

    def make(self) -> None:
        """Make the folders, for this user only. Raises StackError when home cannot be written."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            for folder in (self.run, self.logs, self.gateway_state):
                folder.mkdir(mode=0o700, exist_ok=True)
            _make_ours(self.kept_answers).chmod(0o700)
            if self.supervisor_socket.parent == self.short:
                self.make_short()
            probe = self.run / "writable"
            probe.write_bytes(b"\0" * 65536)
            probe.unlink()
        except OSError as error:
            raise StackError(
                f"{self.home} cannot be written ({error.strerror}): free some space or correct its permissions, "
                "or name another folder with TRIPTYCH_HOME."
            ) from error

    def make_short(self) -> Path:
        """Make the folder for sockets; in a folder that everyone may write, so it has to be really ours."""
        _make_ours(self.short).chmod(0o711)
        return self.short


def _make_ours(folder: Path) -> Path:
    """Make a folder that somebody else might have made before, and return it. Raises StackError if somebody has."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise StackError(f"{folder} belongs to somebody else: remove it, or name another TRIPTYCH_HOME.")
    return folder
