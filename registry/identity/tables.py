"""The identity store's tables."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()

keys = Table(
    "identity_keys",
    metadata,
    Column("node_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("public_key", LargeBinary(32), nullable=False, unique=True),
    Column("owner", String(256), nullable=False),
    Column("created_at", BigInteger, nullable=False),  # times are unix seconds
    Column("rotated_at", BigInteger),
    Column("rotate_count", Integer, nullable=False),
    Column("expires_at", BigInteger),
    Index("identity_keys_of_owner", "owner"),
    sqlite_autoincrement=True,  # the id of a node is never given to another
)

retired_keys = Table(
    "identity_retired_keys",
    metadata,
    Column("public_key", LargeBinary(32), primary_key=True),
    Column("node_id", BigInteger, nullable=False),
    Column("retired_at", BigInteger, nullable=False),
)

SCHEMA_STEPS = (metadata.create_all,)
