"""The stores beside the seven: those of this tree, and those of installed packages."""

import importlib.metadata
from collections.abc import Callable, Iterable

from attrs import frozen

from registry.events import Bus, Snapshots, Store, Transaction

ENTRY_POINTS = "registry.stores"
"""The group of entry points by which installed packages offer a store."""

IN_TREE: tuple[Callable[[], Store], ...] = (
    # `tools.new_store` adds a line for each store of this tree.
)
"""What finds the stores of this tree, when there is a server to take them in."""


class InvalidStore(ValueError):
    """A store that cannot be taken in."""


@frozen
class Host:
    """What a server offers its added stores (a `registry.events.StoreHost`)."""

    bus: Bus
    snapshots: Snapshots
    clock: Callable[[], float]
    address_of: Callable[[int, int], str]
    node_exists: Callable[[Transaction, int], bool]
    role_of: Callable[[Transaction, int, int], str]
    trusts: Callable[[Transaction, int, int], bool]


def added_stores(taken: Iterable[str]) -> tuple[Store, ...]:
    """Every store beside the seven, those of this tree first.

    Args:
        taken: The names of the seven.

    Raises:
        InvalidStore: A package offers something else under the entry point, cannot be
            imported, or has a name that is taken.
    """
    stores = (*(find() for find in IN_TREE), *_installed())
    names = set(taken)
    for store in stores:
        if store.name in names:
            raise InvalidStore(f"there is another store with the name {store.name!r}")
        names.add(store.name)
    return stores


def _installed() -> Iterable[Store]:
    for point in sorted(
        importlib.metadata.entry_points(group=ENTRY_POINTS), key=lambda point: point.name
    ):
        try:
            store = point.load()
        except Exception as error:
            raise InvalidStore(f"entry point {point.name} = {point.value}: {error}") from error
        if not isinstance(store, Store):
            raise InvalidStore(
                f"entry point {point.name} = {point.value}: is no registry.events.Store"
            )
        yield store
