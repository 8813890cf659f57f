"""Make the next signing key the current one; tokens that are out stay good until they expire. Run it by a timer."""

from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from accounts.models import SigningKey
from accounts.rotation import rotate


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            current = rotate()
        except SigningKey.DoesNotExist as error:
            raise CommandError("there are no signing keys yet: run make_keys") from error
        self.stdout.write(f"{current.kid} signs from {current.signs_from:%Y-%m-%dT%H:%M:%SZ}")
