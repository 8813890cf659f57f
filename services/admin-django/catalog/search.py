"""The filter `q`, by the one SQL function that all services call."""

from django.contrib.postgres.search import SearchQuery


class ItemSearchQuery(SearchQuery):
    """What `filter(search=…)` takes to find the items that have, for each word of a text, one that begins with it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.function = "item_terms_query"
