"""The life of the signing keys: made, published, signing, verifying only, gone. All by the database's clock.

A key signs only after it has been published for PUBLISHED_BEFORE, and verifies until the last token that it signed has
expired everywhere. So a rotation needs no agreement: whoever looked at the keys less than a minute ago knows every key
that signs, however often they are rotated.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction

from accounts.models import SigningKey
from accounts.signing_keys import KeyNotOpened, make_key, open_key

TOKEN_LIFETIME = timedelta(minutes=5)
LEEWAY = timedelta(seconds=5)
JWKS_MAX_AGE = timedelta(seconds=60)
# what caches of keys and clocks that differ may amount to, on top of what each of them promises
MARGIN = timedelta(seconds=30)
PUBLISHED_BEFORE = JWKS_MAX_AGE + MARGIN


def rotate() -> SigningKey:
    """Make the next key the current one, and publish a new next key; return the new current key.

    It may be repeated and run in parallel at will. Raises SigningKey.DoesNotExist where no keys have been made.
    """
    with _keys_locked() as now:
        SigningKey.objects.filter(verifies_until__lt=now).delete()
        current = SigningKey.objects.get(signs_from__isnull=False, verifies_until=None)
        following = SigningKey.objects.get(signs_from=None)
        following.signs_from = max(now, following.created_at + PUBLISHED_BEFORE, current.signs_from or now)
        current.verifies_until = following.signs_from + TOKEN_LIFETIME + LEEWAY + MARGIN
        current.save()
        following.save()
        _add(now, signs_from=None)
    return following


def make_first_keys() -> bool:
    """Make a current and a next key where there are none that this DJANGO_SECRET_KEY opens; tell whether it did.

    Keys of another secret belong to another environment, or the secret was changed because somebody else knew it: what
    they signed ends with them.
    """
    with _keys_locked() as now:
        keys = list(SigningKey.objects.all())
        if keys and all(map(_opens, keys)):
            return False
        SigningKey.objects.all().delete()
        _add(now, signs_from=now)
        _add(now, signs_from=None)
    return True


@contextmanager
def _keys_locked() -> Iterator[datetime]:
    """Begin a transaction in which nobody else changes keys (reading goes on), and give the time at which it may."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
        yield now


def _add(now: datetime, signs_from: datetime | None) -> None:
    key = make_key()
    key.created_at, key.signs_from = now, signs_from
    key.save(force_insert=True)


def _opens(key: SigningKey) -> bool:
    try:
        open_key(key)
    except KeyNotOpened:
        return False
    return True
