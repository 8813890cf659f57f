"""An independent model of the read contract in plain Python: what a service must answer, given the rows.

It shares nothing with the services, not even the database's search function, so that three equal wrong answers are
found. `answer` is its one door.
"""

from tests.contract.oracle.answers import Answer, answer
from tests.contract.oracle.rows import Catalogue, CategoryRow, ItemRow

__all__ = ["Answer", "Catalogue", "CategoryRow", "ItemRow", "answer"]
