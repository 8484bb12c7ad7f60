"""What cannot be added to the table of message types."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from msgspec import Struct

from registry.dispatch import InvalidOperation, OperationTable


class ByRole(Struct, tag_field="type", tag="by_role"):
    access: ClassVar[tuple[str, ...]] = ("node_id signs x:{node_id} as owner of network_id",)
    node_id: int
    network_id: int


class ByToken(Struct, tag_field="type", tag="by_token"):
    access: ClassVar[tuple[str, ...]] = ("network token of network_id",)
    network_id: int


def answer(*_arguments: Any) -> dict[str, Any]:
    return {}


@pytest.mark.parametrize("message", [ByRole, ByToken])
class TestWhatOnlyATransactionCanCheck:
    def test_is_for_writes(self, message: type) -> None:
        table = OperationTable()
        table.add(writes={message: answer})
        assert [operation.message for operation in table] == [message]

    @pytest.mark.parametrize("writes", [None, answer])
    def test_opens_no_read(self, message: type, writes: Callable[..., Any] | None) -> None:
        """A read comes first, and would be answered before the check."""
        with pytest.raises(InvalidOperation, match="for writes only"):
            OperationTable().add(
                reads={message: answer}, writes={message: writes} if writes else {}
            )
