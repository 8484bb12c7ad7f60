"""The polo store's tables."""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table

metadata = MetaData()

scores = Table(
    "polo_scores",
    metadata,
    Column("node_id", BigInteger, primary_key=True, autoincrement=False),
    Column("score", Integer, nullable=False),
    Index("polo_scores_by_rank", "score", "node_id"),
)

changes = Table(
    "polo_changes",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("node_id", BigInteger, nullable=False),
    Column("rater_id", BigInteger, nullable=False),  # 0: an administrator
    Column("at", BigInteger, nullable=False),  # unix seconds
    Column("delta", BigInteger, nullable=False),
    Column("score", Integer, nullable=False),  # after the change
    Index("polo_changes_of_node", "node_id", "id"),
    Index("polo_changes_by_rater", "rater_id", "node_id", "at"),
)

SCHEMA_STEPS = (metadata.create_all,)
