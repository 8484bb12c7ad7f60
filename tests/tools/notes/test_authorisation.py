"""What the page of the access rules says."""

import pytest

from tools.notes.authorisation import authorisation


@pytest.fixture(scope="module")
def rows() -> dict[str, str]:
    """The page's rows by message type."""
    lines = [line for line in authorisation().splitlines() if line.startswith("| `")]
    return {line.split("`")[1]: line for line in lines}


def test_a_row_says_whose_message_type_it_is_and_what_is_signed(rows: dict[str, str]) -> None:
    assert rows["set_tags"] == (
        "| `set_tags` | directory | write "
        "| the node in `node_id` signs `set_tags:{node_id}`<br>the administrator |  |"
    )


def test_a_key_signs_for_itself(rows: dict[str, str]) -> None:
    text = "the key in `public_key` signs `register:{listen_addr}:{public_key}`"
    assert text in rows["register"]


def test_roles_and_network_tokens_are_told(rows: dict[str, str]) -> None:
    assert (
        "the node in `node_id`, owner or admin of the network in `network_id`, signs "
        "`kick_member:{node_id}:{network_id}:{target_node_id}`"
    ) in rows["kick_member"]
    assert "who has the admin token of the network in `network_id`" in rows["kick_member"]


def test_every_cell_is_where_it_belongs(rows: dict[str, str]) -> None:
    assert {line.replace("\\|", "").count("|") for line in rows.values()} == {6}
