"""Sockets: what carries frames between clients and the dispatcher.

- `Listener`: accepts connections.
- `Protocols`: what clients may speak on one port.
- `Certificate`, `load_certificate`, `self_signed`: what TLS is spoken with.
- `Limits`: what one connection may ask of the server.
- `Turns`: what takes its time is done in turns, so that nobody waits long for others.
"""

from registry.listener.limits import Limits
from registry.listener.listener import Listener
from registry.listener.protocols import Protocols
from registry.listener.tls import Certificate, load_certificate, self_signed
from registry.listener.turns import Turns

__all__ = [
    "Certificate",
    "Limits",
    "Listener",
    "Protocols",
    "Turns",
    "load_certificate",
    "self_signed",
]
