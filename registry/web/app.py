"""What is served over HTTP, by its paths."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from registry.web.headers import SecureHeaders
from registry.web.health import ReadinessCheck
from registry.web.metrics import Exposition, gather
from registry.web.parts import Parts
from registry.web.viewers import ADMIN, viewer_of

log = structlog.get_logger()

Endpoint = Callable[[Request], Awaitable[Response]]


def build_app(parts: Parts) -> Starlette:
    """The application that shows the parts of a server."""
    return Starlette(
        routes=[
            Route("/healthz", _healthz),
            Route("/readyz", _readyz(parts)),
            Route("/metrics", _metrics(parts)),
        ],
        middleware=[Middleware(SecureHeaders)],
        exception_handlers={HTTPException: _refusal, Exception: _failure},
    )


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


async def _refusal(_request: Request, error: Exception) -> Response:
    """An error as JSON; every handler of errors has this shape."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _failure(request: Request, error: Exception) -> Response:
    log.error("http.failed", path=request.url.path, exc_info=error)
    return JSONResponse({"error": "internal error"}, 500)
