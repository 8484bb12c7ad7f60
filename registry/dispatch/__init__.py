"""From a request's bytes to an operation of the stores, and back.

- `OperationTable`, `Operation`: the message types.
- `Access`: who may call what.
- `Authenticator`, `Caller`: who calls.
- `Dispatcher`: runs requests.
"""

from registry.dispatch.access import Access, InvalidRule
from registry.dispatch.authentication import Authenticator, Caller, NetworkRoles, Signatures
from registry.dispatch.dispatcher import Dispatcher, error_body
from registry.dispatch.errors import error_text
from registry.dispatch.operations import (
    InvalidOperation,
    InvalidRequest,
    Operation,
    OperationTable,
)

__all__ = [
    "Access",
    "Authenticator",
    "Caller",
    "Dispatcher",
    "InvalidOperation",
    "InvalidRequest",
    "InvalidRule",
    "NetworkRoles",
    "Operation",
    "OperationTable",
    "Signatures",
    "error_body",
    "error_text",
]
