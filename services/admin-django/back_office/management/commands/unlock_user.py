"""Let a user in again: forget wrong passwords, and take a lost second factor away."""

from typing import Any

from axes.utils import reset
from django.contrib.auth import get_user_model
from django.core.management import CommandError
from django.core.management.base import BaseCommand, CommandParser

from back_office.second_factor import remove_second_factor


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--without-second-factor", action="store_true", help="take the user's second factor away")

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"there is no user {options['username']!r}")
        attempts = reset(username=user.get_username())
        self.stdout.write(f"forgot wrong passwords from {attempts} places")
        if options["without_second_factor"]:
            self.stdout.write(f"took {remove_second_factor(user)} devices away")
