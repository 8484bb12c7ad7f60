"""The pages and what they load: files of this package, read once."""

import hashlib
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}

_PAGES = {"/": "index.html", "/api": "api.html"}


def page_routes() -> list[Route]:
    """Every page by its path, and every other file below ``/assets``."""
    folder = files("registry.web").joinpath("pages")
    contents = {file.name: file.read_bytes() for file in folder.iterdir()}
    routes = [Route(path, _File(name, contents.pop(name)).answer) for path, name in _PAGES.items()]
    assets = [
        Route(f"/assets/{name}", _File(name, content).answer) for name, content in contents.items()
    ]
    return [*routes, *assets]


class _File:
    """A file in memory; browsers keep it, and ask whether it is still the same."""

    def __init__(self, name: str, content: bytes) -> None:
        self._content = content
        self._headers = {
            "content-type": _TYPES[name.rpartition(".")[2]],
            "cache-control": "no-cache",
            "etag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        }

    async def answer(self, request: Request) -> Response:
        """Send it, unless the browser has it."""
        if request.headers.get("if-none-match") == self._headers["etag"]:
            return Response(status_code=304, headers=self._headers)
        return Response(self._content, headers=self._headers)
