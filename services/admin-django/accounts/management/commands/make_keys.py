"""Make the first signing keys, where there are none that DJANGO_SECRET_KEY opens; the bootstrap step does so."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.rotation import make_first_keys


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        if make_first_keys():
            self.stdout.write("made signing keys")
