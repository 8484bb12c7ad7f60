"""The directory store's tables."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, MetaData, String, Table

metadata = MetaData()

nodes = Table(
    "directory_nodes",
    metadata,
    Column("node_id", BigInteger, primary_key=True, autoincrement=False),
    Column("real_addr", String(300), nullable=False),
    Column("lan_addrs", JSON, nullable=False),
    Column("hostname", String(63), unique=True),  # null for none: null is not a duplicate
    Column("public", Boolean, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("version", String(64), nullable=False),
    Column("relay_only", Boolean, nullable=False),
    Column("task_exec", Boolean, nullable=False),
    Column("last_seen", BigInteger, nullable=False),  # unix seconds, written back now and then
)

SCHEMA_STEPS = (metadata.create_all,)
