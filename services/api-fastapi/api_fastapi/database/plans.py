"""Generic or custom plan: how the planner is to treat a statement's values."""

from collections.abc import Set

# The planner's settings for pages along an index, and for single items: one plan for all values. It must be the walk
# whatever it would cost with values of which nothing is known: those that sort a whole category first, or scan all, are
# left out.
GENERIC_PLAN = "force_generic_plan" + "".join(
    f" -c enable_{way}=off" for way in ("sort", "incremental_sort", "bitmapscan", "seqscan")
)
# And for all others: a plan for each statement's own values.
CUSTOM_PLAN = "force_custom_plan"


def along_an_index(sort: str, filters: Set[str]) -> bool:
    """Tell whether an index has the rows that these filters leave next to each other, in the order of the sort.

    For each sort there is an index on its columns, and one that begins with the category; other filters leave rows out
    on the way.
    """
    bounding = {"category", "min_price", "max_price"} if sort.endswith("price") else {"category"}
    return filters <= bounding
