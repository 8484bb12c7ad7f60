"""How many random examples a property is tried on.

Where ``CI`` is set, more are tried, and Hypothesis makes them the same in every run: what
is new is found elsewhere, and who changes something else is not stopped by it.

With ``FEW_EXAMPLES``, fewer are: on PostgreSQL, where every example makes a database, they
only have to show that it is as on SQLite.
"""

import os


def _share() -> float:
    if os.environ.get("FEW_EXAMPLES"):
        return 0.2
    return 4.0 if os.environ.get("CI") else 1.0


def examples(number: int) -> int:
    """So many examples, or more of them in CI, or fewer."""
    return max(5, int(number * _share()))
