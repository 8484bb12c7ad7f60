"""The rules, one kind to a file: from what a project says to its violations.

- `layers`: what one import alone breaks.
- `face`, `reach`: what imports break that are allowed each by itself.
- `events`, `tables`: the coupling behind the bus and the database.
- `exceptions`: what is tolerated.
"""

from tools.layering.contracts.check import check

__all__ = ["check"]
