"""Which key is bound to which node: every change of a row, together with its event.

Many are changed by one call, because each statement costs more than the rows it changes.
"""

from collections.abc import Mapping, Sequence

from attrs import frozen
from sqlalchemy import bindparam, insert, select, update

from registry.events import Transaction
from registry.identity.events import KEY_ENROLLED, KEY_ROTATED, OWNER_CHANGED
from registry.identity.keys import format_public_key
from registry.identity.tables import keys, last_node_id, retired_keys

_TAKE_IDS = (
    update(last_node_id)
    .values(node_id=last_node_id.c.node_id + bindparam("many"))
    .returning(last_node_id.c.node_id)
)
_BIND = insert(keys)
_RETIRE = insert(retired_keys)
_BY_KEY = select(keys.c.public_key, keys.c.node_id, keys.c.owner, keys.c.proved).where(
    keys.c.public_key.in_(bindparam("wanted", expanding=True))
)
_BY_NODE = select(keys.c.node_id, keys.c.public_key, keys.c.rotate_count).where(
    keys.c.node_id.in_(bindparam("wanted", expanding=True))
)
_RETIRED = select(retired_keys.c.public_key).where(
    retired_keys.c.public_key.in_(bindparam("wanted", expanding=True))
)
_ROTATE = (
    update(keys)
    .where(keys.c.node_id == bindparam("node"))
    .values(
        public_key=bindparam("key"),
        rotated_at=bindparam("now"),
        rotate_count=bindparam("count"),
        expires_at=None,
    )
)
_SET_PROVED = (
    update(keys).where(keys.c.node_id == bindparam("node")).values(proved=bindparam("value"))
)
_SET_OWNER = update(keys).where(keys.c.node_id == bindparam("node")).values(owner=bindparam("name"))


@frozen
class Enrollment:
    """A key that asks for its node.

    Attributes:
        public_key: 32 bytes.
        owner: Who runs the node, as it says; empty for no statement.
        proved: Whether who asks proved to hold the key.
    """

    public_key: bytes
    owner: str
    proved: bool = True


@frozen
class Rotation:
    """A node that is to have another key.

    Attributes:
        node_id: The node.
        signed_with: The key that the node had when it asked.
        new_key: The key it is to have.
    """

    node_id: int
    signed_with: bytes
    new_key: bytes


@frozen
class _Bound:
    """Who a key is bound to."""

    node_id: int
    owner: str
    proved: bool


@frozen
class _Held:
    """The key a node has."""

    public_key: bytes
    rotate_count: int


def enroll(
    transaction: Transaction, enrollments: Sequence[Enrollment], now: int
) -> list[int | PermissionError]:
    """Find the node of each key: the one it always was, or a new one.

    An owner that is given replaces the one that was known. A key that was proved once has
    to be proved ever after.

    Args:
        transaction: Where it happens.
        enrollments: Who asks.
        now: Unix seconds.

    Returns:
        For each a node id, or why it is refused: its key was rotated away, or has to be
        proved.
    """
    bound = _bound(transaction, [enrollment.public_key for enrollment in enrollments])
    unbound = [e.public_key for e in enrollments if e.public_key not in bound]
    retired = _retired(transaction, unbound)
    proved = {key for key, known in bound.items() if known.proved}
    refusals: list[PermissionError | None] = []
    for enrollment in enrollments:
        refusals.append(_refuse_enrollment(enrollment, retired, proved))
        if enrollment.proved:
            proved.add(enrollment.public_key)
    pairs = zip(enrollments, refusals, strict=True)
    accepted = [enrollment for enrollment, refusal in pairs if refusal is None]
    first_owners: dict[bytes, str] = {}
    for enrollment in accepted:
        if enrollment.public_key not in bound:
            first_owners.setdefault(enrollment.public_key, enrollment.owner)
    _note_proved(transaction, bound, proved)
    bound |= _bind(transaction, first_owners, proved, now)
    _change_owners(transaction, accepted, bound)
    return [
        refusal or bound[enrollment.public_key].node_id
        for enrollment, refusal in zip(enrollments, refusals, strict=True)
    ]


def rotate(
    transaction: Transaction, rotations: Sequence[Rotation], now: int
) -> list[int | Exception]:
    """Move each node to another key, and retire the one it had.

    Returns:
        For each the node's id, or why it is refused.
    """
    held = _held(transaction, [rotation.node_id for rotation in rotations])
    new_keys = [rotation.new_key for rotation in rotations]
    taken = set(_bound(transaction, new_keys))
    retired = _retired(transaction, new_keys)
    outcomes: list[int | Exception] = []
    moves: list[tuple[Rotation, int]] = []
    for rotation in rotations:
        refusal = _refuse(rotation, held, taken, retired)
        if refusal is None:
            count = held[rotation.node_id].rotate_count + 1
            held[rotation.node_id] = _Held(rotation.new_key, count)
            taken.add(rotation.new_key)
            moves.append((rotation, count))
        outcomes.append(refusal or rotation.node_id)
    _move(transaction, moves, now)
    return outcomes


def _refuse_enrollment(
    enrollment: Enrollment, retired: set[bytes], proved: set[bytes]
) -> PermissionError | None:
    if enrollment.public_key in retired:
        return PermissionError("public_key: was rotated away and cannot be used again")
    if enrollment.public_key in proved and not enrollment.proved:
        return PermissionError(
            "signature: unsigned registration cannot modify a signature-verified key"
        )
    return None


def _refuse(
    rotation: Rotation, held: Mapping[int, _Held], taken: set[bytes], retired: set[bytes]
) -> Exception | None:
    if rotation.node_id not in held:
        return LookupError(f"node {rotation.node_id}: node not found")
    if held[rotation.node_id].public_key != rotation.signed_with:
        return PermissionError("signature: the key was rotated in the meantime")
    if rotation.new_key in taken:
        return PermissionError("new_public_key: is the key of a node already")
    if rotation.new_key in retired:
        return PermissionError("new_public_key: was rotated away and cannot be used again")
    return None


def _bound(transaction: Transaction, public_keys: Sequence[bytes]) -> dict[bytes, _Bound]:
    rows = transaction.execute(_BY_KEY, {"wanted": public_keys})
    return {row.public_key: _Bound(row.node_id, row.owner, row.proved) for row in rows}


def _held(transaction: Transaction, node_ids: Sequence[int]) -> dict[int, _Held]:
    rows = transaction.execute(_BY_NODE, {"wanted": node_ids})
    return {row.node_id: _Held(row.public_key, row.rotate_count) for row in rows}


def _retired(transaction: Transaction, public_keys: Sequence[bytes]) -> set[bytes]:
    if not public_keys:
        return set()
    return set(transaction.execute(_RETIRED, {"wanted": public_keys}).scalars())


def _note_proved(
    transaction: Transaction, bound: Mapping[bytes, _Bound], proved: set[bytes]
) -> None:
    """Note of keys that had not been proved before that they are now."""
    nodes = [known.node_id for key, known in bound.items() if key in proved and not known.proved]
    if nodes:
        transaction.execute_many(
            _SET_PROVED, [{"node": node_id, "value": True} for node_id in nodes]
        )


def _bind(
    transaction: Transaction, owners: Mapping[bytes, str], proved: set[bytes], now: int
) -> dict[bytes, _Bound]:
    """Give keys that were never bound a node each."""
    if not owners:
        return {}
    # Not the database's own counter: SQLite gives back the ids of many rows one by one only.
    last: int = transaction.execute(_TAKE_IDS, {"many": len(owners)}).scalar_one()
    bound = {
        key: _Bound(node_id, owner, key in proved)
        for node_id, (key, owner) in enumerate(owners.items(), last - len(owners) + 1)
    }
    rows = [
        {
            "node_id": new.node_id,
            "public_key": key,
            "owner": new.owner,
            "proved": new.proved,
            "created_at": now,
            "rotate_count": 0,
        }
        for key, new in bound.items()
    ]
    transaction.execute_many(_BIND, rows)
    for key, new in bound.items():
        transaction.publish(
            KEY_ENROLLED(
                node_id=new.node_id,
                public_key=format_public_key(key),
                owner=new.owner,
                created_at=now,
            )
        )
    return bound


def _change_owners(
    transaction: Transaction, enrollments: Sequence[Enrollment], bound: Mapping[bytes, _Bound]
) -> None:
    owners = {known.node_id: known.owner for known in bound.values()}
    changed: dict[int, str] = {}
    for enrollment in enrollments:
        known = bound.get(enrollment.public_key)
        if known is None or enrollment.owner in ("", owners[known.node_id]):
            continue
        owners[known.node_id] = changed[known.node_id] = enrollment.owner
        transaction.publish(OWNER_CHANGED(node_id=known.node_id, owner=enrollment.owner))
    if changed:
        rows = [{"node": node_id, "name": owner} for node_id, owner in changed.items()]
        transaction.execute_many(_SET_OWNER, rows)


def _move(transaction: Transaction, moves: Sequence[tuple[Rotation, int]], now: int) -> None:
    """Write rotations down, each with the number of rotations its node has seen then."""
    if not moves:
        return
    transaction.execute_many(
        _RETIRE,
        [
            {"public_key": move.signed_with, "node_id": move.node_id, "retired_at": now}
            for move, _ in moves
        ],
    )
    transaction.execute_many(
        _ROTATE,
        [
            {"node": move.node_id, "key": move.new_key, "now": now, "count": count}
            for move, count in moves
        ],
    )
    for move, count in moves:
        transaction.publish(
            KEY_ROTATED(
                node_id=move.node_id,
                old_public_key=format_public_key(move.signed_with),
                public_key=format_public_key(move.new_key),
                rotated_at=now,
                rotate_count=count,
            )
        )
