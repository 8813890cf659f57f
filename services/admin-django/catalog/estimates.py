"""Count rows without reading them all."""

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import QuerySet

if TYPE_CHECKING:
    AnyPaginator = Paginator[Any]
else:
    AnyPaginator = Paginator

EXACT_UP_TO = 10_000
REACHABLE = 50_000


class EstimatingPaginator(AnyPaginator):
    """Counts exactly up to EXACT_UP_TO rows, and takes the planner's estimate beyond.

    An exact count of a million rows takes longer than everything else on the page together. When the estimate is too
    high the last pages are empty; when it is too low the last rows are found by searching or sorting the other way.
    So are the rows after the first REACHABLE, which have no pages: the database reads all rows before a page.
    """

    object_list: QuerySet[Any]

    @cached_property
    def count(self) -> int:
        """The number of rows, or about that."""
        rows = self.object_list.order_by()
        exact = rows[: EXACT_UP_TO + 1].count()
        if exact <= EXACT_UP_TO:
            return exact
        (plan,) = json.loads(rows.explain(format="json"))
        return max(exact, int(plan["Plan"]["Plan Rows"]))

    @cached_property
    def num_pages(self) -> int:
        """The number of pages that can be turned to."""
        return min(super().num_pages, max(1, REACHABLE // self.per_page))
