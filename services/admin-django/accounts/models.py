"""The keys that sign tokens, and the logins that may be prolonged. Users and groups are Django's own."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.db.models.lookups import IsNull


class SigningKey(models.Model):
    """An Ed25519 key, published as soon as it is made.

    The next key has no `signs_from` yet. Of the others, the one whose `signs_from` passed last signs; those before it
    verify what they have signed until `verifies_until`.
    """

    kid = models.CharField(max_length=32, primary_key=True)
    private_key = models.TextField()  # PEM, sealed; see `signing_keys.py`
    public_key = models.BinaryField()  # 32 bytes
    created_at = models.DateTimeField(db_default=Now())
    signs_from = models.DateTimeField(null=True)
    verifies_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "signing_keys"
        constraints = [
            models.UniqueConstraint(
                IsNull(F("signs_from"), True), condition=Q(signs_from=None), name="signing_key_one_next"
            ),
            models.UniqueConstraint(
                IsNull(F("verifies_until"), True),
                condition=Q(signs_from__isnull=False, verifies_until=None),
                name="signing_key_one_current",
            ),
        ]

    def __str__(self) -> str:
        return self.kid


class RefreshToken(models.Model):
    """A login that can be prolonged without the password: one row per login, with the digest of its newest token."""

    family = models.UUIDField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    digest = models.BinaryField()  # SHA-256 of the newest token's secret; an older one is a reuse
    password_state = models.CharField(max_length=64)  # changes with the password, and ends the login
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "refresh_tokens"
        indexes = [models.Index(fields=["expires_at"], name="refresh_token_by_expiry")]

    def __str__(self) -> str:
        return str(self.family)
