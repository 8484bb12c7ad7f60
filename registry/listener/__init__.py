"""Sockets: what carries frames between clients and the dispatcher.

- `Listener`: accepts connections.
- `Protocols`: what clients may speak on one port.
- `Certificate`, `load_certificate`, `replace_certificate`, `self_signed`: what TLS is spoken with.
- `make_room_for`: has the system allow as many connections as are to be served.
- `Limits`: what one connection may ask of the server.
- `Turns`: what takes its time is done in turns, so that nobody waits long for others.
- `ask_for_short_slices`: has Linux let a thread run soon when there is something to do for it.
"""

from registry.listener.descriptors import make_room_for
from registry.listener.limits import Limits
from registry.listener.listener import Listener
from registry.listener.protocols import Protocols
from registry.listener.slices import ask_for_short_slices
from registry.listener.tls import Certificate, load_certificate, replace_certificate, self_signed
from registry.listener.turns import Turns

__all__ = [
    "Certificate",
    "Limits",
    "Listener",
    "Protocols",
    "Turns",
    "ask_for_short_slices",
    "load_certificate",
    "make_room_for",
    "replace_certificate",
    "self_signed",
]
