"""`up`: raises the stack in phases, each begun when the one before is ready; all of it or nothing."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from stack import credentials, difference, nginx, orphans, ports, run_state, static
from stack.errors import StackError
from stack.layout import Layout
from stack.lock import exclusive
from stack.postgres import Postgres
from stack.progress import Clock, wait_for
from stack.settings import Settings
from stack.supervision import Supervisor, configuration
from stack.topology import Process, Topology, describe

PATIENCE = 120  # seconds for one phase: a machine that compiles everything for the first time, with others at work
LINES = 25  # of a log that is shown
WAITING = (502, 503, 504)  # what a service and the gateway answer while what they need is not there
# How the lines of bootstrap's log begin that are for whoever starts the system.
MADE_USER, WARNING = "made the admin user", "warning: "


def up(settings: Settings) -> None:
    """Raise the stack and return when all of it is ready; raise StackError, with nothing left running, if not."""
    layout = Layout(settings.home)
    layout.make()
    with exclusive(layout.home, "up"), _interruptible():
        if run_state.all_healthy(layout):
            found = run_state.required(layout)
            print(f"Triptych already runs at {_shown(found.url)}/ (make status, make logs, make down).")
            _tell_differences(found, settings)
            return
        cleaned = orphans.end(layout)
        if cleaned:
            print(f"  {cleaned} processes of a stack that did not end properly were ended.")
        layout.make()
        clock = Clock()
        try:
            _raise(settings, layout, clock)
        except BaseException as error:
            # A second Ctrl-C must not leave half of it behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            if isinstance(error, KeyboardInterrupt):
                print("\nInterrupted: everything is taken down again.", flush=True)
            orphans.end(layout)
            raise


def _raise(settings: Settings, layout: Layout, clock: Clock) -> None:
    nginx_folder = nginx.folder()
    secrets = credentials.load_or_make(layout.credentials)
    code = difference.code()
    topology = describe(settings, layout, secrets, nginx_folder)
    ports.check(topology.ports)
    print(f"Triptych starts on the ports {settings.port} to {topology.postgres_port}; its state is in {layout.home}")
    postgres = Postgres(layout, topology.postgres_port, secrets.postgres)
    if postgres.prepare():
        clock.done("postgres", "initialised")
    for process in topology.supervised:
        _write_down(layout, process)
    supervisor = Supervisor(layout)
    supervisor.configuration_file.touch(mode=0o600)
    supervisor.configuration_file.write_text(configuration(layout, topology, postgres), encoding="utf-8")
    supervisor.start()

    phase = Phase(layout, supervisor, topology, clock)
    supervisor.launch("postgres")
    pages = _one_shot(topology.gateway, (sys.executable, "build.py", str(layout.www)), layout, "pages")
    static_files = None
    if not static.made(layout):
        layout.static_made_of.unlink(missing_ok=True)
        static_files = _one_shot(topology.bootstrap, static.COMMAND, layout, "static-files")
    phase.wait(["postgres"], lambda _: postgres.answers())
    _finish("bootstrap", _one_shot(topology.bootstrap, topology.bootstrap.command, layout, "bootstrap"), layout, clock)
    if static_files:
        _finish("static-files", static_files, layout, clock)
        static.note(layout)
    services = [each.name for each in topology.services]
    for name in services:
        supervisor.launch(name)
    _finish("pages", pages, layout, clock)
    phase.wait(services, phase.ready)
    supervisor.launch("gateway")
    phase.wait(["gateway"], phase.ready)

    password = settings.admin_password or secrets.admin_password
    found = run_state.RunState(topology.ports, settings.admin_user, password, difference.chosen(settings), code)
    run_state.note(layout, found)
    said = (layout.logs / "bootstrap.log").read_text(encoding="utf-8", errors="replace")
    is_new = MADE_USER in said or not layout.password_shown.exists()
    keeps = [line.removeprefix(WARNING) for line in said.splitlines() if line.startswith(WARNING)]
    _tell(found, clock, with_password=is_new and not settings.admin_password and not keeps)
    for line in keeps if settings.admin_password or is_new else []:
        print(f"\n{line}\n(manage.py is run by: .venv/bin/python -m stack exec admin-django python manage.py …)")
    layout.password_shown.touch()


class Phase:
    """Waits for processes, and explains the one that does not become ready."""

    def __init__(self, layout: Layout, supervisor: Supervisor, topology: Topology, clock: Clock) -> None:
        self.layout, self.supervisor, self.topology, self.clock = layout, supervisor, topology, clock
        self.first_pids: dict[str, int] = {}
        self.reasons: dict[str, str] = {}

    def ready(self, name: str) -> bool:
        """Return whether a service is ready. Raises StackError for an answer that waiting does not change."""
        status, reason = run_state.readiness(f"http://127.0.0.1:{self.topology.ports[name]}")
        if status not in (None, 200, *WAITING):
            log = _tail(self.layout, name)
            raise StackError(f"{name} answers its readiness check with status {status}; the end of its log:\n{log}")
        self.reasons[name] = f" ({reason})" if status and reason else ""
        return status == 200

    def wait(self, names: list[str], is_ready: Callable[[str], bool]) -> None:
        """Return when all are ready; raise StackError with the log of the first that ends or takes too long."""

        def check(name: str) -> bool:
            if is_ready(name):
                return True
            state = self.supervisor.states().get(name)
            if state is None:
                raise StackError(f"supervisord is gone; the end of its log:\n{_tail(self.layout, 'supervisord')}")
            first = self.first_pids.setdefault(name, state.pid) if state.pid else self.first_pids.get(name)
            if state.state in ("BACKOFF", "FATAL", "EXITED", "UNKNOWN") or state.pid != first:
                raise StackError(
                    f"{name} ended instead of becoming ready; the end of its log:\n{_tail(self.layout, name)}"
                )
            return False

        try:
            wait_for(names, check, self.clock, PATIENCE, lambda name: self.reasons.get(name, ""))
        except TimeoutError as error:
            late = str(error).split(", ")
            logs = "\n".join(f"The end of {name}'s log:\n{_tail(self.layout, name)}" for name in late)
            reasons = ", ".join(name + self.reasons.get(name, "") for name in late)
            raise StackError(f"{reasons}: not ready after {PATIENCE} s.\n{logs}") from error


def _write_down(layout: Layout, process: Process) -> None:
    path = layout.run / f"{process.name}.json"
    path.touch(mode=0o600)  # passwords are in it
    content = {
        "folder": str(process.folder),
        "command": list(process.command),
        "environment": dict(process.environment),
    }
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def _one_shot(process: Process, command: tuple[str, ...], layout: Layout, name: str) -> subprocess.Popen[bytes]:
    with (layout.logs / f"{name}.log").open("wb") as log:
        try:
            return subprocess.Popen(
                command,
                cwd=process.folder,
                env=dict(process.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        except OSError as error:
            raise StackError(f"{name}: {command[0]} cannot be run in {process.folder} ({error.strerror}).") from error


def _finish(name: str, child: subprocess.Popen[bytes], layout: Layout, clock: Clock) -> None:
    status = child.wait()
    if status:
        output = (layout.logs / f"{name}.log").read_text(errors="replace").strip()
        raise StackError(f"{name} failed with status {status}; nothing else was started. It said:\n{output}")
    clock.done(name, "done")


def _tail(layout: Layout, name: str) -> str:
    try:
        lines = (layout.logs / f"{name}.log").read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    return "\n".join(f"    {line}" for line in lines[-LINES:]) or "    (it is empty)"


def _tell(found: run_state.RunState, clock: Clock, *, with_password: bool) -> None:
    url = _shown(found.url)
    print(
        f"\n  pages      {url}/\n  items      {url}/api/items/\n  admin      {url}/admin/   user {found.admin_user}",
        end="",
    )
    if with_password:
        print(f", password {found.admin_password} (made up just now, shown this once)", end="")
    print(f"\n  docs       {url}/api/docs/\n\nready in {clock.seconds:.1f} s (make status, make logs, make down)")


def _tell_differences(found: run_state.RunState, settings: Settings) -> None:
    lines = difference.lines(found.settings, difference.chosen(settings), found.code, difference.code())
    if lines:
        print("What `make up` would start now differs; `make down` and `make up` start it, on the same data:")
        print("\n".join(f"  {line}" for line in lines))


def _shown(url: str) -> str:
    return url.replace("127.0.0.1", "localhost")


@contextmanager
def _interruptible() -> Iterator[None]:
    """Treat being ended (kill, a closed terminal) like Ctrl-C: what was started is taken down."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
            signal.signal(number, interrupt)
    yield
