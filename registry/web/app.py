"""What is served over HTTP, by its paths."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from attrs import frozen
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from registry.web.api import ROOT, Api
from registry.web.event_stream import EventStream
from registry.web.feed import EventFeed, FeedFull
from registry.web.headers import SecureHeaders
from registry.web.health import ReadinessCheck
from registry.web.metrics import Exposition, gather
from registry.web.openapi import openapi
from registry.web.pages import page_routes
from registry.web.parts import Parts
from registry.web.request_ids import RequestIds
from registry.web.request_rates import RequestRates
from registry.web.viewers import ADMIN, viewer_of

log = structlog.get_logger()

Endpoint = Callable[[Request], Awaitable[ASGIApp]]


@frozen
class Site:
    """Everything that is served.

    Attributes:
        app: Serves it, by its paths.
        feed: Tells what happens; to be closed before the app is, for its readers stay.
    """

    app: ASGIApp
    feed: EventFeed


def build_site(parts: Parts) -> Site:
    """What shows the parts of a server."""
    rates = RequestRates(parts.operations)
    feed = EventFeed(parts.bus, parts.clock)
    api = Api(parts, rates)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        sampling = asyncio.create_task(rates.run())
        yield
        sampling.cancel()

    app = Starlette(
        routes=[
            Route("/healthz", _healthz),
            Route("/readyz", _readyz(parts)),
            Route("/metrics", _metrics(parts)),
            *api.routes(),
            Route(f"{ROOT}/events", _events(parts, feed)),
            Route("/api/openapi.json", _document(openapi(api.calls()))),
            *page_routes(),
        ],
        lifespan=lifespan,
        middleware=[Middleware(SecureHeaders)],
        exception_handlers={HTTPException: _refusal, Exception: _failure},
    )
    return Site(RequestIds(app), feed)  # outermost: also what nobody foresaw has an id


async def _healthz(_request: Request) -> Response:
    """Alive: the loop that serves clients serves this."""
    return PlainTextResponse("ok\n")


def _readyz(parts: Parts) -> Endpoint:
    check = ReadinessCheck(parts.committer, parts.projections)

    async def readyz(_request: Request) -> Response:
        found = await check.look()
        if found.is_ready:
            return PlainTextResponse("ready\n")
        return PlainTextResponse("".join(f"{reason}\n" for reason in found.reasons), 503)

    return readyz


def _metrics(parts: Parts) -> Endpoint:
    async def metrics(request: Request) -> Response:
        viewer = viewer_of(request, parts.authenticator)
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        figures = Exposition(gather(parts, holdings=viewer is ADMIN))
        text = await asyncio.to_thread(encode, figures)
        return Response(text, media_type=content_type)

    return metrics


def _events(parts: Parts, feed: EventFeed) -> Endpoint:
    async def events(request: Request) -> ASGIApp:
        viewer = viewer_of(request, parts.authenticator)
        try:
            reader = feed.open(viewer)
        except FeedFull:
            raise HTTPException(503, "too many follow what happens: try again later") from None
        return EventStream(feed, reader)

    return events


def _document(document: dict[str, Any]) -> Endpoint:
    response = JSONResponse(document)

    async def openapi_json(_request: Request) -> Response:
        return response

    return openapi_json


async def _refusal(_request: Request, error: Exception) -> Response:
    """An error as JSON; every handler of errors has this shape."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _failure(request: Request, error: Exception) -> Response:
    log.error("http.failed", path=request.url.path, exc_info=error)
    return JSONResponse({"error": "internal error"}, 500)
