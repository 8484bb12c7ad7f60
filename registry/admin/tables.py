"""The tables of this room."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text

metadata = MetaData()

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

SCHEMA_STEPS = (metadata.create_all,)
