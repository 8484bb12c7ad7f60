"""Addresses and their text form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.wire import Address, InvalidAddress

_addresses = st.builds(Address, st.integers(0, 0xFFFF), st.integers(0, 0xFFFF_FFFF))


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (Address(0, 0), "0:0000.0000.0000"),
        (Address(0, 1), "0:0000.0000.0001"),
        (Address(0, 0x1_0000), "0:0000.0001.0000"),
        (Address(10, 0xDEADBEEF), "10:000A.DEAD.BEEF"),
        (Address(0xFFFF, 0xFFFF_FFFF), "65535:FFFF.FFFF.FFFF"),
    ],
)
def test_the_text_form_is_this(address: Address, text: str) -> None:
    assert str(address) == text
    assert Address.parse(text) == address
    assert Address.parse(text.lower()) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "0:0000.0000",
        "0:0000.0000.0001.0002",
        "0:0000.0000.001",
        "0:0000.0000.00001",
        "0:0000.0000.000G",
        ":0000.0000.0001",
        "-1:FFFF.0000.0001",
        "+0:0000.0000.0001",
        "0x0:0000.0000.0001",
        "000000:0000.0000.0001",
        " 0:0000.0000.0001",
        "0:0000.0000.0001\n",
        "0:0000 0000.0001",
        "\N{ARABIC-INDIC DIGIT ZERO}:0000.0000.0001",
        "0:000\N{ARABIC-INDIC DIGIT ZERO}.0000.0001",
        "0:0000.0000.0001" * 10_000,
    ],
    ids=lambda text: text[:30],
)
def test_another_shape_is_refused(text: str) -> None:
    with pytest.raises(InvalidAddress, match="is not of the form"):
        Address.parse(text)


@pytest.mark.parametrize("text", ["1:0000.0000.0001", "0:0001.0000.0001", "65536:0000.0000.0001"])
def test_two_networks_in_one_address_are_refused(text: str) -> None:
    with pytest.raises(InvalidAddress, match="names two networks"):
        Address.parse(text)


@pytest.mark.parametrize(("network", "node"), [(-1, 0), (0x1_0000, 0), (0, -1), (0, 2**32)])
def test_what_does_not_fit_is_no_address(network: int, node: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        Address(network, node)


@given(address=_addresses)
def test_every_address_survives_its_text_form(address: Address) -> None:
    assert Address.parse(str(address)) == address


@given(text=st.text() | st.from_regex(r"\d{1,5}:\w{4}\.\w{4}\.\w{4}", fullmatch=True))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        address = Address.parse(text)
    except InvalidAddress:
        return
    network, numbers = str(address).split(":")
    assert text.upper().lstrip("0").endswith(f"{network.lstrip('0')}:{numbers}")


@given(one=_addresses, other=_addresses)
def test_addresses_are_ordered_by_network_then_node(one: Address, other: Address) -> None:
    assert (one < other) == ((one.network, one.node) < (other.network, other.node))
