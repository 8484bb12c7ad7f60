"""Seeded violations of what no import shows: coupling behind the bus and the database."""

from tests.tools.layering.seed import Seed

_VIEWS = "registry/trust/views.py"
_EVENTS = "registry/trust/events.py"
_TABLES = "registry/trust/tables.py"
_STORE = "registry/trust/store.py"
_COMPOSITION = "registry/composition.py"

_LINKED = '"trust", "trust.linked", "Trust.", {"node_id": "one", "peer_id": "the other"}'


def _view(patterns: str, *body: str) -> str:
    """A read model that subscribes to patterns and applies events with a body."""
    lines = [
        "from registry.events import Bus, Event, Projection",
        "class TrustView:",
        "    def __init__(self, bus: Bus) -> None:",
        f"        self.projection = Projection(bus, {patterns}, apply=self._apply, rebuild=int)"
        + ("  # here" if not body else ""),
        "    def _apply(self, event: Event) -> None:",
        *(f"        {line}" for line in body or ("print(event)",)),
    ]
    return "\n".join(lines)


def _with_helper(line: str) -> str:
    """A read model that hands the event to a helper, which has the line."""
    view = _view('("trust.linked",)', "self._put(event)")
    return f"{view}\n    def _put(self, event: Event) -> None:\n        {line}"


def _declares(*lines: str) -> str:
    return "\n".join(("from registry.events import EventType", *lines))


def _publishes(*lines: str) -> str:
    return "\n".join(
        (
            "from registry.events import Event",
            "from registry.trust.events import TRUST_LINKED",
            "class TrustStore:",
            "    def link(self, transaction, node_id, peer_id):",
            *(f"        {line}" for line in lines),
        )
    )


_LINK = "transaction.publish(TRUST_LINKED(node_id=node_id, peer_id=peer_id))"

SUBSCRIPTIONS = [
    Seed(
        "a read model that follows what nobody publishes",
        "dead-subscription",
        "trust.gone is subscribed to by TrustView in registry.trust.views",
        _view('("trust.linked", "trust.gone")'),
        _view('("trust.linked",)').removesuffix("  # here"),
        _VIEWS,
    ),
    Seed(
        "a pattern below which there is nothing",
        "dead-subscription",
        "trusts.* is subscribed to by TrustView",
        _view('("trusts.*",)'),
        _view('("trust.*",)'),
        _VIEWS,
    ),
    Seed(
        "a pattern that means the type itself and matches only what is below it",
        "dead-subscription",
        "trust.linked.* is subscribed to by TrustView",
        _view('("trust.linked.*",)'),
        _view('("trust.linked",)'),
        _VIEWS,
    ),
    Seed(
        "a reaction to what nobody publishes",
        "dead-subscription",
        "trust.broken is subscribed to by polo.forget in registry.composition",
        """\
        from registry.persistence import Reaction
        from registry.polo import PoloStore

        scores = PoloStore()
        reactions = (Reaction("polo.forget", ("trust.broken",), scores.on_linked),)  # here
        """,
        """\
        from registry.persistence import Reaction
        from registry.polo import PoloStore

        scores = PoloStore()
        reactions = (Reaction("polo.forget", ("trust.*",), scores.on_linked),)
        """,
        _COMPOSITION,
    ),
    Seed(
        "an open channel of what nobody publishes",
        "dead-subscription",
        "score.* is subscribed to by follow in registry.trust.follow",
        "def follow(bus):\n    return bus.subscribe('score.*')  # here",
        "def follow(bus):\n    return bus.subscribe('polo.*')",
        "registry/trust/follow.py",
    ),
    Seed(
        "a case that can never happen",
        "dead-subscription",
        "polo.changed never gets here in registry.trust.views",
        _view(
            '("trust.*",)',
            "match event.type:",
            "    case 'polo.changed':  # here",
            "        print(event)",
        ),
        _view(
            '("trust.*",)',
            "match event.type:",
            "    case 'trust.linked':",
            "        print(event)",
        ),
        _VIEWS,
    ),
]

DECLARATIONS = [
    Seed(
        "an event made by hand that is declared nowhere",
        "declared-events",
        "trust.broken is published by registry.trust.store and declared by nobody",
        _publishes(_LINK, 'transaction.publish(Event("trust", "trust.broken", {}))  # here'),
        _publishes(_LINK),
        _STORE,
    ),
    Seed(
        "a declaration that EVENTS leaves out",
        "declared-events",
        "trust.linked is declared by registry.trust.events and is not in its EVENTS",
        _declares(f"TRUST_LINKED = EventType({_LINKED})  # here", "EVENTS = ()"),
        _declares(f"TRUST_LINKED = EventType({_LINKED})", "EVENTS = (TRUST_LINKED,)"),
        _EVENTS,
    ),
    Seed(
        "a declaration in another store's name",
        "declared-events",
        "trust.linked is declared by trust with the source polo",
        _declares(
            f"TRUST_LINKED = EventType({_LINKED.replace('trust', 'polo', 1)})  # here",
            "EVENTS = (TRUST_LINKED,)",
        ),
        _declares(f"TRUST_LINKED = EventType({_LINKED})", "EVENTS = (TRUST_LINKED,)"),
        _EVENTS,
    ),
    Seed(
        "a declaration that nobody publishes",
        "never-published",
        "trust.broken is declared by registry.trust.events and published by nobody",
        _declares(
            f"TRUST_LINKED = EventType({_LINKED})",
            'TRUST_BROKEN = EventType("trust", "trust.broken", "No trust.", {})  # here',
            "EVENTS = (TRUST_LINKED, TRUST_BROKEN)",
        ),
        _declares(f"TRUST_LINKED = EventType({_LINKED})", "EVENTS = (TRUST_LINKED,)"),
        _EVENTS,
    ),
    Seed(
        "a type that cannot be told",
        "unresolvable",
        "Event('trust', kind, {}) in registry.trust.store may be any event",
        _publishes(
            _LINK, "kind = str(node_id)", "transaction.publish(Event('trust', kind, {}))  # here"
        ),
        _publishes(_LINK),
        _STORE,
    ),
]

PAYLOADS = [
    Seed(
        "a key that the publisher does not write",
        "payload-keys",
        "score is read by registry.trust.views and is not in the payload of trust.linked",
        _view('("trust.linked",)', 'print(event.payload["score"])  # here'),
        _view('("trust.linked",)', 'print(event.payload["peer_id"])'),
        _VIEWS,
    ),
    Seed(
        "a key read through a name of its own",
        "payload-keys",
        "network_id is read by registry.trust.views and is not in the payload of trust.linked",
        _view('("trust.linked",)', "facts = event.payload", 'print(facts["network_id"])  # here'),
        _view('("trust.linked",)', "facts = event.payload", 'print(facts["node_id"])'),
        _VIEWS,
    ),
    Seed(
        "a key that only another type of the pattern has",
        "payload-keys",
        "score is read by registry.trust.views and is not in the payload of polo.forgotten",
        _view('("polo.*",)', 'print(event.payload["score"])  # here'),
        _view('("polo.changed",)', 'print(event.payload["score"])'),
        _VIEWS,
    ),
    Seed(
        "a key in a helper that is handed the event",
        "payload-keys",
        "score is read by registry.trust.views and is not in the payload of trust.linked",
        _with_helper('print(event.payload["score"])  # here'),
        _with_helper('print(event.payload["node_id"])'),
        _VIEWS,
    ),
    Seed(
        "a key that a reaction reads",
        "payload-keys",
        "score is read by registry.polo.publisher and is not in the payload of trust.linked",
        """\
        from registry.polo.events import POLO_CHANGED, POLO_FORGOTTEN

        class PoloStore:
            def set(self, transaction, node_id, score):
                transaction.publish(POLO_CHANGED(node_id=node_id, score=score))

            def on_linked(self, transaction, event):
                transaction.publish(POLO_FORGOTTEN(node_id=event.payload["score"]))  # here
        """,
        """\
        from registry.polo.events import POLO_CHANGED, POLO_FORGOTTEN

        class PoloStore:
            def set(self, transaction, node_id, score):
                transaction.publish(POLO_CHANGED(node_id=node_id, score=score))

            def on_linked(self, transaction, event):
                transaction.publish(POLO_FORGOTTEN(node_id=event.payload["peer_id"]))
        """,
        "registry/polo/publisher.py",
    ),
    Seed(
        "an event published without a key that is declared",
        "payload-keys",
        "trust.linked is published by registry.trust.store without peer_id",
        _publishes("transaction.publish(TRUST_LINKED(node_id=node_id))  # here"),
        _publishes(_LINK),
        _STORE,
    ),
]

_IMPORTS = "from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, text\n"
_OWN = 'metadata = MetaData()\nlinks = Table("trust_links", metadata, Column("node_id", Integer))\n'

TABLES = [
    Seed(
        "a table without the store's name in front",
        "own-tables",
        "the table handshakes is declared by registry.trust.tables",
        f'{_IMPORTS}{_OWN}asked = Table("handshakes", metadata)  # here',
        f'{_IMPORTS}{_OWN}asked = Table("trust_handshakes", metadata)',
        _TABLES,
    ),
    Seed(
        "a foreign key to another store's table",
        "foreign-table",
        "polo_scores is a table of registry.polo and is named by registry.trust.tables",
        f'{_IMPORTS}{_OWN}of = Table("trust_of", metadata, '
        'Column("node_id", ForeignKey("polo_scores.node_id")))  # here',
        f'{_IMPORTS}{_OWN}of = Table("trust_of", metadata, '
        'Column("node_id", ForeignKey("trust_links.node_id")))',
        _TABLES,
    ),
    Seed(
        "another store's table in SQL text",
        "foreign-table",
        "polo_scores is a table of registry.polo and is named by registry.trust.tables",
        f'{_IMPORTS}{_OWN}ALL = text("SELECT score FROM polo_scores")  # here',
        f'{_IMPORTS}{_OWN}ALL = text("SELECT node_id FROM trust_links")',
        _TABLES,
    ),
    Seed(
        "another store's table in a join of SQL text",
        "foreign-table",
        "polo_scores is a table of registry.polo and is named by registry.trust.tables",
        f'{_IMPORTS}{_OWN}ALL = text("SELECT 1 FROM trust_links JOIN polo_scores USING (node_id)")'
        "  # here",
        f'{_IMPORTS}{_OWN}ALL = text("SELECT 1 FROM trust_links JOIN trust_of USING (node_id)")',
        _TABLES,
    ),
    Seed(
        "a second declaration of another store's table",
        "own-tables",
        "the table polo_scores is declared by registry.trust.tables",
        f'{_IMPORTS}{_OWN}scores = Table("polo_scores", metadata)  # here',
        f'{_IMPORTS}{_OWN}scores = Table("trust_scores", metadata)',
        _TABLES,
    ),
]

COUPLING = (*SUBSCRIPTIONS, *DECLARATIONS, *PAYLOADS, *TABLES)
"""All of them."""
