"""Stores beside the seven: what is refused, and what becomes of their data."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, inspect, text

from registry import added_stores
from registry.events import Store, StoreParts
from registry.persistence import SchemaTooNew
from tests.system.registry import registry_in

metadata = MetaData()
Table("extra_things", metadata, Column("id", Integer, primary_key=True))


def add_a_column(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE extra_things ADD COLUMN colour VARCHAR(8)"))


def fail_halfway(connection: Connection) -> None:
    add_a_column(connection)
    raise RuntimeError("halfway")


def store(name: str = "extra", *more_steps: Any) -> Store:
    return Store(
        name=name,
        events=(),
        schema_steps=(metadata.create_all, *more_steps),
        build=lambda _host: StoreParts(),
    )


def columns(folder: Path) -> set[str]:
    with registry_in(folder) as registry:
        inspector = inspect(registry.application.database.engine)
        return {column["name"] for column in inspector.get_columns("extra_things")}


@pytest.fixture
def take_in(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda *stores: monkeypatch.setattr(
        added_stores, "IN_TREE", [lambda store=store: store for store in stores]
    )


class TestName:
    @pytest.mark.parametrize("stores", [("polo",), ("extra", "extra")])
    def test_is_taken_once(self, tmp_path: Path, take_in: Any, stores: tuple[str, ...]) -> None:
        take_in(*map(store, stores))
        with (
            pytest.raises(ValueError, match=f"another store with the name '{stores[-1]}'"),
            registry_in(tmp_path),
        ):
            pass


class TestTables:
    def test_are_upgraded_when_an_old_folder_is_opened(self, tmp_path: Path, take_in: Any) -> None:
        take_in(store())
        assert columns(tmp_path) == {"id"}
        take_in(store("extra", add_a_column))
        assert columns(tmp_path) == {"id", "colour"}

    def test_of_a_newer_release_are_refused(self, tmp_path: Path, take_in: Any) -> None:
        take_in(store("extra", add_a_column))
        columns(tmp_path)
        take_in(store())
        with (
            pytest.raises(SchemaTooNew, match="the data of store 'extra' has version 2"),
            registry_in(tmp_path),
        ):
            pass

    def test_stay_whole_where_an_upgrade_fails(self, tmp_path: Path, take_in: Any) -> None:
        take_in(store())
        with registry_in(tmp_path) as registry:
            registry.register(hostname="alice")
        take_in(store("extra", fail_halfway))
        with pytest.raises(RuntimeError, match="halfway"), registry_in(tmp_path):
            pass
        take_in(store())
        with registry_in(tmp_path) as registry:
            assert registry.ask("resolve_hostname", hostname="alice")["node_id"] == 1
        assert columns(tmp_path) == {"id"}

    def test_stay_when_the_store_is_no_longer_there(self, tmp_path: Path, take_in: Any) -> None:
        take_in(store())
        columns(tmp_path)
        take_in()
        assert columns(tmp_path) == {"id"}
