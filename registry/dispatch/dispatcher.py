"""From a request's bytes to the bytes of its answer."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import structlog

from registry.dispatch.authentication import Authenticator
from registry.dispatch.errors import error_text
from registry.dispatch.operations import Operation, OperationTable
from registry.events import Transaction
from registry.persistence import Committer
from registry.persistence.committer import Outcome

log = structlog.get_logger()

Answer = Callable[[bytes], None]


class Dispatcher:
    """Decodes, authenticates and runs requests; knows nothing of sockets.

    Reads are answered before `dispatch` returns. Writes are answered when they are
    durable, wherever the committer delivers its acknowledgements.
    """

    def __init__(
        self, operations: OperationTable, authenticator: Authenticator, committer: Committer
    ) -> None:
        self._operations = operations
        self._authenticator = authenticator
        self._committer = committer

    def dispatch(self, body: bytes, address: str, answer: Answer) -> None:
        """Run one request and call `answer` once, with a JSON object.

        Args:
            body: The request, a JSON object.
            address: The IP address it came from.
            answer: Takes the response. Never raises.
        """
        try:
            operation, request = self._operations.decode(body)
            caller = self._authenticator.authenticate(operation, request, address)
            if not operation.writes:
                answer(_success(operation, operation.handler(request, caller)))
                return

            def work(transaction: Transaction) -> Mapping[str, Any]:
                return operation.handler(transaction, request, caller)

            def then(outcome: Outcome) -> None:
                if outcome.error is None:
                    answer(_success(operation, outcome.result))
                else:
                    answer(_failure(outcome.error))

            self._committer.submit(work, then)
        except Exception as error:
            answer(_failure(error))


def _success(operation: Operation, fields: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode({"type": operation.response_type, **fields})


def _failure(error: Exception) -> bytes:
    return error_body(error_text(error))


def error_body(text: str) -> bytes:
    """The response that says what was wrong."""
    return msgspec.json.encode({"type": "error", "error": text})
