"""Load items from CSV and JSON files (an array of objects, or one object per line), UTF-8.

Each file is one transaction: all its good rows are loaded and the others reported with line and reason; or, when the
file cannot be read to its end or the command is interrupted, nothing of it. Exit status: 0 if every row was loaded, 1
if a row or a file was refused, 130 if interrupted.
"""

import signal
from argparse import RawDescriptionHelpFormatter
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from tqdm import tqdm

from catalog.loading.bulk_write import Outcome
from catalog.loading.columns import Columns, parse_mapping
from catalog.loading.files import Rules, load
from catalog.loading.records import FileError
from catalog.loading.rejects import Rejects

SHOWN = 20  # how many refused rows of a file are reported on the terminal


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        add = parser.add_argument
        add("files", nargs="+", type=Path, metavar="FILE")
        add("--map", action="append", default=[], metavar="FIELD=COLUMN", help="e.g. name=Title; may be repeated")
        add("--update", action="store_true", help="a row whose sku is in the catalog changes that item")
        add("--no-create-categories", action="store_true", help="refuse rows whose category does not exist")
        add("--dry-run", action="store_true", help="say what would be done; write and lock nothing")
        add("--rejects", type=Path, metavar="FILE", help="write refused rows here as CSV: file, place, reason, row")
        add("--allow-rejects", action="store_true", help="exit with 0 even if rows were refused")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            columns = Columns(parse_mapping(options["map"]))
        except ValueError as error:
            raise CommandError(str(error)) from error
        if options["rejects"] in options["files"]:
            raise CommandError("--rejects would overwrite a file that is to be loaded")
        rules = Rules(columns, options["update"], not options["no_create_categories"], options["dry_run"])
        terminated = signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as Ctrl-C does: nothing half
        try:
            with Rejects(options["rejects"]) as rejects:
                self._load_all(options["files"], rules, rejects, options["allow_rejects"])
        except OSError as error:
            raise CommandError(f"cannot write {options['rejects']}: {error.strerror}") from error
        finally:
            signal.signal(signal.SIGTERM, terminated)

    def _load_all(self, paths: list[Path], rules: Rules, rejects: Rejects, allow_rejects: bool) -> None:
        complete = True
        for path in paths:
            try:
                outcome = self._load(path, rules, rejects)
            except FileError as error:
                self.stderr.write(f"{path}: {error}. Nothing of it was loaded.")
                complete = False
            except KeyboardInterrupt as error:
                message = f"interrupted: nothing of {path} was loaded; files reported above are in"
                raise CommandError(message, returncode=130) from error
            except Error as error:
                raise CommandError(f"{path}: nothing of it was loaded: {error}") from error
            else:
                self._report(path, outcome, rules)
                complete = complete and (allow_rejects or not outcome.refused)
        if not complete:
            raise SystemExit(1)

    def _load(self, path: Path, rules: Rules, rejects: Rejects) -> Outcome:
        size = path.stat().st_size if path.is_file() else None
        with tqdm(total=size, desc=path.name, unit="B", unit_scale=True, disable=None, leave=False) as bar:
            return load(path, rules, partial(rejects.add, path), bar.update)

    def _report(self, path: Path, outcome: Outcome, rules: Rules) -> None:
        for record, reason in outcome.refused[:SHOWN]:
            self.stderr.write(f"{path}: {record.place}: {reason}")
        if len(outcome.refused) > SHOWN:
            self.stderr.write(f"{path}: and {len(outcome.refused) - SHOWN:,} more; --rejects FILE keeps all")
        parts = (
            f" ({outcome.new:,} new, {outcome.updated:,} updated, {outcome.unchanged:,} unchanged)"
            if rules.update
            else ""
        )
        would = " (dry run, nothing kept)" if rules.dry_run else ""
        self.stdout.write(f"{path}: {outcome.loaded:,} loaded{parts}, {len(outcome.refused):,} refused{would}")
