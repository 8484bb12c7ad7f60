"""From a request's bytes to an operation of the stores, and back.

- `OperationTable`, `Operation`: the message types.
- `Access`: who may call what.
- `Authenticator`, `Caller`: who calls.
- `JsonDialect`, `BinaryDialect`: the two protocols.
- `Dispatcher`: runs requests.
- `Tally`: how many requests there were of a message type, and how they ended.
- `Gate`, `Breakers`, `AddressRates`: what is let in before anybody is proved.
- `Inquiries`, `IdentityTokens`: what is asked outside, and who holds an identity token.
- `Registrar`, `Founder`, `Provisioner`, `ProvisionStatus`, `DirectorySyncer`: operations
  that span stores.
"""

from registry.dispatch.access import Access, InvalidRule
from registry.dispatch.authentication import (
    Authenticator,
    Caller,
    NetworkRoles,
    Signatures,
    SigningKey,
)
from registry.dispatch.breakers import BREAKERS, Breakers
from registry.dispatch.dialects import BinaryDialect, Dialect, JsonDialect
from registry.dispatch.directory_sync import DirectorySyncer
from registry.dispatch.dispatcher import Dispatcher
from registry.dispatch.errors import error_text
from registry.dispatch.events import EVENTS
from registry.dispatch.founding import Founder
from registry.dispatch.gate import Gate
from registry.dispatch.identity_tokens import IdentityTokens
from registry.dispatch.inquiries import Inquiries
from registry.dispatch.operations import (
    InvalidOperation,
    InvalidRequest,
    MalformedRequest,
    Operation,
    OperationTable,
)
from registry.dispatch.provisioning import (
    AuditExport,
    HeaderText,
    Provisioner,
    ProvisionStatus,
)
from registry.dispatch.rates import AddressRates, site_of
from registry.dispatch.registration import Registrar
from registry.dispatch.request_ids import SERVED, RequestId, add_request_id
from registry.dispatch.tallies import Tally

__all__ = [
    "BREAKERS",
    "EVENTS",
    "SERVED",
    "Access",
    "AddressRates",
    "AuditExport",
    "Authenticator",
    "BinaryDialect",
    "Breakers",
    "Caller",
    "Dialect",
    "DirectorySyncer",
    "Dispatcher",
    "Founder",
    "Gate",
    "HeaderText",
    "IdentityTokens",
    "Inquiries",
    "InvalidOperation",
    "InvalidRequest",
    "InvalidRule",
    "JsonDialect",
    "MalformedRequest",
    "NetworkRoles",
    "Operation",
    "OperationTable",
    "ProvisionStatus",
    "Provisioner",
    "Registrar",
    "RequestId",
    "Signatures",
    "SigningKey",
    "Tally",
    "add_request_id",
    "error_text",
    "site_of",
]
