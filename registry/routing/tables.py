"""The routing store's tables."""

from sqlalchemy import BigInteger, Column, MetaData, String, Table

metadata = MetaData()

beacons = Table(
    "routing_beacons",
    metadata,
    Column("beacon_id", BigInteger, primary_key=True, autoincrement=False),
    Column("addr", String(300), nullable=False),
    Column("expires_at", BigInteger, nullable=False),  # unix seconds
)

SCHEMA_STEPS = (metadata.create_all,)
