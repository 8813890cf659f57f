"""The command line: `python -m k8s.commands VERB`. The Makefile's targets are thin names for these."""

import argparse
import os
import sys

from k8s.commands import cluster, kustomize, rules, schemas, secrets
from k8s.commands.failure import Failure


def check(overlays: list[str]) -> int:
    """Print what is wrong with each overlay; return the exit status."""
    status = 0
    for name in overlays:
        objects = kustomize.objects(kustomize.render(kustomize.FOLDER / "overlays" / name))
        found = [*schemas.violations(objects), *rules.broken(objects)]
        print(f"{name}: {len(objects)} objects, Kubernetes {' and '.join(schemas.MINORS)}, {len(found)} complaints")
        for complaint in found:
            print(f"  {complaint}")
        status = status or bool(found)
    return int(status)


def main() -> int:
    """Run the verb of the command line and return the exit status."""
    top = argparse.ArgumentParser(prog="python -m k8s.commands", description="Triptych on Kubernetes.")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, help_text in (
        ("render", "print an overlay as it is applied"),
        ("check", "hold the overlays to Kubernetes' schemas and to our rules"),
        ("secrets", "make up the production overlay's secrets, where they are missing"),
        ("up", "build the images, bring them and an overlay to the cluster, wait until it is ready"),
        ("down", "remove it from the cluster, with its data"),
    ):
        parser = verbs.add_parser(verb, help=help_text)
        if verb in ("render", "up"):
            parser.add_argument("overlay", nargs="?", default="local", choices=kustomize.OVERLAYS)
        if verb == "check":
            parser.add_argument("overlays", nargs="*", default=["local", "local-volume"])
    arguments = top.parse_args()
    try:
        match arguments.verb:
            case "render":
                print(kustomize.render(kustomize.FOLDER / "overlays" / arguments.overlay), end="")
            case "check":
                return check(arguments.overlays)
            case "secrets":
                for path in secrets.make():
                    print(f"made {path}")
            case "up":
                cluster.up(arguments.overlay, os.environ.get("REGISTRY", ""))
            case "down":
                cluster.down()
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
