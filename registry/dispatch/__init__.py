"""From a request's bytes to an operation of the stores, and back.

- `OperationTable`, `Operation`: the message types.
- `Access`: who may call what.
- `Authenticator`, `Caller`: who calls.
- `JsonDialect`, `BinaryDialect`: the two protocols.
- `Dispatcher`: runs requests.
- `Registrar`, `Founder`: operations that span stores.
"""

from registry.dispatch.access import Access, InvalidRule
from registry.dispatch.authentication import (
    Authenticator,
    Caller,
    NetworkRoles,
    Signatures,
    SigningKey,
)
from registry.dispatch.dialects import BinaryDialect, Dialect, JsonDialect
from registry.dispatch.dispatcher import Dispatcher
from registry.dispatch.errors import error_text
from registry.dispatch.founding import Founder
from registry.dispatch.operations import (
    InvalidOperation,
    InvalidRequest,
    MalformedRequest,
    Operation,
    OperationTable,
)
from registry.dispatch.registration import Registrar

__all__ = [
    "Access",
    "Authenticator",
    "BinaryDialect",
    "Caller",
    "Dialect",
    "Dispatcher",
    "Founder",
    "InvalidOperation",
    "InvalidRequest",
    "InvalidRule",
    "JsonDialect",
    "MalformedRequest",
    "NetworkRoles",
    "Operation",
    "OperationTable",
    "Registrar",
    "Signatures",
    "SigningKey",
    "error_text",
]
