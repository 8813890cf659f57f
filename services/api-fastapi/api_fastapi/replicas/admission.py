"""Cache admission with standbys: what a read of one server may return, and whether it may be kept."""

from collections.abc import Callable, Collection, Iterable

from api_fastapi.cache.coherent_cache import CoherentCache, ReadStart
from api_fastapi.cache.encoded_response import EncodedResponse
from api_fastapi.replicas.monotonic_reads import ReturnedVersions
from api_fastapi.replicas.server import Server


class PrimaryAdmission:
    """For reads of the primary: also those that ask for the newest while a standby is followed."""

    def __init__(
        self, server: Server, followed: Callable[[], Server], versions: ReturnedVersions, cache: CoherentCache
    ) -> None:
        """Admit to `cache` what is read from `server`; `followed` tells which server's feed the cache follows."""
        self._server, self._followed = server, followed
        self._versions, self._cache = versions, cache
        self.start, self.keep_item = cache.start, cache.keep_item  # versions tell whether it may be kept

    def returning(self, snapshot: str, connected: float, items: Iterable[tuple[int, int | None]]) -> Collection[int]:
        """Note what is returned, as a standby may not have it yet; reject what a standby returned newer: that comes."""
        returned = list(items)
        stale = self._versions.newer_than(self._server, returned)
        returned = [pair for pair in returned if pair[0] not in stale]
        self._versions.note(self._server, returned)
        if self._followed() is self._server:
            self._cache.returning(snapshot, connected, returned)
        else:
            self._cache.witness(returned)
        return stale

    def keep_list(self, start: ReadStart, target: bytes, snapshot: str, response: EncodedResponse) -> bool:
        """Keep it only if the cache follows the primary: whether a standby's feed has told all of it, nobody knows."""
        return self._followed() is self._server and self._cache.keep_list(start, target, snapshot, response)


class StandbyAdmission:
    """For reads of a standby."""

    def __init__(
        self, server: Server, followed: Callable[[], Server], versions: ReturnedVersions, cache: CoherentCache
    ) -> None:
        """Admit to `cache` what is read from `server`; `followed` tells which server's feed the cache follows."""
        self._server, self._followed = server, followed
        self._versions, self._cache = versions, cache
        self.start, self.keep_item = cache.start, cache.keep_item

    def returning(self, snapshot: str, connected: float, items: Iterable[tuple[int, int | None]]) -> Collection[int]:
        """Reject what was returned newer, by the primary or by a server that was followed before."""
        returned = list(items)
        if self._followed() is not self._server:
            return {item_id for item_id, _ in returned}
        stale = self._versions.newer_than(self._server, returned)
        # what is settled by its feed may still be lacking in a read that was sent before
        stale |= {
            item_id for item_id, version in returned if version is not None and version < self._cache.floor(item_id)
        }
        returned = [pair for pair in returned if pair[0] not in stale]
        xmin, xmax, _ = snapshot.split(":")
        # Only where nothing is in progress does a snapshot of a standby say all that it saw.
        if xmin != xmax or self._cache.ahead(snapshot, connected):
            self._cache.witness(returned)
        self._versions.note(self._server, returned)
        return stale

    def keep_list(self, start: ReadStart, target: bytes, snapshot: str, response: EncodedResponse) -> bool:
        """Keep it if what was reported meanwhile was seen for sure: only below xmin nothing was in progress."""
        xmin = snapshot.partition(":")[0]
        return self._cache.keep_list(start, target, f"{xmin}:{xmin}:", response)
