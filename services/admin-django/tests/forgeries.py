"""Tokens that are not good, each for another reason, made from one that is."""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.key_ring import ring
from accounts.signing_keys import open_key
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.auth.models import User

from tests.identities import good_claims

Sign = Callable[[bytes], bytes]


def encoded(data: bytes | dict[str, Any]) -> str:
    """Return base64url without padding."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(header: bytes | dict[str, Any], claims: bytes | dict[str, Any], sign: Sign) -> str:
    """Return header and claims, signed."""
    signed = f"{encoded(header)}.{encoded(claims)}"
    return f"{signed}.{encoded(sign(signed.encode()))}"


@dataclass(frozen=True)
class Workshop:
    """What a forger has, and, for the claims alone, the very key."""

    claims: dict[str, Any]
    header: dict[str, Any]
    sign: Sign
    public_key: ed25519.Ed25519PublicKey

    @property
    def good(self) -> str:
        return token(self.header, self.claims, self.sign)

    @property
    def jwk(self) -> dict[str, str]:
        return {"kty": "OKP", "crv": "Ed25519", "x": encoded(self.public_key.public_bytes_raw())}


def workshop(user: User) -> Workshop:
    """Return what is needed to forge tokens of the user."""
    key = ring.current()
    private = open_key(key)
    header = {"alg": "EdDSA", "kid": key.kid, "typ": "JWT"}
    return Workshop(good_claims(user), header, private.sign, private.public_key())


def _unsigned(_: bytes) -> bytes:
    return b""


def _hmac(algorithm: str, secret: bytes) -> Sign:
    return lambda signed: hmac.digest(secret, signed, algorithm)


def _es256(signed: bytes) -> bytes:
    r, s = decode_dss_signature(ec.generate_private_key(ec.SECP256R1()).sign(signed, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def _rs256(signed: bytes) -> bytes:
    return rsa.generate_private_key(65537, 2048).sign(signed, padding.PKCS1v15(), hashes.SHA256())


def _own_key_in_header(shop: Workshop, **header: Any) -> str:
    own = ed25519.Ed25519PrivateKey.generate()
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": encoded(own.public_key().public_bytes_raw()), "kid": "mine"}
    return token({**shop.header, "jwk": jwk, **header}, shop.claims, own.sign)


def forgeries(shop: Workshop) -> dict[str, str]:
    """Return tokens by what is wrong with them."""
    header, claims, sign, good = shop.header, shop.claims, shop.sign, shop.good
    now = int(time.time())
    head, body, signature = good.split(".")
    pem = shop.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = shop.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    raw = shop.public_key.public_bytes_raw()
    own = ed25519.Ed25519PrivateKey.generate()
    public_forms = {"PEM": pem, "PEM stripped": pem.strip(), "DER": der, "raw": raw, "empty": b"",
                    "JWK": json.dumps(shop.jwk).encode(), "x": shop.jwk["x"].encode()}  # fmt: skip

    forged: dict[str, str] = {}
    algorithms: list[Any] = ["none", "None", "NONE", "nOnE", "", " none", None, [], ["EdDSA"], 0, True]
    forged |= {f"alg {alg!r} unsigned": token({**header, "alg": alg}, claims, _unsigned)
               for alg in algorithms}  # fmt: skip
    misnamed: list[Any] = ["none", "Ed25519", "eddsa", "EDDSA", "EdDSA ", "EdDSA\0", ["EdDSA"], {}]
    forged |= {f"alg {alg!r}, well signed": token({**header, "alg": alg}, claims, sign)
               for alg in misnamed}  # fmt: skip
    forged |= {f"HS{bits} with the public key as {name}": token({**header, "alg": f"HS{bits}"}, claims,
                                                               _hmac(f"sha{bits}", secret))
               for bits in (256, 384, 512) for name, secret in public_forms.items()}  # fmt: skip
    forged |= {f"EdDSA header over an HS256 with {name}": token(header, claims, _hmac("sha512", secret))
               for name, secret in public_forms.items()}  # fmt: skip
    forged |= {f"kid {str(kid)[:30]!r}": token({**header, "kid": kid}, claims, sign)
               for kid in ("../../../../dev/null", "/dev/null", "' OR 1=1 --", "x' UNION SELECT 'AAAA'; --", "", "%00",
                           "\x00", header["kid"].upper(), header["kid"] + "\n", " " + header["kid"], "0" * 32,
                           [header["kid"]], {"kid": header["kid"]}, 1, 1e400, None, True, "a" * 1000, "٥" * 32,
                           "http://127.0.0.1/key", "\ud800")}  # fmt: skip
    forged |= {f"without {name} in the header": token({k: v for k, v in header.items() if k != name}, claims, sign)
               for name in ("alg", "kid")}  # fmt: skip
    forged |= {f"{name} = {value!r} in the header": token({**header, name: value}, claims, sign)
               for name, value in {"typ": "JWE", "crit": ["exp"], "b64": False, "zip": "DEF", "cty": "JWT",
                                   "jwk": shop.jwk, "enc": "A256GCM"}.items()}  # fmt: skip
    forged |= {f"iss {value!r}": token(header, {**claims, "iss": value}, sign)
               for value in ("other", "Triptych", "", "trip", ["triptych"], None, 1)}  # fmt: skip
    forged |= {f"aud {value!r}": token(header, {**claims, "aud": value}, sign)
               for value in ("other", "triptych", "", "triptych-api2", ["other"], ["other", "triptych-api"], [],
                             None, {"triptych-api": 1})}  # fmt: skip
    forged |= {f"without the claim {name}": token(header, {k: v for k, v in claims.items() if k != name}, sign)
               for name in claims}  # fmt: skip
    wrong: dict[str, list[Any]] = {
                   "exp": [now - 6, 0, -1, "soon", None, [], 1e400, float("nan"), {}],
                   "nbf": [now + 60, "x", None, 1e400],
                   "iat": [now + 60, "x", None, 1e400],
                   "sub": ["0", "-1", "01", "1.0", "1 OR 1=1", "", "admin", "٥", "2147483647", "9999999999", "1" * 400,
                           1, None, ["1"]],
                   "scope": [["items:write"], {"items:write": 1}, 1, None, True],
                   "jti": [1, None, []],
    }  # fmt: skip
    forged |= {f"{name} {value!r}": token(header, {**claims, name: value}, sign)
               for name, values in wrong.items() for value in values}  # fmt: skip
    forged |= {
        "another key's signature": token(header, claims, own.sign),
        "the forger's key in the header": _own_key_in_header(shop),
        "the forger's key in the header, and its kid": _own_key_in_header(shop, kid="mine"),
        "an Ed448 signature": token(header, claims, ed448.Ed448PrivateKey.generate().sign),
        "ES256": token({**header, "alg": "ES256"}, claims, _es256),
        "ES256 said to be EdDSA": token(header, claims, _es256),
        "RS256": token({**header, "alg": "RS256"}, claims, _rs256),
        "RS256 said to be EdDSA": token(header, claims, _rs256),
        "a signature of zeros": token(header, claims, lambda _: bytes(64)),
        "no signature": f"{head}.{body}.",
        "no signature, nor its dot": f"{head}.{body}",
        "a signature alone": f"..{signature}",
        "a truncated signature": good[:-2],
        "a signature with more bytes": token(header, claims, lambda signed: sign(signed) + b"\0"),
        "the last bits of the signature used": good[:-1] + _neighbour(good[-1]),
        "one segment more": f"{good}.{signature}",
        "an empty segment more": f"{good}.",
        "JWE of five segments": f"{encoded({**header, 'alg': 'dir', 'enc': 'A256GCM'})}..{body}.{body}.{body}",
        "JWS in JSON": json.dumps({"protected": head, "payload": body, "signature": signature}),
        "other claims": f"{head}.{encoded({**claims, 'scope': 'everything'})}.{signature}",
        "other header": f"{encoded({**header, 'typ': 'at+jwt'})}.{body}.{signature}",
        "padded header": f"{head}==.{body}.{signature}",
        "padded claims": f"{head}.{body}=.{signature}",
        "padded signature": f"{good}==",
        "ordinary base64": token(header, {**claims, "x": "?>?>~~~~"}, sign).replace("_", "/").replace("-", "+") + "/",
        "space inside": f"{head}. {body}.{signature}",
        "line break at the end": f"{good}\\n",
        "claims unencoded": f"{head}.{json.dumps(claims)}.{signature}",
        "claims unencoded and so declared": token({**header, "b64": False, "crit": ["b64"]}, claims, sign),
        "duplicate alg": token(json.dumps(header).replace("{", '{"alg":"none",').encode(), claims, sign),
        "duplicate kid": token(json.dumps(header).replace("{", '{"kid":"x",').encode(), claims, sign),
        "header is an array": token(b'["EdDSA"]', claims, sign),
        "header is a number": token(b"1", claims, sign),
        "header is null": token(b"null", claims, sign),
        "header is not JSON": token(b"{", claims, sign),
        "header is not UTF-8": token(b'{"alg":"\xff"}', claims, sign),
        "header is UTF-16": token(json.dumps(header).encode("utf-16"), claims, sign),
        "header is nested deeply": token(b"[" * 1400, claims, sign)[:2040],
        "claims are an array": token(header, b'["sub"]', sign),
        "claims are not JSON": token(header, b"{", sign),
        "claims are not UTF-8": token(header, b'{"sub":"\xff"}', sign),
        "claims are nothing": token(header, b"", sign),
        "huge": token(header, {**claims, "x": "x" * 6000}, sign),
        "only dots": "..",
        "nothing": "",
        "not ASCII": good[:-1] + "é",
        "digits that are not ASCII": good.replace("1", "١"),
        "a password": "correct horse battery staple",
        "a session's key": hashlib.md5(b"session", usedforsecurity=False).hexdigest(),
    }  # fmt: skip
    return forged


def _neighbour(character: str) -> str:
    """Return a character of base64url whose last four bits, which 64 bytes leave unused, differ."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(character) ^ 1]
