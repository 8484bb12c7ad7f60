"""From a request's bytes to the bytes of its answer."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from registry.dispatch.authentication import Authenticator, Caller
from registry.dispatch.errors import error_text
from registry.dispatch.operations import Answer, Operation, OperationTable
from registry.events import Transaction
from registry.persistence import Committer, Outcome

Reply = Callable[[bytes], None]


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

    def dispatch(self, body: bytes, sender: tuple[str, int], reply: Reply) -> None:
        """Run one request and call `reply` once, with the response.

        Args:
            body: The request, a JSON object.
            sender: The IP address and port it came from.
            reply: Takes the response, a JSON object. Never raises.
        """
        try:
            operation, request = self._operations.decode(body)
            caller = self._authenticator.authenticate(operation, request, sender)
            answer = operation.read(request, caller) if operation.read else None
            if answer is None:
                self._write(operation, request, caller, reply)
                return
            response = _success(operation, answer)
        except Exception as error:
            response = error_body(error_text(error))
        reply(response)

    def _write(self, operation: Operation, request: Any, caller: Caller, reply: Reply) -> None:
        write = operation.write
        if write is None:
            raise RuntimeError(f"{operation.type}: its read has no answer, and there is no write")

        def work(transaction: Transaction) -> Answer:
            self._authenticator.require_role(operation, transaction, request, caller)
            return write(transaction, request, caller)

        def then(outcome: Outcome) -> None:
            if outcome.error is None:
                reply(_success(operation, outcome.result))
            else:
                reply(error_body(error_text(outcome.error)))

        self._committer.submit(work, then)


def _success(operation: Operation, answer: Mapping[str, Any] | bytes) -> bytes:
    if isinstance(answer, bytes):
        return answer
    return msgspec.json.encode({"type": operation.response_type, **answer})


def error_body(text: str) -> bytes:
    """The response that says what was wrong."""
    return msgspec.json.encode({"type": "error", "error": text})
