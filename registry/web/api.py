"""The JSON API: what the dashboard shows, for programs too."""

from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec
from attrs import frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from registry import __version__
from registry.dispatch import Caller
from registry.web import messages
from registry.web.census import Census, CensusTaker
from registry.web.parts import Parts
from registry.web.request_rates import RequestRates
from registry.web.viewers import ADMIN, STRANGER, require_admin, viewer_of
from registry.wire import format_address

MOST_LOOKED_AT = 5000
"""Nodes that are looked at for one page, however few of them pass the filter."""

ROOT = "/api/v1"


@frozen
class Call:
    """One path of the API.

    Attributes:
        path: Below `ROOT`.
        query: What it takes behind the question mark.
        answer: What it answers.
        handle: Answers: ``handle(query, viewer, **parameters of the path)``.
        admin: Whether only administrators may call it.
    """

    path: str
    query: type[messages.Query]
    answer: type[messages.Answer]
    handle: Callable[..., Awaitable[messages.Answer]]
    admin: bool = False

    @property
    def says(self) -> str:
        """What it is for, in a sentence."""
        return (self.handle.__doc__ or "").strip().partition("\n")[0]


class Api:
    """Answers from the read models, what the viewer may see."""

    def __init__(self, parts: Parts, rates: RequestRates) -> None:
        self._parts = parts
        self._rates = rates
        self._started = int(parts.clock())
        self._for_admins = CensusTaker(parts, ADMIN)
        self._for_strangers = CensusTaker(parts, STRANGER)

    def calls(self) -> tuple[Call, ...]:
        """Every path, with what it takes and answers."""
        none = messages.Nothing
        return (
            Call("/overview", none, messages.Overview, self.overview),
            Call("/nodes", messages.NodesQuery, messages.NodePage, self.nodes),
            Call("/nodes/{node_id:int}", none, messages.NodeDetail, self.node),
            Call("/networks", none, messages.Networks, self.networks),
            Call("/ranking", messages.RankingQuery, messages.Ranking, self.ranking),
            Call("/links", messages.LinksQuery, messages.LinkPage, self.links, admin=True),
        )

    def routes(self) -> list[Route]:
        """The same for Starlette."""
        return [Route(f"{ROOT}{call.path}", self._endpoint(call)) for call in self.calls()]

    async def overview(self, _query: messages.Nothing, viewer: Caller) -> messages.Overview:
        """The server at a glance: how much there is, the tags, the request rate."""
        census = await self._census(viewer)
        return messages.Overview(
            version=__version__,
            viewer="admin" if viewer is ADMIN else "stranger",
            now=int(self._parts.clock()),
            started=self._started,
            nodes=len(census.node_ids),
            online=census.online,
            networks=len(census.networks),
            trust_links=None if census.links is None else len(census.links),
            connections=self._parts.connections.connections,
            tags=census.tags,
            requests=messages.RequestRate(
                total=self._rates.total,
                errors=self._rates.errors,
                seconds=self._rates.seconds,
                per_second=list(self._rates.per_second),
            ),
        )

    async def nodes(self, query: messages.NodesQuery, viewer: Caller) -> messages.NodePage:
        """A page of nodes: to strangers, those in open networks; to administrators, all."""
        census = await self._census(viewer)
        node_ids = census.node_ids
        if query.network:
            node_ids = self._members(query.network, census)
        start = bisect_right(node_ids, query.after)
        page: list[messages.Node] = []
        last = query.after
        for last in node_ids[start : start + MOST_LOOKED_AT]:
            if query.tag and not self._has_tag(last, query.tag):
                continue
            entry = self._entry(last, census, viewer)
            if entry is not None:
                page.append(entry)
            if len(page) == query.limit:
                break
        more = bool(node_ids) and last < node_ids[-1]
        return messages.NodePage(nodes=page, next_after=last if more else None)

    async def node(
        self, _query: messages.Nothing, viewer: Caller, node_id: int
    ) -> messages.NodeDetail:
        """A node; whom it trusts is for administrators.

        Raises:
            LookupError: There is no such node.
        """
        census = await self._census(viewer)
        entry = self._entry(node_id, census, viewer)
        if entry is None:
            raise LookupError(f"node_id: there is no node {node_id}")
        if census.links is None:
            return messages.NodeDetail(node=entry)
        peers = {b if a == node_id else a for a, b in census.links if node_id in (a, b)}
        return messages.NodeDetail(node=entry, trusts=tuple(sorted(peers)))

    async def networks(self, _query: messages.Nothing, viewer: Caller) -> messages.Networks:
        """The networks: to strangers, open ones; to administrators, all."""
        census = await self._census(viewer)
        return messages.Networks(
            networks=[
                messages.Network(
                    network_id=network_id,
                    name=network.name,
                    join_rule=network.join_rule,
                    members=len(self._members(network_id, census)),
                    description=self._parts.describe(network_id),
                    enterprise=network.enterprise,
                    managed=bool(network.rules),
                    created=network.created_at,
                )
                for network_id, network in census.networks.items()
                if self._parts.membership.exists(network_id)
            ]
        )

    async def ranking(self, query: messages.RankingQuery, _viewer: Caller) -> messages.Ranking:
        """The nodes of the highest scores, highest first."""
        directory = self._parts.directory
        return messages.Ranking(
            ranking=[
                messages.Ranked(
                    node_id=node_id, hostname=directory.node(node_id).hostname, polo_score=score
                )
                for node_id, score in self._parts.polo.ranking(query.limit)
                if directory.exists(node_id)
            ]
        )

    async def links(self, query: messages.LinksQuery, viewer: Caller) -> messages.LinkPage:
        """A page of the pairs of nodes that trust each other."""
        links = (await self._census(viewer)).links or []
        start = 0
        if query.after:
            one, _, other = query.after.partition("-")
            start = bisect_right(links, (int(one), int(other)))
        page = links[start : start + query.limit]
        more = start + len(page) < len(links)
        return messages.LinkPage(links=page, next_after="{}-{}".format(*page[-1]) if more else None)

    async def _census(self, viewer: Caller) -> Census:
        return await (self._for_admins if viewer is ADMIN else self._for_strangers).take()

    def _members(self, network_id: int, census: Census) -> list[int]:
        """The registered members of a network that the viewer sees, in order.

        Raises:
            LookupError: There is none.
        """
        if network_id not in census.networks:
            raise LookupError(f"network: there is no network {network_id}")
        exists = self._parts.directory.exists
        return sorted(filter(exists, self._parts.membership.members(network_id)))

    def _has_tag(self, node_id: int, tag: str) -> bool:
        directory = self._parts.directory
        return directory.exists(node_id) and tag in directory.node(node_id).tags

    def _entry(self, node_id: int, census: Census, viewer: Caller) -> messages.Node | None:
        """What a viewer is told of a node: nothing that `lookup` does not tell anyone.

        Administrators are also told what `list_nodes` tells them.
        """
        parts = self._parts
        if not parts.directory.exists(node_id):
            return None
        node = parts.directory.node(node_id)
        return messages.Node(
            node_id=node_id,
            address=format_address(0, node_id),
            hostname=node.hostname,
            tags=node.tags,
            networks=_seen(parts.membership.networks_of(node_id), census),
            online=not parts.presence.is_stale(node_id),
            public=node.public,
            polo_score=parts.polo.score(node_id),
            version=node.version,
            task_exec=node.task_exec,
            last_seen=parts.presence.last_seen(node_id) if viewer is ADMIN else None,
        )

    def _endpoint(self, call: Call) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if call.admin:
                require_admin(request, self._parts.authenticator)
            viewer = viewer_of(request, self._parts.authenticator)
            query = read_query(request, call.query)
            try:
                answer = await call.handle(query, viewer, **request.path_params)
            except LookupError as error:
                if isinstance(error, KeyError | IndexError):
                    raise
                raise HTTPException(404, str(error)) from error
            return Response(msgspec.json.encode(answer), media_type="application/json")

        return endpoint


def read_query(request: Request, kind: type[messages.Query]) -> Any:
    """What stands behind the question mark.

    Raises:
        HTTPException: 400; names the parameter that is wrong.
    """
    try:
        return msgspec.convert(dict(request.query_params), kind, strict=False)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$.")
        name = path.rstrip("`")
        raise HTTPException(400, f"{name}: {text}" if name else text) from error


def _seen(networks: Iterable[int], census: Census) -> tuple[int, ...]:
    return tuple(network_id for network_id in networks if network_id in census.networks)
