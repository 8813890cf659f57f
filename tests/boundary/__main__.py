"""`python -m tests.boundary VERB`, from a database made from nothing: what the Makefile's targets call.

snapshot: write the golden files anew. lint: look for what would break the release before this one.
"""

import argparse
import sys

from tests.boundary import snapshot
from tests.boundary.grants import GOLDEN, grants
from tests.boundary.migrations import complaints, edited_since, newer_than
from tests.boundary.release import previous_release
from tests.boundary.scratch import scratch_server
from tests.boundary.tree import ROOT, Tree


def write_snapshot() -> None:
    """Write down the shared schema and the rights."""
    with scratch_server() as server:
        Tree().bootstrap(server, "triptych")
        with server.connect("postgres", "triptych") as superuser:
            lines = grants(superuser)
        written = {snapshot.GOLDEN: snapshot.schema(server, "triptych"), GOLDEN: "".join(f"{line}\n" for line in lines)}
    for path, content in written.items():
        path.write_text(content, encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")


def lint() -> int:
    """Print what speaks against the migrations since the last release; return the exit status."""
    tree, release = Tree(), previous_release()
    names, edited = newer_than(release, tree), edited_since(release)
    against = {}
    if names:
        with scratch_server() as server:
            tree.bootstrap(server, "triptych")
            against = complaints(names, tree, server, "triptych")
    for path in edited:
        print(f"{path}: released with {release}, and changed since: write a new migration")
    for (app, name), said in against.items():
        print(f"{app}.{name}:", *said, sep="\n    ")
    return 1 if edited or against else 0


def main() -> int:
    """Run the verb of the command line, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.boundary", description=__doc__)
    parser.add_argument("verb", choices=["snapshot", "lint"])
    if parser.parse_args().verb == "lint":
        return lint()
    write_snapshot()
    return 0


if __name__ == "__main__":
    sys.exit(main())
