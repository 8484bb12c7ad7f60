"""The membership store's tables."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    text,
)

metadata = MetaData()

networks = Table(
    "membership_networks",
    metadata,
    Column("network_id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(63), nullable=False, unique=True),
    Column("join_rule", String(6), nullable=False),
    Column("enterprise", Boolean, nullable=False),
    Column("rules", JSON(none_as_null=True)),
    Column("created_at", BigInteger, nullable=False),  # times are unix seconds
    Column("token", LargeBinary(48)),  # salt and hash, see registry.membership.tokens
    Column("admin_token", LargeBinary(48)),  # likewise
    Column("synced_at", BigInteger),  # with an outside directory of people
)

retired_ids = Table(
    "membership_retired_ids",
    metadata,
    Column("network_id", Integer, primary_key=True, autoincrement=False),
    Column("retired_at", BigInteger, nullable=False),
    Index("membership_retired_longest", "retired_at", "network_id"),
)

members = Table(
    "membership_members",
    metadata,
    Column("network_id", Integer, primary_key=True, autoincrement=False),
    Column("node_id", BigInteger, primary_key=True, autoincrement=False),
    Column("role", String(6), nullable=False),
    Column("tags", JSON, nullable=False),
    Column("joined_at", BigInteger, nullable=False),
    Index("membership_members_of_node", "node_id"),
)

_IS_OWNER = text("role = 'owner'")
Index(
    "membership_one_owner",
    members.c.network_id,
    unique=True,
    sqlite_where=_IS_OWNER,
    postgresql_where=_IS_OWNER,
)

invites = Table(
    "membership_invites",
    metadata,
    Column("node_id", BigInteger, primary_key=True, autoincrement=False),  # who is invited
    Column("network_id", Integer, primary_key=True, autoincrement=False),
    Column("inviter_id", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("membership_invites_of_network", "network_id"),
    Index("membership_invites_by_inviter", "inviter_id", "network_id"),
)

preassigned_roles = Table(
    "membership_preassigned_roles",
    metadata,
    Column("network_id", Integer, primary_key=True, autoincrement=False),
    Column("external_id", String(256), primary_key=True),  # in lower case
    Column("role", String(6), nullable=False),
)

SCHEMA_STEPS = (metadata.create_all,)
