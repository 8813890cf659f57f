"""Users by name and password, through the one mechanism that also guards the admin's login."""

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django_otp import match_token, user_has_device

from accounts.errors import unauthenticated


def log_in(request: HttpRequest, username: str, password: str, otp: str | None) -> User:
    """Return the user, and have the login noted. Raises AuthError, for who is locked out even with the right password.

    Who has a second factor needs it here, too: a stolen password would otherwise write all the same. A lock is
    django-axes': its middleware makes a 429 of our 401 (`back_office/lockout.py`). An unknown name costs as much time
    as a wrong password, because Django hashes in both cases.
    """
    user = authenticate(request, username=User.normalize_username(username), password=password)
    if not isinstance(user, User):
        raise unauthenticated("There is no such user with this password.")
    if user_has_device(user) and not (otp and match_token(user, otp)):
        raise unauthenticated("This user has a second factor: send its current code as otp.")
    user_logged_in.send(sender=User, request=request, user=user)
    return user
