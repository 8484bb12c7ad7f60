"""Asking an address outside, within bounds."""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import httpcore
import structlog
from attrs import frozen

from registry.outside.addresses import ForbiddenAddress, is_inside

log = structlog.get_logger()

PATIENCE_SECONDS = 5.0
"""How long one call may take in all."""

LARGEST_ANSWER = 64 * 1024
"""Bytes."""


class OutsideUnavailable(RuntimeError):
    """An address outside had no answer that can be used: it may have one later."""


@frozen
class Answer:
    """What was answered.

    Attributes:
        status: The HTTP status.
        body: What came with it.
    """

    status: int
    body: bytes


class Outside:
    """Makes calls to addresses that were configured.

    A name is looked up once for each call, and only what was looked up and checked is
    connected to, so that a name cannot lead elsewhere in between. Redirects are answers
    like others: they are not followed. Safe across threads.
    """

    def __init__(
        self,
        *,
        allow_inside: bool = False,
        patience: float = PATIENCE_SECONDS,
        largest_answer: int = LARGEST_ANSWER,
    ) -> None:
        """Make a client.

        Args:
            allow_inside: Whether addresses that lead inside are called too.
            patience: Seconds that one call may take in all.
            largest_answer: Bytes of an answer's body.
        """
        self.allow_inside = allow_inside
        self._patience = patience
        self._largest_answer = largest_answer
        self._tls = ssl.create_default_context()

    def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for what is at an address.

        Raises:
            OutsideUnavailable: It has no answer, or not in time, or too large a one, or it
                leads inside.
        """
        return self._ask("GET", url, headers or {}, b"")

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Send something to an address.

        Raises:
            OutsideUnavailable: As of `get`. What was sent may have arrived all the same.
        """
        return self._ask("POST", url, headers or {}, body)

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        deadline = time.monotonic() + self._patience
        network = _CheckedNetwork(deadline, allow_inside=self.allow_inside)
        try:
            with (
                httpcore.ConnectionPool(self._tls, network_backend=network) as pool,
                pool.stream(
                    method,
                    url,
                    headers=[("user-agent", "pilot-registry"), *headers.items()],
                    content=body or None,
                ) as response,
            ):
                return Answer(response.status, self._read(response.iter_stream()))
        except ForbiddenAddress as error:
            log.warning("outside.forbidden", reason=str(error))
            raise OutsideUnavailable(str(error)) from None
        except (httpcore.TimeoutException, TimeoutError) as error:
            raise OutsideUnavailable(f"no answer within {self._patience:g} s") from error
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
            OSError,
            ssl.SSLError,
        ) as error:
            raise OutsideUnavailable(f"cannot be reached: {error}") from error

    def _read(self, chunks: Iterable[bytes]) -> bytes:
        body = b""
        for chunk in chunks:
            body += chunk
            if len(body) > self._largest_answer:
                raise OutsideUnavailable(f"answered more than {self._largest_answer} bytes")
        return body


class _CheckedNetwork(httpcore.NetworkBackend):
    """Connects to what it has checked, and has one deadline for everything."""

    def __init__(self, deadline: float, *, allow_inside: bool) -> None:
        self._deadline = deadline
        self._allow_inside = allow_inside
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline stands for it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a name, by the first of its addresses that can be reached."""
        failure: Exception | None = None
        for address in self._addresses(host, port):
            try:
                stream = self._network.connect_tcp(
                    address, port, _left(self._deadline), local_address, socket_options
                )
            except httpcore.ConnectError as error:
                failure = error
                continue
            return _TimedStream(stream, self._deadline)
        raise httpcore.ConnectError(str(failure or f"{host} has no address"))

    def _addresses(self, host: str, port: int) -> list[str]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(where[0]) for *_, where in found))
        if not self._allow_inside:
            for address in addresses:
                if is_inside(address):
                    raise ForbiddenAddress(f"{host} leads inside, to {address}")
        return addresses


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every step ends by the deadline, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _TimedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float, clock: Callable[[], float] = time.monotonic) -> float:
    """Seconds until then.

    Raises:
        TimeoutError: There are none.
    """
    left = deadline - clock()
    if left <= 0:
        raise TimeoutError
    return left
