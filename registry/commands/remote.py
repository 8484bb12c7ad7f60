"""A running registry, asked over its own protocol."""

import hashlib
import hmac
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import click
from attrs import frozen

from registry.commands.configuration import EndpointType
from registry.settings import Endpoint
from registry.wire import FrameDecoder, encode_frame

PATIENCE = 30.0
"""Seconds to wait for a connection, or for an answer."""

_LARGEST_ANSWER = 256 * 1024 * 1024

Answer = dict[str, Any]


class Refused(ValueError):
    """The registry answered with an error; the text is its own."""


class Remote:
    """One connection to a registry, on which one request follows the other.

    Attributes:
        is_admin: Whether an administrator asks.
    """

    def __init__(self, connection: socket.socket, admin_token: str = "") -> None:
        """Ask on a connection that is open.

        Args:
            connection: To the registry.
            admin_token: Sent with every request; empty for none.
        """
        self.is_admin = bool(admin_token)
        self._connection = connection
        self._token = {"admin_token": admin_token} if admin_token else {}
        self._decoder = FrameDecoder(_LARGEST_ANSWER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def ask(self, message_type: str, **fields: Any) -> Answer:
        """Send a request and wait for its answer.

        Raises:
            Refused: The registry does not do it.
            OSError: It went away, or does not answer.
        """
        body = json.dumps({"type": message_type, **fields, **self._token}).encode()
        self._connection.sendall(encode_frame(body))
        answer: Answer = json.loads(self._receive())
        if "error" in answer and answer.get("type") == "error":
            raise Refused(f"{message_type}: {answer['error']}")
        return answer

    def nodes_of(self, network_id: int) -> Iterator[Answer]:
        """Every entry of a network's list, in the order of the nodes' ids; page by page."""
        after = 0
        while True:
            answer = self.ask("list_nodes", network_id=network_id, after=after)
            yield from answer["nodes"]
            after = answer.get("next_after", 0)
            if not after:
                return

    def _receive(self) -> bytes:
        while True:
            for body in self._decoder.frames():
                return body
            data = self._connection.recv(1 << 20)
            if not data:
                raise ConnectionError("the registry closed the connection")
            self._decoder.feed(data)


@frozen
class Target:
    """A registry to ask, and as whom.

    Attributes:
        server: Where it listens.
        admin_token_file: Holds its admin token; None for a stranger's questions.
        tls: Whether to speak TLS, and to trust the certificates that this machine trusts.
        fingerprint: SHA-256 of the one certificate to trust instead, in hex; empty for none.
    """

    server: Endpoint
    admin_token_file: Path | None
    tls: bool = False
    fingerprint: str = ""

    @contextmanager
    def connect(self) -> Iterator[Remote]:
        """A connection to it.

        Raises:
            OSError: It cannot be reached, or shows another certificate.
            ValueError: The token file is empty.
        """
        token = _read_token(self.admin_token_file)
        address = (self.server.host or "127.0.0.1", self.server.port)
        try:
            connection = socket.create_connection(address, PATIENCE)
            if self.tls or self.fingerprint:
                connection = _secured(connection, self.server.host, self.fingerprint)
        except OSError as error:
            raise OSError(f"server: cannot reach {self.server}: {error}") from error
        with Remote(connection, token) as remote:
            yield remote


def target_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say which registry it asks, together as ``target``."""

    @wraps(command)
    def with_target(
        *arguments: Any,
        server: Endpoint,
        admin_token_file: Path | None,
        tls: bool,
        fingerprint: str,
        **options: Any,
    ) -> None:
        target = Target(server, admin_token_file, tls, fingerprint)
        command(*arguments, target=target, **options)

    decorated: Callable[..., None] = with_target
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


_OPTIONS = (
    click.option(
        "--server",
        type=EndpointType(may_be_off=False),
        default="127.0.0.1:9000",
        envvar="REGISTRY_SERVER",
        show_default=True,
        show_envvar=True,
        metavar="HOST:PORT",
        help="Where the registry listens.",
    ),
    click.option(
        "--admin-token-file",
        type=click.Path(path_type=Path),
        envvar="REGISTRY_ADMIN_TOKEN_FILE",
        show_envvar=True,
        metavar="FILE",
        help="File with its admin token.",
    ),
    click.option("--tls", is_flag=True, help="Speak TLS, and trust what this machine trusts."),
    click.option(
        "--fingerprint",
        default="",
        metavar="HEX",
        help="Speak TLS, and trust the certificate with this SHA-256 alone.",
    ),
)


def _read_token(file: Path | None) -> str:
    if file is None:
        return ""
    token = file.read_text().strip()
    if not token:
        raise ValueError(f"admin-token-file: {file} is empty")
    return token


def _secured(connection: socket.socket, host: str, fingerprint: str) -> ssl.SSLSocket:
    """Speak TLS on a connection.

    Raises:
        OSError: The certificate is not the one that is to be trusted.
    """
    context = ssl.create_default_context()
    if fingerprint:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the fingerprint says more than any authority
    secured = context.wrap_socket(connection, server_hostname=host)
    shown = hashlib.sha256(secured.getpeercert(binary_form=True) or b"").hexdigest()
    wanted = fingerprint.replace(":", "").lower()
    if wanted and not hmac.compare_digest(shown, wanted):
        secured.close()
        raise ssl.SSLError(f"its certificate has the fingerprint {shown}")
    return secured
