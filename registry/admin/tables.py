"""The tables of this room."""

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    insert,
    text,
)

from registry.admin.chain import BEGINNING

metadata = MetaData()

audit_blocks = Table(
    "admin_audit_blocks",
    metadata,
    Column("first", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("last", BigInteger, nullable=False, unique=True),
    Column("seal", LargeBinary(32), nullable=False),
    Column("content", LargeBinary, nullable=False),
)
"""What happened, for good: blocks (`registry.admin.chain.Block`) are added, nothing else."""

audit_head = Table(
    "admin_audit_head",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),  # 1: the only row
    Column("number", BigInteger, nullable=False),
    Column("seal", LargeBinary(32), nullable=False),
)
"""Where the audit log ends."""

outlets = Table(
    "admin_outlets",
    metadata,
    Column("name", String(32), primary_key=True),  # webhook or audit_export
    Column("url", Text, nullable=False),
    Column("format", String(32), nullable=False),
    Column("token", Text, nullable=False),  # a secret
    Column("index_name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("position", BigInteger, nullable=False),  # up to which change everything is dealt with
    Column("delivered", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
)
"""Where what happens is sent to, and how far each is."""

dead_letters = Table(
    "admin_dead_letters",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", BigInteger, nullable=False),  # when it was given up, in unix seconds
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("body", Text, nullable=False),  # as it was sent: a JSON object
)
"""What the receiver of the webhook did not take."""

_CHANGES = ("UPDATE", "DELETE")
_TRIGGER = "CREATE TRIGGER admin_audit_no_{} BEFORE {} ON admin_audit_blocks "
_REFUSE = (
    "CREATE FUNCTION admin_audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$"
)
_ONLY_GROWS = {
    "sqlite": [
        f"{_TRIGGER.format(change.lower(), change)}"
        "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
        for change in _CHANGES
    ],
    "postgresql": [
        _REFUSE,
        *(
            f"{_TRIGGER.format(change.lower(), change)}"
            "FOR EACH ROW EXECUTE FUNCTION admin_audit_only_grows()"
            for change in _CHANGES
        ),
    ],
}
"""Against mistakes; against whoever can write the file there is the chain."""


def _make_tables(connection: Connection) -> None:
    metadata.create_all(connection)
    connection.execute(insert(audit_head), {"one": 1, "number": 0, "seal": BEGINNING})
    for statement in _ONLY_GROWS.get(connection.dialect.name, ()):
        connection.execute(text(statement))


SCHEMA_STEPS = (_make_tables,)
