"""What people and monitoring look at, over HTTP, on a port of its own.

- `Parts`: what is shown.
- `build_app`: the application, by its paths.
- `HttpServer`: serves it in the loop of the registry's clients.
"""

from registry.web.app import build_app
from registry.web.parts import Connections, Parts
from registry.web.server import HttpServer

__all__ = ["Connections", "HttpServer", "Parts", "build_app"]
