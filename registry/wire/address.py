"""48-bit addresses: 16 bits of network, 32 bits of node."""

import re
from typing import Self

from attrs import field, frozen, validators

BACKBONE = 0
"""The network to which every node belongs."""

_TEXT = re.compile(r"([0-9]{1,5}):([0-9A-Fa-f]{4})\.([0-9A-Fa-f]{4})\.([0-9A-Fa-f]{4})")


class InvalidAddress(ValueError):
    """A text that is no address."""


@frozen(order=True)
class Address:
    """Where a node is in the overlay.

    The text form is ``N:NNNN.HHHH.LLLL``: the network in decimal and again in four hex
    digits, then the node's high and low 16 bits in four hex digits each (wire.md,
    "Addresses").

    Attributes:
        network: 0 (the backbone) to 65,535.
        node: 0 to 4,294,967,295.
    """

    network: int = field(validator=[validators.ge(0), validators.le(0xFFFF)])
    node: int = field(validator=[validators.ge(0), validators.le(0xFFFF_FFFF)])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form.

        Raises:
            InvalidAddress: The text has another shape, the network does not fit 16
                bits, or its two forms differ.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise InvalidAddress(f"address {text!r} is not of the form N:NNNN.HHHH.LLLL")
        network, network_hex = int(match[1]), int(match[2], 16)
        if network != network_hex:
            raise InvalidAddress(f"address {text!r} names two networks: {network}, {network_hex}")
        return cls(network, int(match[3] + match[4], 16))

    def __str__(self) -> str:
        return format_address(self.network, self.node)


def format_address(network: int, node: int) -> str:
    """The text form of an address whose numbers are known to fit."""
    return f"{network}:{network:04X}.{node >> 16:04X}.{node & 0xFFFF:04X}"
