"""The policy store's tables."""

from sqlalchemy import JSON, Column, Integer, MetaData, String, Table, Text

metadata = MetaData()

policies = Table(
    "policy_policies",
    metadata,
    Column("network_id", Integer, primary_key=True, autoincrement=False),
    Column("max_members", Integer, nullable=False),  # 0: any number
    Column("allowed_ports", JSON, nullable=False),  # empty: all
    Column("description", String(256), nullable=False),
    Column("expr_policy", Text, nullable=False),  # empty: none
)

SCHEMA_STEPS = (metadata.create_all,)
