"""The TCP ports of the loopback: which are free, and who holds the others."""

import errno
import random
import socket

import psutil

from stack.errors import StackError
from stack.settings import PORTS


def check(ports: dict[str, int]) -> None:
    """Raise StackError, saying who holds it, when one of the ports (by the process's name) is taken."""
    for name, port in ports.items():
        problem = _problem(port)
        if problem == errno.EACCES:
            raise StackError(f"Port {port} needs root's privileges: choose one above 1023 with TRIPTYCH_PORT.")
        if problem:
            first = min(ports.values())
            raise StackError(
                f"Port {port} ({name}) is taken{_holder(port)}; the stack uses {first} to {first + PORTS - 1}: "
                f"end that program, or choose others, as in `make up TRIPTYCH_PORT={free_base()}`, or in .env."
            )


def free_base() -> int:
    """Return a port that is free together with those after it which a stack needs."""
    candidates = range(9000, 30000, 10)  # below the range from which systems give ports to outgoing connections
    for base in random.sample(candidates, len(candidates)):
        if not any(_problem(base + offset) for offset in range(PORTS)):
            return base
    raise StackError(f"No {PORTS} free ports in a row were found between 9000 and 30000.")


def _problem(port: int) -> int:
    """Return 0 when the port can be bound, else the system's error number."""
    with socket.socket() as probe:
        # As the servers do it: connections that are still closing do not keep them from listening.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError as error:
            return error.errno or errno.EADDRINUSE
    return 0


def _holder(port: int) -> str:
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return ""
    for each in connections:
        if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port and each.pid:
            try:
                process = psutil.Process(each.pid)
                return f" by {process.name()} (pid {each.pid}, started in {process.cwd()})"
            except psutil.Error:
                return f" by pid {each.pid}"
    return ""
