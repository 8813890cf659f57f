"""What the routes of `/api/auth/` take and answer."""

from typing import Any

from rest_framework import serializers


class CredentialsSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(min_length=1, max_length=150, trim_whitespace=False)
    password = serializers.CharField(min_length=1, max_length=1000, trim_whitespace=False)
    otp = serializers.CharField(min_length=6, max_length=16, trim_whitespace=False, required=False)


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField(min_length=1, max_length=200, trim_whitespace=False)


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()
    token_type = serializers.ChoiceField(["Bearer"])
    expires_in = serializers.IntegerField()
    scope = serializers.CharField(allow_blank=True)


class KeySerializer(serializers.Serializer[Any]):
    kty = serializers.ChoiceField(["OKP"])
    crv = serializers.ChoiceField(["Ed25519"])
    x = serializers.CharField()
    kid = serializers.CharField()
    use = serializers.ChoiceField(["sig"])
    alg = serializers.ChoiceField(["EdDSA"])


class KeySetSerializer(serializers.Serializer[Any]):
    keys = KeySerializer(many=True)
