"""The command line: `python -m stack VERB`. The Makefile's targets are thin names for these."""

import argparse
import os
import sys

from stack.down import down
from stack.errors import StackError
from stack.layout import ROOT, Layout
from stack.settings import load
from stack.up import up


def main() -> int:
    """Run the verb of the command line and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m stack", description="The whole system without Docker.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("up", help="raise the system and return when it is ready")
    verbs.add_parser("down", help="stop it; the data stays")
    arguments = parser.parse_args()
    try:
        settings = load(ROOT, os.environ)
        layout = Layout(settings.home)
        match arguments.verb:
            case "up":
                up(settings)
            case "down":
                down(layout)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
