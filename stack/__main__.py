"""The command line: `python -m stack VERB`. The Makefile's targets are thin names for these."""

import argparse
import errno
import os
import sys

from stack import environment, inherited
from stack.down import down, remove
from stack.errors import StackError
from stack.layout import ROOT, Layout
from stack.logs import logs
from stack.settings import load
from stack.status import status
from stack.testing import PARTS, test
from stack.up import up

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    top = argparse.ArgumentParser(prog="python -m stack", description="The whole system without Docker.")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("up", help="raise the system and return when it is ready")
    verb = verbs.add_parser("down", help="stop it; the data stays")
    verb.add_argument("--volumes", action="store_true", help="remove the data too, as in docker compose")
    verb = verbs.add_parser("status", help="what runs, since when, with how much memory")
    verb.add_argument("--json", action="store_true", help="for programs")
    verb = verbs.add_parser("logs", help="follow the logs")
    verb.add_argument("service", nargs="?", help="only this one's")
    verbs.add_parser("env", help="the running system's URLs and passwords, as lines for a shell")
    verb = verbs.add_parser("exec", help="run a command in a service's folder and environment")
    verb.add_argument("service")
    verb.add_argument("command", nargs=argparse.REMAINDER)
    verb = verbs.add_parser("test", help="run the tests against a system of their own")
    verb.add_argument("--long", action="store_true", help="the long tests instead of the others")
    verb.add_argument("--part", choices=PARTS, help="only this part")
    verb.add_argument("arguments", nargs="*", help="for pytest, after --")
    return top


def main() -> int:
    """Run the verb of the command line and return the exit status."""
    arguments = parser().parse_args()
    inherited.apply()
    try:
        settings = load(ROOT, os.environ)
        layout = Layout(settings.home)
        layout.check()
        match arguments.verb:
            case "up":
                up(settings)
            case "down":
                down(layout)
                if arguments.volumes:
                    remove(layout)
            case "status":
                return status(layout, as_json=arguments.json)
            case "logs":
                logs(layout, arguments.service)
            case "env":
                environment.show(layout)
            case "exec":
                if not arguments.command:
                    raise StackError("exec needs a command: python -m stack exec SERVICE COMMAND…")
                environment.execute(layout, arguments.service, arguments.command)
            case "test":
                return test(long=arguments.long, part=arguments.part, arguments=arguments.arguments)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # `make logs | head`: nobody reads on, and the interpreter shall not complain when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if error.errno not in FULL:
            raise
        print(f"{error}: free some space, or name another folder with TRIPTYCH_HOME.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        # Ctrl-C is how following the logs ends.
        return 0 if arguments.verb == "logs" else 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
