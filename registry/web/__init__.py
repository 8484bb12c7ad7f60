"""What people and monitoring look at, over HTTP, on a port of its own.

- `Parts`: what is shown.
- `Site`, `build_site`: what is served, by its paths.
- `HttpServer`: serves it in the loop of the registry's clients.
"""

from registry.web.app import Site, build_site
from registry.web.parts import Connections, Parts
from registry.web.server import HttpServer

__all__ = ["Connections", "HttpServer", "Parts", "Site", "build_site"]
