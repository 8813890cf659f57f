"""Ed25519 keys: making them, and sealing the private half for the database."""

import secrets
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings

from accounts.models import SigningKey


class KeyNotOpened(Exception):
    """A private key was sealed with another DJANGO_SECRET_KEY, or has been damaged."""


def make_key() -> SigningKey:
    """Return a new key, not yet saved."""
    private = Ed25519PrivateKey.generate()
    sealed = private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(_passphrase(settings.SECRET_KEY))
    )
    return SigningKey(
        kid=secrets.token_hex(16),
        private_key=sealed.decode(),
        public_key=private.public_key().public_bytes_raw(),
    )


def open_key(key: SigningKey) -> Ed25519PrivateKey:
    """Return the private key. Raises KeyNotOpened."""
    return _open(key.private_key, bytes(key.public_key), settings.SECRET_KEY)


@lru_cache(maxsize=2)
def _open(sealed: str, public_key: bytes, secret_key: str) -> Ed25519PrivateKey:
    try:
        private = load_pem_private_key(sealed.encode(), _passphrase(secret_key))
    except ValueError as error:
        raise KeyNotOpened("a signing key does not open with this DJANGO_SECRET_KEY") from error
    # the encryption does not authenticate: a private key that was exchanged shows here
    if not isinstance(private, Ed25519PrivateKey) or private.public_key().public_bytes_raw() != public_key:
        raise KeyNotOpened("a signing key is not the one that was published")
    return private


def _passphrase(secret_key: str) -> bytes:
    """Derive from DJANGO_SECRET_KEY what seals private keys, and nothing else."""
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"triptych signing keys")
    return derivation.derive(secret_key.encode()).hex().encode()
