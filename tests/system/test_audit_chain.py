"""The audit log: who did what, and whether it is as it was written."""

import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict
from sqlalchemy import Connection, Update, create_engine, insert, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from registry.admin import Verification, verify
from registry.admin.chain import BEGINNING, Block, mark, seal, unpack
from registry.admin.events import WEBHOOK_CONFIGURED
from registry.admin.tables import audit_blocks, audit_head
from registry.dispatch import Caller
from registry.persistence import DATABASE_FILE, UnitOfWork, reading
from registry.persistence.change_log import Record
from tests.harness import engines
from tests.harness.client import Key
from tests.system.registry import Registry, registry_in

LOG_TOO = "UPDATE log_changes SET actor = 'x' WHERE number = 4"


def authors(registry: Registry) -> list[tuple[str, str, str]]:
    entries = registry.as_admin("get_audit_log")["entries"]
    return [(entry["action"], entry["actor"], entry.get("origin", "")) for entry in entries]


@contextmanager
def writing(folder: Path, *, free: bool = True) -> Iterator[Connection]:
    """Do to a database what nobody should."""
    url = engines.database_url(folder / "data") or f"sqlite:///{folder / 'data' / DATABASE_FILE}"
    with create_engine(url, poolclass=NullPool).begin() as connection:
        for trigger in ("admin_audit_no_update", "admin_audit_no_delete") if free else ():
            on = "" if engines.is_sqlite() else "ON admin_audit_blocks"
            connection.exec_driver_sql(f"DROP TRIGGER {trigger} {on}")
        yield connection


def change(folder: Path, statement: str | Update, *, free: bool = True) -> None:
    with writing(folder, free=free) as connection:
        connection.execute(text(statement) if isinstance(statement, str) else statement)


def verified(folder: Path, expected: tuple[int, bytes] | None = None) -> Verification:
    with reading(folder / "data", engines.database_url(folder / "data")) as state:
        return verify(state.connection, expected=expected)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder of a registry that has seen ten changes, all of them sealed."""
    with registry_in(tmp_path) as registry:
        for _ in range(5):
            registry.register()
        registry.application.clerk.catch_up()
    return tmp_path


class TestAuthors:
    def test_a_node_does_what_it_signs(self, registry: Registry) -> None:
        registry.register()
        registry.signed(1, "set_tags", node_id=1, tags=["gpu"])
        assert authors(registry) == [
            ("node.tags_changed", "node 1", "198.51.100.7"),
            ("node.registered", "node 1", "198.51.100.7"),
            ("key.enrolled", "node 1", "198.51.100.7"),
        ]

    def test_an_administrator_does_what_the_token_opens(self, registry: Registry) -> None:
        registry.register()
        registry.as_admin("set_hostname", node_id=1, hostname="named")
        assert authors(registry)[0] == ("node.hostname_changed", "admin", "198.51.100.7")

    def test_the_token_of_a_network_is_told_apart(self, registry: Registry) -> None:
        registry.register()
        lab = registry.network(1, network_admin_token="lab-token")
        registry.ask("rename_network", network_id=lab, name="hall", admin_token="lab-token")
        assert authors(registry)[0] == ("network.renamed", "network admin", "198.51.100.7")

    def test_consequences_name_what_they_follow_from(self, registry: Registry) -> None:
        registry.register()
        registry.network(1)
        registry.signed(1, "deregister", node_id=1)
        left, gone, *_ = registry.as_admin("get_audit_log")["entries"]
        assert (gone["action"], gone["actor"]) == ("node.deregistered", "node 1")
        assert (left["action"], left["actor"]) == ("membership.left", "server")
        assert left["origin"] == f"membership.leave after {gone['number']}"

    def test_what_nobody_asked_for_was_the_server(self, registry: Registry) -> None:
        registry.register()
        registry.clock[0] += 700_000
        registry.application.housekeeping.sweep()
        registry.application.committer.run(lambda _: None)
        assert authors(registry)[0] == ("node.reaped", "server", "")

    def test_those_who_prove_nothing_are_anyone(self, tmp_path: Path) -> None:
        with registry_in(tmp_path, lax=True) as lax:
            lax.ask("register", public_key=Key().public, listen_addr=":4001")
            assert {actor for _, actor, _ in authors(lax)} == {"anyone"}

    def test_in_a_batch_each_is_told_from_the_others(self, registry: Registry) -> None:
        keys = [Key() for _ in range(3)]
        operation = next(o for o in registry.application.operations if o.type == "register")
        assert operation.batch is not None
        # One call for all three, as the committer makes it when they arrive together.
        items = []
        for place, key in enumerate(keys):
            body = f'{{"type":"register","public_key":"{key.public}","listen_addr":":4001"}}'
            _, request = registry.application.operations.decode(body.encode())
            caller = Caller(f"192.0.2.{place}", 4001, public_key=key.public.encode())
            items.append((request, caller))
        batch = operation.batch
        registry.application.committer.run(lambda unit: batch(unit, items))
        assert set(authors(registry)) == {
            (action, f"node {place + 1}", f"192.0.2.{place}")
            for action in ("key.enrolled", "node.registered")
            for place in range(3)
        }


class TestWriting:
    def test_what_is_not_sealed_yet_is_told_all_the_same(self, registry: Registry) -> None:
        registry.register()
        registry.application.clerk.catch_up()
        registry.register()
        numbers = [entry["number"] for entry in registry.as_admin("get_audit_log")["entries"]]
        assert numbers == [4, 3, 2, 1]

    def test_every_change_gets_into_it_once(self, folder: Path) -> None:
        found = verified(folder)
        assert (found.problem, found.entries, found.number, found.waiting) == ("", 10, 10, 0)

    def test_what_a_crash_left_unsealed_is_sealed_later(self, folder: Path) -> None:
        with registry_in(folder) as registry:
            registry.register()  # and nobody seals it
        assert verified(folder).waiting == 2
        with registry_in(folder) as registry:
            registry.application.clerk.catch_up()
        found = verified(folder)
        assert (found.problem, found.entries, found.number, found.waiting) == ("", 12, 12, 0)

    def test_more_than_a_page_is_written(self, registry: Registry) -> None:
        def many(unit: UnitOfWork) -> None:
            for _ in range(600):
                unit.publish(WEBHOOK_CONFIGURED(url=""))

        registry.application.committer.run(many)
        registry.application.clerk.catch_up()
        with registry.application.database.snapshot() as snapshot:
            assert verify(snapshot.connection).entries == 600

    def test_it_outlives_the_change_log(self, folder: Path) -> None:
        before = verified(folder)
        change(folder, "DELETE FROM log_changes WHERE number < 10")
        assert verified(folder) == before
        with registry_in(folder) as registry:
            assert len(registry.as_admin("get_audit_log")["entries"]) == 10
            registry.register()
            registry.application.clerk.catch_up()
        assert (verified(folder).problem, verified(folder).entries) == ("", 12)

    def test_the_database_refuses_to_change_or_delete_entries(self, folder: Path) -> None:
        for statement in ("UPDATE {} SET last = 1", "DELETE FROM {}"):
            with pytest.raises(DBAPIError, match="only grows"):
                change(folder, statement.format("admin_audit_blocks"), free=False)


Line = tuple[Record, str]
Edit = Callable[[list[Line]], list[Line]]


def tamper(folder: Path, edit: Edit, *, head: bool = False, log: str = "") -> None:
    """Write the audit log as somebody would who can write the file.

    Args:
        folder: Has the data folder.
        edit: Takes every entry with its mark, and answers with what is to stand there.
        head: Whether to move the record of where it ends as well.
        log: What to do to the change log.
    """
    with writing(folder) as database:
        blocks = database.execute(
            text("SELECT first, content, seal FROM admin_audit_blocks ORDER BY first")
        ).all()
        lines = edit([line for _, content, _ in blocks for line in unpack(content)])
        database.execute(text("DELETE FROM admin_audit_blocks"))
        last = blocks[-1][2]
        if lines:
            content = "\n".join(json.dumps([*record, shown]) for record, shown in lines)
            honest = seals([record for record, _ in lines])
            last = last if mark(last) == lines[-1][1] else honest[-1]
            number = lines[-1][0].number
            block = Block(lines[0][0].number, number, last, zlib.compress(content.encode()))
            database.execute(insert(audit_blocks), asdict(block))
            if head:
                database.execute(update(audit_head).values(number=number, seal=last))
        if log:
            database.execute(text(log))


def seals(records: list[Record]) -> list[bytes]:
    """The seal of each, as whoever knows the program works it out."""
    found = []
    last = BEGINNING
    for record in records:
        last = seal(last, record)
        found.append(last)
    return found


def without(*numbers: int) -> Edit:
    return lambda lines: [line for line in lines if line[0].number not in numbers]


def altered(number: int, *, sealed_anew_to: int = 0, **fields: Any) -> Edit:
    """Alter an entry, and seal it and those after it anew, up to a number."""

    def edit(lines: list[Line]) -> list[Line]:
        records = [r._replace(**fields) if r.number == number else r for r, _ in lines]
        return [
            (record, mark(new) if number <= record.number <= sealed_anew_to else shown)
            for record, new, (_, shown) in zip(records, seals(records), lines, strict=True)
        ]

    return edit


class TestVerification:
    @pytest.mark.parametrize("field", ["actor", "origin", "source", "type", "payload"])
    def test_finds_an_entry_that_was_altered(self, folder: Path, field: str) -> None:
        fields: dict[str, Any] = {field: "x"}
        tamper(folder, altered(4, **fields))
        assert verified(folder).problem.startswith("entry 4: does not fit its seal")
        assert verified(folder).number == 3

    def test_finds_a_time_that_was_altered(self, folder: Path) -> None:
        tamper(folder, altered(4, at=7))
        assert verified(folder).problem.startswith("entry 4: does not fit its seal")

    def test_finds_a_mark_that_was_altered(self, folder: Path) -> None:
        tamper(folder, lambda lines: [(r, "0" * 8 if r.number == 4 else m) for r, m in lines])
        assert verified(folder).problem.startswith("entry 4: does not fit its seal")

    def test_finds_an_altered_entry_with_a_mark_that_fits(self, folder: Path) -> None:
        tamper(folder, altered(4, actor="x", sealed_anew_to=4), log=LOG_TOO)
        assert verified(folder).problem.startswith("entry 5: does not fit its seal")

    @pytest.mark.parametrize(
        ("numbers", "problem"),
        [
            ([4], "entry 5: does not follow on entry 3: 4 is missing"),
            ([4, 5, 6], "entry 7: does not follow on entry 3: 4 to 6 are missing"),
            ([1, 2], "entry 3: does not follow on entry 0: 1 to 2 are missing"),
            ([9, 10], "entry 9: 9 to 10 are missing at the end"),
            (range(11), "entry 1: 1 to 10 are missing at the end"),
        ],
    )
    def test_finds_entries_that_are_missing(
        self, folder: Path, numbers: Sequence[int], problem: str
    ) -> None:
        tamper(folder, without(*numbers))
        assert verified(folder).problem == problem

    def test_finds_two_entries_that_changed_places(self, folder: Path) -> None:
        tamper(folder, lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]])
        assert verified(folder).problem.startswith("entry 5: does not follow on entry 3")

    def test_finds_an_entry_put_in_at_the_end(self, folder: Path) -> None:
        def edit(lines: list[Line]) -> list[Line]:
            more = lines[-1][0]._replace(number=11)
            return [*lines, (more, mark(seals([*(r for r, _ in lines), more])[-1]))]

        tamper(folder, edit)
        assert verified(folder).problem == "entry 11: the audit log ended before it"

    def test_finds_a_seal_of_a_block_that_was_altered(self, folder: Path) -> None:
        change(folder, update(audit_blocks).values(seal=bytes(32)))
        assert verified(folder).problem == "entry 10: does not fit its seal"

    def test_finds_a_block_that_cannot_be_read(self, folder: Path) -> None:
        change(folder, update(audit_blocks).values(content=bytes(9)))
        assert verified(folder).problem == "entry 1: cannot be read"

    def test_finds_a_block_that_is_gone(self, folder: Path) -> None:
        with registry_in(folder) as registry:
            for _ in range(2):
                registry.register()
                registry.application.clerk.catch_up()
        change(folder, "DELETE FROM admin_audit_blocks WHERE first = 11")
        problem = "entry 13: does not follow on entry 10: 11 to 12 are missing"
        assert verified(folder).problem == problem

    def test_finds_all_entries_sealed_anew(self, folder: Path) -> None:
        tamper(folder, altered(4, actor="x", sealed_anew_to=10), log=LOG_TOO)
        assert verified(folder).problem == (
            "entry 10: its seal is not that with which the audit log ended"
        )

    def test_finds_all_entries_sealed_anew_and_the_end_moved(self, folder: Path) -> None:
        tamper(folder, altered(4, actor="x", sealed_anew_to=10), head=True)
        assert verified(folder).problem == "entry 4: the change log has it otherwise"

    @pytest.mark.parametrize("log", ["", "DELETE FROM log_changes WHERE number < 10"])
    def test_finds_whatever_was_sealed_anew_by_a_seal_noted_elsewhere(
        self, folder: Path, log: str
    ) -> None:
        noted = verified(folder)
        edit = altered(4, actor="x", sealed_anew_to=10)
        tamper(folder, edit, head=True, log=log or LOG_TOO)
        assert verified(folder).problem == ""  # nothing here can tell
        problem = verified(folder, (noted.number, noted.seal)).problem
        assert problem == "entry 10: its seal is not the expected one"

    def test_finds_a_tail_that_was_cut_with_the_end_moved(self, folder: Path) -> None:
        noted = verified(folder)
        tamper(folder, without(9, 10), head=True)
        assert verified(folder).waiting == 2  # as if it were still to be sealed
        change(folder, "DELETE FROM log_changes WHERE number > 8", free=False)
        assert verified(folder, (noted.number, noted.seal)).problem == (
            "entry 9: 9 to 10 are missing"
        )

    def test_finds_a_change_log_that_was_cut(self, folder: Path) -> None:
        change(folder, "DELETE FROM log_changes WHERE number > 8")
        assert verified(folder).problem == "entry 9: 9 to 10 are missing in the change log"

    def test_of_a_registry_in_which_nothing_happened_finds_nothing(self, tmp_path: Path) -> None:
        with registry_in(tmp_path):
            pass
        assert verified(tmp_path) == Verification(0, 0, BEGINNING)
