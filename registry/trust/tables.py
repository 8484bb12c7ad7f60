"""The trust store's tables."""

from sqlalchemy import BigInteger, Boolean, Column, Index, MetaData, String, Table

metadata = MetaData()

reports = Table(
    "trust_reports",
    metadata,
    Column("node_id", BigInteger, primary_key=True, autoincrement=False),
    Column("peer_id", BigInteger, primary_key=True, autoincrement=False),
)
"""Who said that it trusts whom; two nodes are linked when both stand here."""

requests = Table(
    "trust_requests",
    metadata,
    Column("node_id", BigInteger, primary_key=True, autoincrement=False),  # who is asked
    Column("peer_id", BigInteger, primary_key=True, autoincrement=False),  # who asks
    Column("justification", String(1024), nullable=False),
    Column("at", BigInteger, nullable=False),  # unix seconds
    Column("fetched", Boolean, nullable=False),
    Index("trust_requests_by_peer", "peer_id"),
)

answers = Table(
    "trust_answers",
    metadata,
    Column("node_id", BigInteger, primary_key=True, autoincrement=False),  # who had asked
    Column("peer_id", BigInteger, primary_key=True, autoincrement=False),  # who answered
    Column("accept", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),  # unix seconds
    Index("trust_answers_by_peer", "peer_id"),
)

SCHEMA_STEPS = (metadata.create_all,)
