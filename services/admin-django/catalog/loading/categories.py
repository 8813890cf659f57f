"""Find the category that a row names, by slug or by name, or make it."""

import re
import unicodedata
from hashlib import sha256

from catalog.loading.records import RowError
from catalog.models import Category


class Categories:
    """The categories there are; `made` counts those that were made for the rows, or would have been."""

    def __init__(self, create: bool, dry_run: bool) -> None:
        self.create = create
        self.dry_run = dry_run
        self.made = 0
        self._slugs = set[str]()
        self._by_name: dict[str, str] = {}
        for slug, name in Category.objects.values_list("slug", "name"):
            self._add(slug, name)

    def slug(self, text: str) -> str | None:
        """Return the slug of the category with this slug or name; raise RowError where none may be made."""
        if not text:
            return None
        if text in self._slugs:
            return text
        known = self._by_name.get(text.casefold())
        if known:
            return known
        if not self.create:
            raise RowError(f"category: there is no {text!r}, and none may be made")
        slug = self._new_slug(text)
        if not self.dry_run:
            Category.objects.create(slug=slug, name=text)
        self.made += 1
        self._add(slug, text)
        return slug

    def _add(self, slug: str, name: str) -> None:
        self._slugs.add(slug)
        self._by_name.setdefault(name.casefold(), slug)

    def _new_slug(self, name: str) -> str:
        """Make a slug that is free; a name without any Latin letter or digit gets one from its hash."""
        words = re.findall("[a-z0-9]+", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower())
        base = "-".join(words)[:58].strip("-") or f"category-{sha256(name.encode()).hexdigest()[:8]}"
        slug, number = base, 1
        while slug in self._slugs:
            number += 1
            slug = f"{base}-{number}"
        return slug
