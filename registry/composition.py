"""The composition root: the parts of a registry server, and who reacts to what.

This is the only place that knows every store. It reads from top to bottom: each part is
made of parts above it.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from stat import filemode

import structlog
from attrs import frozen
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from registry import admin, directory, dispatch, identity, membership, policy, polo, routing, trust
from registry.added_stores import Host, added_stores
from registry.admin import (
    AuditClerk,
    AuditLog,
    Background,
    Carrier,
    Courier,
    ExportCarrier,
    OutletName,
    OutletStore,
    OutletView,
    WebhookCarrier,
    own_secret,
    read_secret,
)
from registry.directory import DirectoryStore, DirectoryView, Presence
from registry.dispatch import (
    AddressRates,
    Authenticator,
    BinaryDialect,
    Breakers,
    DirectorySyncer,
    Dispatcher,
    Founder,
    Gate,
    IdentityTokens,
    Inquiries,
    JsonDialect,
    OperationTable,
    Provisioner,
    ProvisionStatus,
    Registrar,
)
from registry.events import EventType, InProcessBus, Projection, Reaction, Store
from registry.housekeeping import Housekeeping
from registry.identity import (
    Attestations,
    IdentityStore,
    IdentityView,
    Keyring,
    ProviderStore,
    ProviderView,
    ShownBadge,
    read_keyring,
)
from registry.listener import Limits, Listener, Protocols
from registry.membership import Member, MembershipStore, MembershipView
from registry.outside import Outside, check_url
from registry.persistence import (
    Committer,
    Database,
    Duty,
    Ear,
    Retention,
    Schema,
    Trimmer,
    migrate,
)
from registry.policy import PolicyStore, PolicyView
from registry.polo import PoloStore, PoloView
from registry.routing import RoutingStore, RoutingView
from registry.settings import Settings
from registry.takeover import Takeover
from registry.trust import TrustStore, TrustView
from registry.verifier import Verifier
from registry.web import Parts
from registry.wire import format_address

log = structlog.get_logger()

STORES = (directory, identity, membership, policy, polo, routing, trust)
"""The packages of the stores: whose tables are made, and whose events are declared."""

EVENT_TYPES: tuple[EventType, ...] = (
    *(event for store in STORES for event in store.EVENTS),
    *dispatch.EVENTS,
    *admin.EVENTS,
)

SCHEMAS = tuple(
    Schema(room.__name__.split(".")[-1], room.SCHEMA_STEPS) for room in (*STORES, admin)
)
"""The tables of the seven, and of the room for operators; added stores bring theirs."""


@frozen
class Application:
    """A registry server, put together and ready to start.

    Attributes:
        bus: Where everything that happens is told.
        operations: Every message type.
        committer: Runs what writes.
        clerk: Writes the audit log.
        background: What goes on beside the serving of clients, once it is started.
        inquiries: Runs what asks somebody outside.
        verifier: Verifies many signatures at once, once it is started.
        protocols: Answer requests, whoever brings them.
        listener: Serves clients.
        housekeeping: What is done now and then.
        projections: The read models that follow the bus.
        database: What everything is kept in.
        shown: What can be looked at over HTTP.
        takeover: Fills it with what another server kept.
        breakers: What is switched off.
        registrations: How often an address may register a key that is not known.
        duty: Whether this process does what only one is to do.
        ear: Hears of what other processes commit; None where nobody else writes.
    """

    bus: InProcessBus
    operations: OperationTable
    committer: Committer
    clerk: AuditClerk
    background: tuple[Background, ...]
    inquiries: Inquiries
    verifier: Verifier
    protocols: Protocols
    listener: Listener
    housekeeping: Housekeeping
    projections: tuple[Projection, ...]
    database: Database
    shown: Parts
    takeover: Takeover
    breakers: Breakers
    registrations: AddressRates
    duty: Duty
    ear: Ear | None

    def start(self) -> None:
        """Catch up with the past and fill the read models; then the listener may start."""
        self.committer.start()
        for projection in self.projections:
            projection.catch_up()
        if self.ear is not None:
            self.ear.start()

    def close(self) -> None:
        """Finish what was taken on, and close the database. Waits; safe to call again."""
        if self.ear is not None:
            self.ear.stop()
        self.committer.close()
        self.duty.give_up()
        self.database.close()


def build(
    settings: Settings,
    *,
    deliver: Callable[[Callable[[], None]], object],
    take_turns: Callable[[Callable[[], object]], object] = lambda work: work(),
    clock: Callable[[], float] = time.time,
) -> Application:
    """Put a server together.

    Args:
        settings: How it is to run.
        deliver: Runs a function on the thread that serves clients.
        take_turns: Runs, on that thread, what takes its time.
        clock: Unix time in seconds.

    Raises:
        DatabaseInUse: Another process has the data folder.
        SchemaTooNew: The data was written by a newer release.
        ValueError: The admin token file cannot be used, a setting names what there is not,
            or an added store cannot be taken in.
    """
    admin_token = read_admin_token(settings.admin_token_file)
    stores = added_stores(schema.store for schema in SCHEMAS)
    bus = InProcessBus(settings.event_buffer)
    database = open_database(settings.data, stores, url=settings.database)
    presence = Presence(bus=bus, clock=clock, stale_after=settings.stale_after_seconds)

    # The stores, and what each needs of the others.
    attestations = Attestations(
        clock=clock,
        address_of=format_address,
        badge_keys=keyring("badge-keys", settings.badge_keys),
        recovery_keys=keyring("recovery-keys", settings.recovery_keys),
    )
    identities = IdentityStore(clock=clock, address_of=format_address)
    providers = ProviderStore(check_url=partial(check_url, allow_inside=settings.allow_inside_urls))
    nodes = DirectoryStore(clock=clock, last_seen=presence.last_seen)
    networks = MembershipStore(
        clock=clock,
        address_of=format_address,
        node_exists=nodes.exists,
        external_id_of=attestations.external_id_of,
        member_limit=PolicyStore.member_limit,
        terms=PolicyStore.terms,
    )
    policies = PolicyStore(
        network_exists=networks.exists,
        member_count=networks.member_count,
    )
    trusts = TrustStore(clock=clock, node_exists=nodes.exists)
    scores = PoloStore(
        clock=clock, address_of=format_address, node_exists=nodes.exists, trusts=trusts.linked
    )
    beacons = RoutingStore(clock=clock, lease=settings.beacon_lease_seconds)

    # Their read models, each kept true by the bus. A lambda names a part further down.
    identity_view = IdentityView(bus=bus, snapshots=database.snapshot, clock=clock)
    provider_view = ProviderView(bus=bus, snapshots=database.snapshot)
    membership_view = MembershipView(
        bus=bus,
        snapshots=database.snapshot,
        clock=clock,
        node_count=lambda: len(directory_view),
        summary=lambda network_id: policy_view.summary(network_id),
        has_expr_policy=lambda network_id: policy_view.has_expr_policy(network_id),
        closed_lists=not settings.lax,
    )
    policy_view = PolicyView(
        bus=bus, snapshots=database.snapshot, network_known=membership_view.exists
    )
    trust_view = TrustView(
        bus=bus,
        snapshots=database.snapshot,
        share_network=membership_view.share_network,
        secret_links=not settings.lax,
    )
    polo_view = PoloView(
        bus=bus,
        snapshots=database.snapshot,
        address_of=format_address,
        node_known=lambda node_id: directory_view.exists(node_id),
    )
    routing_view = RoutingView(
        bus=bus,
        snapshots=database.snapshot,
        clock=clock,
        endpoint_for=lambda requester_id, node_id: directory_view.endpoint_for(
            requester_id, node_id
        ),
    )
    directory_view = DirectoryView(
        bus=bus,
        snapshots=database.snapshot,
        sources=Sources(
            key_expiries=identity.key_expiries,
            key_generations=identity.key_generations,
            badges=identity.badges_of,
            external_ids=identity.external_ids_of,
            memberships=membership.memberships,
            scores=polo.scores,
        ),
        neighbours=Neighbours(identity_view, membership_view, trust_view, routing_view),
        presence=presence,
        clock=clock,
        address_of=format_address,
        closed_lists=not settings.lax,
    )

    # The stores that this root does not know.
    host = Host(
        bus=bus,
        snapshots=database.snapshot,
        clock=clock,
        address_of=format_address,
        node_exists=nodes.exists,
        role_of=networks.role_of,
        trusts=trusts.linked,
    )
    added = [store.build(host) for store in stores]

    # Who writes because of what happened elsewhere. Reading follows from the views' patterns.
    reactions = (
        Reaction("membership.leave", ("node.deregistered",), networks.on_node_deregistered),
        Reaction("trust.forget", ("node.deregistered",), trusts.on_node_deregistered),
        Reaction("policy.remove", ("network.deleted",), policies.on_network_deleted),
        *(reaction for parts in added for reaction in parts.reactions),
    )
    duty = Duty(database)
    committer = Committer(
        database, bus, reactions, deliver=lambda settles: deliver(partial(settle_all, settles))
    )
    outlet_view = OutletView(snapshots=database.snapshot)
    couriers = [
        Courier(
            name,
            carrier=carrier,
            outlets=outlet_view,
            snapshots=database.snapshot,
            committer=committer,
            on_duty=lambda: duty.is_mine,
        )
        for name, carrier in carriers(settings)
    ]
    clerk = AuditClerk(
        committer=committer,
        snapshots=database.snapshot,
        tell=[courier.background.wake for courier in couriers],
        on_duty=lambda: duty.is_mine,
    )
    inquiries = Inquiries(deliver)
    verifier = Verifier(take_turns=take_turns)

    # What clients can ask for.
    breakers = open_breakers(settings.open_breakers)
    registrar = Registrar(identity=identities, directory=nodes, attestations=attestations)
    tokens = IdentityTokens(
        vouchers=provider_view.vouchers,
        outside=Outside(allow_inside=settings.allow_inside_urls),
        clock=clock,
    )
    founder = Founder(membership=networks, policy=policies)
    outlets = OutletStore(check_url=partial(check_url, allow_inside=settings.allow_inside_urls))
    provisioner = Provisioner(
        membership=networks,
        policy=policies,
        providers=providers,
        others={
            "webhooks.audit_url": outlets.provision_webhook,
            "audit_export": outlets.provision_audit_export,
        },
    )
    status = ProvisionStatus(
        membership=membership_view,
        policy=policy_view,
        others=(provider_view.status, outlet_view.status),
    )
    syncer = DirectorySyncer(
        membership=networks, directory=nodes, external_id_of=attestations.external_id_of
    )
    operations = OperationTable(modes=modes(settings))
    operations.add(batches=registrar.batches(), inquiries=tokens.inquiries())
    operations.add(asks=tokens.asks())
    operations.add(writes=founder.operations())
    operations.add(reads=status.operations(), writes=provisioner.operations())
    operations.add(writes=syncer.operations())
    operations.add(reads=directory_view.operations(), writes=nodes.operations())
    operations.add(
        reads=identity_view.operations(),
        writes=identities.operations(),
        batches=identities.batches(),
    )
    operations.add(writes=attestations.operations())
    operations.add(reads=provider_view.operations(), writes=providers.operations())
    operations.add(reads=membership_view.operations(), writes=networks.operations())
    operations.add(reads=policy_view.operations(), writes=policies.operations())
    operations.add(reads=polo_view.operations(), writes=scores.operations())
    operations.add(reads=routing_view.operations(), writes=beacons.operations())
    operations.add(reads=trust_view.operations(), writes=trusts.operations())
    operations.add(reads=breakers.operations())
    operations.add(reads=AuditLog(snapshots=database.snapshot).operations())
    operations.add(reads=outlet_view.operations(), writes=outlets.operations())
    for parts in added:
        operations.add(reads=parts.reads, writes=parts.writes)

    registrations = AddressRates(*registration_rate(settings), clock=time.monotonic)
    authenticator = Authenticator(
        identity_view,
        networks,
        admin_token=admin_token,
        guesses=rates_of(settings.wrong_tokens_per_minute),
    )
    gate = Gate(
        breakers,
        registrations=registrations,
        is_known=identity_view.is_bound,
        inquiries=rates_of(settings.identity_tokens_per_minute),
        join_tokens=rates_of(settings.wrong_tokens_per_minute),
    )
    dispatcher = partial(
        Dispatcher,
        gate=gate,
        authenticator=authenticator,
        committer=committer,
        inquiries=inquiries,
        bus=bus,
        verify=verifier.take,
    )
    protocols = Protocols(
        json=dispatcher(JsonDialect(operations)), binary=dispatcher(BinaryDialect(operations))
    )
    breakers.changed = protocols.forget
    projections = (
        *(projection for parts in added for projection in parts.projections),
        *(
            model.projection
            for model in (
                identity_view,
                provider_view,
                membership_view,
                policy_view,
                trust_view,
                polo_view,
                routing_view,
                directory_view,
                protocols.json,
                protocols.binary,
            )
        ),
    )

    listener = Listener(
        protocols, limits_of(settings), take_turns=take_turns, share_port=settings.share_port
    )
    shown = Parts(
        audit=clerk,
        authenticator=authenticator,
        bus=bus,
        clock=clock,
        committer=committer,
        connections=listener,
        database=database,
        describe=lambda network_id: policy_view.policy(network_id).description,
        directory=directory_view,
        dispatchers={"json": protocols.json, "binary": protocols.binary},
        membership=membership_view,
        operations=operations,
        outlets={courier.name: courier for courier in couriers},
        polo=polo_view,
        presence=presence,
        projections=projections,
        trust=trust_view,
    )

    def settle_all(settles: Sequence[Callable[[], object]]) -> None:
        for settle in settles:  # first, because clients wait for it
            take_turns(settle)
        for projection in projections:
            take_turns(projection.catch_up)  # reads then find little to do, and no buffer fills

    return Application(
        bus=bus,
        operations=operations,
        committer=committer,
        clerk=clerk,
        background=(clerk.background, *(courier.background for courier in couriers)),
        inquiries=inquiries,
        verifier=verifier,
        protocols=protocols,
        listener=listener,
        housekeeping=Housekeeping(
            committer=committer,
            directory=nodes,
            routing=beacons,
            presence=presence,
            projections=projections,
            reap_after=settings.reap_after_seconds,
            every=settings.save_seen_seconds,
            trimmer=Trimmer(
                [*(reaction.name for reaction in reactions), clerk.CONSUMER],
                Retention(settings.keep_changes, settings.keep_changes_days * 86_400),
                clock,
            ),
            on_duty=lambda: duty.was_mine,
            shared=database.snapshot if database.shared else None,
        ),
        projections=projections,
        database=database,
        shown=shown,
        takeover=Takeover(directory=nodes, policy=policies, polo=scores, clock=clock),
        breakers=breakers,
        registrations=registrations,
        duty=duty,
        ear=Ear(database, committer.look) if database.shared else None,
    )


@frozen
class Sources:
    """The stores' facts that the directory keeps copies of (`directory.ports.Sources`)."""

    key_expiries: Callable[[Connection], Iterable[tuple[int, int]]]
    key_generations: Callable[[Connection], Iterable[tuple[int, int]]]
    badges: Callable[[Connection], Iterable[tuple[int, ShownBadge]]]
    external_ids: Callable[[Connection], Iterable[tuple[int, str]]]
    memberships: Callable[[Connection], Iterable[tuple[int, int]]]
    scores: Callable[[Connection], Iterable[tuple[int, int]]]


@frozen
class Neighbours:
    """What the directory asks the other read models (`directory.ports.Neighbours`)."""

    _identity: IdentityView
    _membership: MembershipView
    _trust: TrustView
    _routing: RoutingView

    def trusted(self, node_id: int, peer_id: int) -> bool:
        """Whether two nodes trust each other."""
        return self._trust.linked(node_id, peer_id)

    def members(self, network_id: int) -> Mapping[int, Member]:
        """The members of a network.

        Raises:
            LookupError: There is no such network.
        """
        return self._membership.members(network_id)

    def members_after(self, network_id: int, node_id: int) -> Iterator[tuple[int, Member]]:
        """The members of a network whose ids are above one, in order.

        Raises:
            LookupError: There is no such network.
        """
        return self._membership.members_after(network_id, node_id)

    def is_open(self, network_id: int) -> bool:
        """Whether a network takes in whoever comes."""
        return self._membership.is_open(network_id)

    def is_steered(self, network_id: int) -> bool:
        """Whether members' daemons follow what a network says, and so have to list it."""
        return self._membership.is_steered(network_id)

    def public_key(self, node_id: int) -> str:
        """A node's key, base64."""
        return self._identity.public_key(node_id)

    def key_in_use_since(self, node_id: int) -> int:
        """When a node's key came into use, in unix seconds; 0 for a node never registered."""
        key = self._identity.key(node_id)
        return key.in_use_since if key else 0

    def relay_address(self) -> str:
        """The endpoint of a beacon that relays to nodes; empty where there is none."""
        return self._routing.relay_address()


def modes(settings: Settings) -> set[str]:
    """The modes of `registry.dispatch.access.MODES` that settings put a server in."""
    chosen = {
        "lax": settings.lax,
        "open-beacons": settings.open_beacons,
        "undated-heartbeats": not settings.fresh_heartbeats,
    }
    return {mode for mode, is_on in chosen.items() if is_on}


def rates_of(per_minute: float) -> AddressRates:
    """How often each address may do something: so often in a minute, or all at once."""
    return AddressRates(per_minute, max(per_minute, 1), clock=time.monotonic)


def keyring(setting: str, text: str) -> Keyring:
    """The keys of issuers, as a setting states them.

    Raises:
        ValueError: They are malformed; the text names the setting.
    """
    try:
        return read_keyring(text)
    except ValueError as error:
        raise ValueError(f"{setting}: {error}") from None


def carriers(settings: Settings) -> tuple[tuple[OutletName, Carrier], ...]:
    """What carries what happens to each outlet.

    Raises:
        ValueError: The secret for signing cannot be used.
    """
    outside = Outside(allow_inside=settings.allow_inside_urls)
    file = settings.webhook_secret_file
    try:
        secret = read_secret(file) if file else own_secret(settings.data)
    except ValueError as error:
        raise ValueError(f"webhook-secret-file: {error}") from None
    return (
        ("webhook", WebhookCarrier(outside, secret)),
        ("audit_export", ExportCarrier(outside)),
    )


def open_database(folder: Path, added: Sequence[Store] = (), *, url: str = "") -> Database:
    """Open a database and bring every store's tables up to date.

    Args:
        folder: The data folder; made if it is not there.
        added: The stores beside the seven.
        url: The PostgreSQL database to use; empty for the one in the data folder.

    Raises:
        DatabaseInUse: Another process has the folder.
        SchemaTooNew: The data was written by a newer release; nothing was changed.
        ValueError: The URL is malformed.
        OSError: The folder cannot be used, or what is in it is no database, or the database
            at the URL cannot be reached.
    """
    database, named = _connect(folder, url)
    try:
        with database.open_writer() as connection, connection.begin():
            more = (Schema(store.name, store.schema_steps) for store in added)
            migrate(connection, (*SCHEMAS, *more))
    except BaseException as error:
        database.close()
        if isinstance(error, DBAPIError):
            raise OSError(f"{named}: {error.orig}") from error
        raise
    return database


def _connect(folder: Path, url: str) -> tuple[Database, str]:
    """A database, and what to say when it cannot be used."""
    try:
        if url:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # for what is not in the database
            return Database.at(url), "database: cannot use it"
        return Database.in_folder(folder), f"data: cannot use the database in {folder}"
    except OSError as error:
        raise OSError(f"data: cannot use the folder {folder}: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"database: {error}") from None


def limits_of(settings: Settings) -> Limits:
    """What connections may ask of the server."""
    return Limits(
        connections=settings.max_connections,
        connections_per_address=settings.max_connections_per_address,
        frame_bytes=settings.max_frame_bytes,
        stranger_frame_bytes=min(settings.max_stranger_frame_bytes, settings.max_frame_bytes),
        idle_seconds=settings.idle_seconds,
        request_seconds=settings.request_seconds,
        answer_seconds=settings.answer_seconds,
    )


def registration_rate(settings: Settings) -> tuple[float, float]:
    """How many new keys an address may register in a minute, and how many at once."""
    return settings.registrations_per_minute, max(settings.registrations_per_minute, 1)


def breaker_names(text: str) -> frozenset[str]:
    """The breakers that a setting names.

    Args:
        text: Names, separated by commas.

    Raises:
        ValueError: There is no breaker of one of the names.
    """
    names = frozenset(filter(None, map(str.strip, text.split(","))))
    for name in sorted(names):
        try:
            Breakers().open(name)
        except ValueError as error:
            raise ValueError(f"open-breakers: {error}") from None
    return names


def open_breakers(text: str) -> Breakers:
    """The breakers, some of them open from the start; raises as `breaker_names` does."""
    breakers = Breakers()
    for name in breaker_names(text):
        breakers.open(name)
    return breakers


def read_admin_token(file: Path | None) -> str:
    """The admin token in a file; empty where no file is set.

    A file that others than its owner may read or write is warned of, and used.

    Raises:
        ValueError: The file cannot be read, or is empty.
    """
    if file is None:
        return ""
    try:
        token = file.read_text().strip()
        if (mode := file.stat().st_mode) & 0o077:
            log.warning("admin_token_file.open_to_others", file=str(file), mode=filemode(mode))
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"admin-token-file: cannot read {file}: {error}") from error
    if not token:
        raise ValueError(f"admin-token-file: {file} is empty")
    return token
