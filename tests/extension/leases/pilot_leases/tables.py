"""The leases store's tables."""

from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table

metadata = MetaData()

leases = Table(
    "leases_leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("node_id", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),  # unix seconds
    Index("leases_of_node", "node_id"),
)

SCHEMA_STEPS = (metadata.create_all,)
