"""`down`: stops the stack, gateway first and postgres last, and leaves no process and no socket behind."""

import shutil
import time

from stack import orphans
from stack.exec_wrapper import gone
from stack.layout import Layout
from stack.lock import exclusive
from stack.supervision import Supervisor

PATIENCE = 90  # seconds for an orderly stop


def down(layout: Layout) -> None:
    """Stop what runs in this home. Raises StackError while an `up` is at work there."""
    if not layout.home.is_dir():
        print(f"Nothing runs in {layout.home}.")
        return
    with exclusive(layout.home, "down"):
        start = time.monotonic()
        supervisor = Supervisor(layout)
        orderly = supervisor.answers()
        if orderly:
            processes = orphans.find(layout)
            supervisor.shut_down()
            gone(processes, PATIENCE)
        ended = orphans.end(layout)
        if not orderly and not ended:
            print(f"Nothing runs in {layout.home}.")
            return
        if ended:
            print(f"{ended} processes that supervisord did not end were ended.")
        print(f"Triptych is down ({time.monotonic() - start:.1f} s); its data stays in {layout.home}")


def remove(layout: Layout) -> None:
    """Remove what a stopped stack keeps below its home (data, passwords, logs), and nothing else that may be there."""
    if not layout.credentials.is_file():
        return  # not the home of a stack: TRIPTYCH_HOME may name any folder
    with exclusive(layout.home, "reset"):
        # For root the database may be elsewhere, behind a link.
        shutil.rmtree(layout.postgres.resolve(), ignore_errors=True)
        if layout.postgres.is_symlink():
            layout.postgres.unlink()
        for folder in (layout.run, layout.logs, layout.gateway_state, layout.www, layout.static):
            shutil.rmtree(folder, ignore_errors=True)
        for mark in (layout.password_shown, layout.static_made_of):
            mark.unlink(missing_ok=True)
        layout.credentials.unlink()
