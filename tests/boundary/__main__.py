"""`python -m tests.boundary snapshot`: write the golden files anew, from a database made from nothing."""

import argparse

from tests.boundary import snapshot
from tests.boundary.grants import GOLDEN, grants
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


def main() -> None:
    """Run the verb of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.boundary", description=__doc__)
    parser.add_argument("verb", choices=["snapshot"])
    parser.parse_args()
    write_snapshot()


if __name__ == "__main__":
    main()
