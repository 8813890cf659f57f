"""Where a request comes from."""

from collections.abc import Mapping
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any


def client_address(meta: Mapping[str, Any]) -> str:
    """Return the client's address; of an IPv6 address its /64, which is what a customer has.

    The gateway is the only way in, and overwrites X-Forwarded-For with the address that it believes in: its own peer,
    or what a proxy of TRUSTED_PROXIES says.
    """
    forwarded = str(meta.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
    for said in (forwarded, str(meta.get("REMOTE_ADDR", ""))):
        try:
            address = ip_address(said)
        except ValueError:
            continue
        if isinstance(address, IPv6Address):
            return str(address.ipv4_mapped or IPv6Network((int(address), 64), strict=False).network_address)
        return str(address)
    return "127.0.0.1"
