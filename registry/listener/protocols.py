"""Telling the protocols of one port apart."""

from attrs import frozen

from registry.dispatch import Dispatcher
from registry.wire import BINARY_MAGIC


@frozen
class Protocols:
    """Who answers in which protocol.

    Attributes:
        json: Answers frames of JSON.
        binary: Answers frames of the binary protocol.
    """

    json: Dispatcher
    binary: Dispatcher

    def forget(self) -> None:
        """Look at every request anew, because what is let in has changed."""
        self.json.forget()
        self.binary.forget()

    def choose(self, opening: bytes) -> tuple[Dispatcher, bytes] | None:
        """Tell the protocol by the first bytes of a connection.

        Returns:
            Who answers, and the bytes that are for them; None while it is not clear.
        """
        if opening.startswith(BINARY_MAGIC):
            return self.binary, opening[len(BINARY_MAGIC) :]
        if BINARY_MAGIC.startswith(opening):
            return None
        return self.json, opening
