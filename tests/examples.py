"""How many random examples a property is tried on.

Where ``CI`` is set, more are tried, and Hypothesis makes them the same in every run: what
is new is found elsewhere, and who changes something else is not stopped by it.
"""

import os

_TIMES = 4 if os.environ.get("CI") else 1


def examples(number: int) -> int:
    """So many examples, or more of them in CI."""
    return number * _TIMES
