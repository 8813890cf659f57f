"""Load the demo's items, and with --count generated ones for measuring. Can be run again: nothing doubles."""

from argparse import ArgumentTypeError
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, transaction
from tqdm import tqdm

from catalog.seed.bulk_copy import analyze, write_generated
from catalog.seed.demo import load_categories, load_items
from catalog.seed.generated import LARGEST


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--count",
            type=_count,
            default=0,
            help=f"make sure of so many generated items, 0–{LARGEST}; skus GEN-0000001…",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._seed(options["count"])
        except Error as error:
            raise CommandError(f"the database refuses it, or is away: {error}") from error

    def _seed(self, count: int) -> None:
        if count:
            load_categories()
            self._generate(count)
            return
        with transaction.atomic():  # all or nothing: categories alone would count as a catalog that is in use
            categories, items = load_categories(), load_items()
        if categories or items:
            self.stdout.write(f"demo: {categories} categories and {items} items loaded")
        else:
            self.stdout.write("demo: nothing to do, all is there")

    def _generate(self, count: int) -> None:
        started, new = perf_counter(), 0
        with tqdm(total=count, unit=" items", unit_scale=True, disable=None) as bar:
            try:
                for size, added in write_generated(count):
                    new += added
                    bar.update(size)
            except KeyboardInterrupt as error:
                message = f"interrupted: {new:,} items are in and stay; run it again to go on"
                raise CommandError(message, returncode=130) from error
        seconds = perf_counter() - started
        if new:
            analyze()
            rate = f", {new / seconds:,.0f} items/s" if seconds else ""
            self.stdout.write(f"generated: {new:,} of {count:,} items were missing, written in {seconds:.1f} s{rate}")
        else:
            self.stdout.write(f"generated: nothing to do, all {count:,} are there")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= LARGEST):
        raise ArgumentTypeError(f"{text!r} is not a number from 0 to {LARGEST}")
    return int(text)
