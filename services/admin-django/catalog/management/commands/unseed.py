"""Remove the demo's items and categories and the generated items: what `seed` made and nobody has changed since.

What somebody has changed stays, and so does a category that was renamed or has other items in it. The history keeps all
of them, and the demo does not come back with the next start.
"""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from catalog.seed.bulk_copy import analyze
from catalog.seed.removal import Removal

SHOWN = 20  # how many of the items that stay are named


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")
        parser.add_argument("--changed", action="store_true", help="remove the items that somebody has changed as well")

    def handle(self, *args: Any, **options: Any) -> None:
        removal = Removal(keep=options["dry_run"], with_changed=options["changed"])
        try:
            removal.run()
            if removal.items and not removal.keep:
                analyze()
        except Error as error:
            raise CommandError(f"the database refuses it, or is away: {error}") from error
        except KeyboardInterrupt as error:
            message = f"interrupted: {removal.items:,} items are removed; run it again to go on"
            raise CommandError(message, returncode=130) from error
        would = "would be removed" if removal.keep else "removed"
        self.stdout.write(f"{would}: {removal.items:,} items and {len(removal.categories)} categories")
        if removal.changed:
            named = ", ".join(removal.changed[:SHOWN]) + (" …" if len(removal.changed) > SHOWN else "")
            verb = "are among them" if options["changed"] else "stay; --changed removes them as well"
            self.stdout.write(f"{len(removal.changed):,} that somebody has changed {verb}: {named}")
