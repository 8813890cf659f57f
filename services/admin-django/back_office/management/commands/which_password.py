"""Say which of the passwords that are given on standard input, one a line, is a user's: its number, or nothing.

Nothing is counted against the user, as it would be by trying to log in.
"""

import sys
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"there is no user {options['username']!r}")
        for number, password in enumerate(sys.stdin.read().split("\n"), start=1):
            if check_password(password, user.password):
                self.stdout.write(str(number))
                return
