"""Sockets: what carries frames between clients and the dispatcher.

- `Listener`: accepts connections.
- `Protocols`: what clients may speak on one port.
- `Limits`: what one connection may ask of the server.
"""

from registry.listener.limits import Limits
from registry.listener.listener import Listener
from registry.listener.protocols import Protocols

__all__ = ["Limits", "Listener", "Protocols"]
