"""The identity store's tables."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
)

metadata = MetaData()

last_node_id = Table(
    "identity_last_node_id",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),  # 1: the only row
    Column("node_id", BigInteger, nullable=False),
)
"""The id that was given last: none is given twice, also when its node is gone."""

keys = Table(
    "identity_keys",
    metadata,
    Column("node_id", BigInteger, primary_key=True, autoincrement=False),
    Column("public_key", LargeBinary(32), nullable=False, unique=True),
    Column("owner", String(256), nullable=False),
    Column("proved", Boolean, nullable=False),  # whether it was ever registered by signature
    Column("created_at", BigInteger, nullable=False),  # times are unix seconds
    Column("rotated_at", BigInteger),
    Column("rotate_count", Integer, nullable=False),
    Column("expires_at", BigInteger),
    Index("identity_keys_of_owner", "owner"),
)

retired_keys = Table(
    "identity_retired_keys",
    metadata,
    Column("public_key", LargeBinary(32), primary_key=True),
    Column("node_id", BigInteger, nullable=False),
    Column("retired_at", BigInteger, nullable=False),
)

external_ids = Table(
    "identity_external_ids",
    metadata,
    Column("node_id", BigInteger, primary_key=True, autoincrement=False),
    Column("external_id", String(256), nullable=False),
)

badges = Table(
    "identity_badges",
    metadata,
    Column("node_id", BigInteger, primary_key=True, autoincrement=False),
    Column("badge", String(2048), nullable=False),
    Column("badge_sig", String(88), nullable=False),
    Column("provider", String(2048), nullable=False),
    Column("verified_at", BigInteger, nullable=False),
)

recovery_enrollments = Table(
    "identity_recovery_enrollments",
    metadata,
    Column("node_id", BigInteger, primary_key=True, autoincrement=False),
    Column("provider", String(2048), nullable=False),
    Column("commitment", String(2048), nullable=False),
)

used_nonces = Table(
    "identity_used_nonces",
    metadata,
    Column("nonce", String(2048), primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    Index("identity_used_nonces_by_end", "expires_at"),
)
"""Of recoveries that took effect; until they would have expired anyway."""

providers = Table(
    "identity_providers",
    metadata,
    Column("purpose", String(16), primary_key=True),  # "provider" or "webhook"
    Column("kind", String(16), nullable=False),
    Column("url", String(2048), nullable=False),
    Column("issuer", String(1024), nullable=False),
    Column("client_id", String(1024), nullable=False),
    Column("tenant_id", String(1024), nullable=False),
    Column("domain", String(1024), nullable=False),
)
"""Whom to ask about identity tokens: one row for each purpose."""


def _make_tables(connection: Connection) -> None:
    metadata.create_all(connection)
    connection.execute(insert(last_node_id), {"one": 1, "node_id": 0})


def _add_providers(connection: Connection) -> None:
    providers.create(connection, checkfirst=True)  # a new database has it already


SCHEMA_STEPS = (_make_tables, _add_providers)
