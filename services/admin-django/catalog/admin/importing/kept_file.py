"""The file between preview and confirmation."""

from django.contrib.sessions.backends.db import SessionStore
from import_export.tmp_storages import BaseStorage

KEPT_SECONDS = 15 * 60


class KeptInDatabase(BaseStorage):
    """The file between preview and confirmation, as a session of its own: every process finds it, and it expires."""

    def save(self, data: bytes) -> None:
        kept = SessionStore()
        kept["import"] = data.decode("latin-1")  # byte by byte; whether it is UTF-8 is told when it is read
        kept.set_expiry(KEPT_SECONDS)
        kept.create()
        self.name = kept.session_key

    def read(self) -> bytes:
        content: str | None = SessionStore(self.name).get("import")
        if content is None:
            raise ValueError("The file is no longer kept: choose it again.")
        return content.encode("latin-1")

    def remove(self) -> None:
        SessionStore(self.name).delete()
