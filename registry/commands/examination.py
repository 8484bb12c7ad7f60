"""Whether a data folder is whole: its pages, its change log, and what clients are told of it.

Nothing in the folder is touched, and a server may be running on it: what is examined is a
copy, as of one commit.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from attrs import define, field, frozen
from sqlalchemy import Connection

from registry.added_stores import added_stores
from registry.admin import oldest
from registry.commands.asking import (
    Ask,
    Question,
    ReplayFailed,
    ask_here,
    differences,
    questions_about,
    replay,
)
from registry.commands.shared_database import as_folder
from registry.composition import EVENT_TYPES, SCHEMAS, Application, build
from registry.events import Event
from registry.persistence import DATABASE_FILE, Progress, change_log, copy_database, find_damage
from registry.settings import Settings

MOST_FINDINGS = 100
"""Findings that are told at most."""

LOOKS = 3
"""How often an answer of a running server is compared: it may have changed meanwhile."""

Show = Callable[[str], AbstractContextManager[Progress]]
"""Shows how far a part of the work is."""


@frozen
class Finding:
    """Something that is not as it should be.

    Attributes:
        part: What was examined.
        text: What is wrong.
    """

    part: str
    text: str


@define
class Examination:
    """What was examined, and what was found.

    Attributes:
        counts: How much of what was looked at.
        findings: What is wrong; empty if nothing is.
        notes: What could not be examined, and why.
    """

    counts: dict[str, int] = field(factory=dict)
    findings: list[Finding] = field(factory=list)
    notes: list[str] = field(factory=list)

    def find(self, part: str, text: str) -> None:
        """Note something that is wrong, unless that is the end of a very long list."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(part, text))


def examine(
    folder: Path, show: Show, ask_server: Ask | None = None, *, url: str = ""
) -> Examination:
    """Examine a database.

    Args:
        folder: The data folder.
        show: Shows how far it is.
        ask_server: Asks the server that is running on it, whose memory is then compared too.
        url: The PostgreSQL database to examine, instead of that in the folder.

    Raises:
        DBAPIError: The PostgreSQL database cannot be read.
        OSError: The database cannot be read.
        SchemaTooNew: The data was written by a newer release.
    """
    examination = Examination()
    with tempfile.TemporaryDirectory(prefix="registry-check-") as place:
        copy = Path(place, "data")
        _copy(folder, copy, show, url)
        damage = find_damage(copy / DATABASE_FILE)
        for text in damage:
            examination.find("database", text)
        if not damage:
            with _registry_in(copy) as application:
                _examine_log(application, examination)
                _examine_records(application, examination)
                if examination.findings:
                    examination.notes.append("read models: not compared, as the rest is not whole")
                else:
                    _examine_replay(application, Path(place, "replayed"), examination, show)
        if not examination.findings and ask_server is not None:
            copies = partial(_copy, folder, show=show, url=url)
            _examine_server(copies, Path(place), examination, show, ask_server)
    return examination


def _copy(folder: Path, target: Path, show: Show, url: str) -> None:
    if url:
        with show("copying rows") as progress, as_folder(url, folder, progress) as copy:
            copy.rename(target)
        return
    source = folder / DATABASE_FILE
    if not source.exists():
        raise FileNotFoundError(f"{folder} is no data folder: it has no {DATABASE_FILE}")
    target.mkdir(mode=0o700)
    with show("copying pages") as progress:
        copy_database(source, target / DATABASE_FILE, progress)


@contextmanager
def _registry_in(folder: Path) -> Iterator[Application]:
    """A registry over a data folder, with read models and without clients."""
    application = build(Settings(data=folder), deliver=lambda callback: callback())
    try:
        application.start()
        yield application
    finally:
        application.close()


def _examine_log(application: Application, examination: Examination) -> None:
    """Whether the numbers of the change log are without gaps, and its events can be read."""
    stores = added_stores(schema.store for schema in SCHEMAS)
    known = {event.name for store in stores for event in store.events}
    known |= {event.name for event in EVENT_TYPES}
    expected = 0
    count = 0
    with application.database.snapshot() as snapshot:
        try:
            for event in change_log.read(snapshot.connection, 0):
                if expected and event.number != expected:
                    examination.find("change log", f"{_span(expected, event.number)} missing")
                if event.type not in known:
                    examination.find("change log", f"{event.number}: unknown type {event.type!r}")
                expected = event.number + 1
                count += 1
        except ValueError as error:
            examination.find("change log", f"after {expected - 1}: cannot be read: {error}")
    examination.counts["changes"] = count


def _span(first: int, after: int) -> str:
    return f"{first} is" if first + 1 == after else f"{first} to {after - 1} are"


def _examine_records(application: Application, examination: Examination) -> None:
    """Whether what the stores keep fits together: whoever is named has, or had, a key."""
    shown = application.shown
    ids = shown.directory.ids()
    networks = shown.membership.networks()
    named = [
        *((node_id, "nodes") for node_id in ids),
        *(
            (node_id, f"members of network {network.network_id}")
            for network in networks
            for node_id in shown.membership.members(network.network_id)
        ),
        *((node_id, "trust links") for pair in shown.trust.links() for node_id in pair),
    ]
    ask = ask_here(application)
    for node_id, where in dict.fromkeys(named):
        if "error" in ask(Question("get_key_info", (("node_id", node_id),))):
            examination.find("records", f"node {node_id}, among the {where}, has no key")
    examination.counts |= {
        "nodes": len(ids),
        "networks": len(networks),
        "trust_links": len(shown.trust),
    }


def _examine_replay(
    application: Application, place: Path, examination: Examination, show: Show
) -> None:
    """Whether read models that only followed the change log say what the database says."""
    with application.database.snapshot() as snapshot:
        followed = build(Settings(data=place), deliver=lambda callback: callback())
        try:
            with show("replaying changes") as progress:
                total = snapshot.number
                events = _history(snapshot.connection)
                replay(_told(events, total, progress), followed)
            _compare(application, ask_here(followed), "read models", examination, show)
        except ReplayFailed as error:
            examination.find("read models", str(error))
        finally:
            followed.close()


def _history(connection: Connection) -> Iterator[Event]:
    """Every event from the first: what the change log has no more is in the audit log."""
    first = next(change_log.read(connection, 0), None)
    for entry in oldest(connection) if first is None or first.number > 1 else ():
        if first is not None and entry.record.number >= first.number:
            break
        yield entry.record.event()
    yield from change_log.read(connection, 0)


def _told(events: Iterator[Event], total: int, progress: Progress) -> Iterator[Event]:
    for count, event in enumerate(events):
        if not count % 1000:
            progress(count, total)
        yield event


def _compare(
    application: Application, ask: Ask, part: str, examination: Examination, show: Show
) -> None:
    questions = list(questions_about(application))
    for question, text in _disagreements(application, ask, questions, show).items():
        examination.find(part, f"{question}: {text}")
    examination.counts["answers_compared"] = len(questions)


def _disagreements(
    application: Application, ask: Ask, questions: list[Question], show: Show
) -> Mapping[Question, str]:
    """The questions that are answered otherwise than from the database, and how."""
    here = ask_here(application)
    found: dict[Question, str] = {}
    with show("comparing answers") as progress:
        for count, question in enumerate(questions):
            if not count % 100:
                progress(count, len(questions))
            wrong = next(differences(here(question), ask(question)), "")
            if wrong:
                found[question] = f"{wrong} (by the database, and otherwise)"
    return found


def _examine_server(
    copy_to: Callable[[Path], None], place: Path, examination: Examination, show: Show, ask: Ask
) -> None:
    """Whether the memory of a running server says what the database says.

    It goes on while it is looked at, so what differs is looked at again with a newer copy.
    """
    questions: list[Question] | None = None
    found: Mapping[Question, str] = {}
    for look in range(LOOKS):
        copy = place / f"look-{look}"
        copy_to(copy)
        with _registry_in(copy) as application:
            asked = list(questions_about(application)) if questions is None else questions
            found = _disagreements(application, ask, asked, show)
        if look == 0:
            examination.counts["server_answers_compared"] = len(asked)
        if not found:
            return
        questions = list(found)
    for question, text in found.items():
        examination.find("server", f"{question}: {text}")
