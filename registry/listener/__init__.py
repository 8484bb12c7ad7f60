"""Sockets: what carries frames between clients and the dispatcher.

- `Listener`: accepts connections.
- `Limits`: what one connection may ask of the server.
"""

from registry.listener.limits import Limits
from registry.listener.listener import Listener

__all__ = ["Limits", "Listener"]
