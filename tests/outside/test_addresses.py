import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.outside import ForbiddenAddress, check_url
from registry.outside.addresses import is_inside

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # where clouds tell machines about themselves
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:0:0:0:0:80ff:fffe",  # Teredo, of 127.0.0.1
]
OUTSIDE = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


class TestIsInside:
    @pytest.mark.parametrize("address", INSIDE)
    def test_what_the_internet_does_not_reach_is(self, address: str) -> None:
        assert is_inside(address)

    @pytest.mark.parametrize("address", OUTSIDE)
    def test_what_everybody_reaches_is_not(self, address: str) -> None:
        assert not is_inside(address)

    def test_an_interface_beside_an_address_does_not_hide_it(self) -> None:
        assert is_inside("fe80::1%eth0")


class TestCheckUrl:
    @pytest.mark.parametrize("address", INSIDE)
    def test_refuses_addresses_inside(self, address: str) -> None:
        host = f"[{address}]" if ":" in address else address
        with pytest.raises(ForbiddenAddress, match=r"url: .* leads inside"):
            check_url(f"http://{host}:8080/hook", "url", allow_inside=False)

    @pytest.mark.parametrize(
        "host",
        [
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "db.internal",
            "printer.local",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
        ],
    )
    def test_refuses_names_of_what_is_inside(self, host: str) -> None:
        with pytest.raises(ForbiddenAddress):
            check_url(f"https://{host}/", "url", allow_inside=False)

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "db.internal"])
    def test_takes_them_where_that_is_allowed(self, host: str) -> None:
        url = f"http://{host}:9000/x?y=z"
        assert check_url(url, "url", allow_inside=True) == url

    @pytest.mark.parametrize("url", ["https://idp.example.com/keys", "http://8.8.8.8:8080/a?b=c"])
    def test_takes_what_is_outside(self, url: str) -> None:
        assert check_url(url, "url", allow_inside=False) == url

    @pytest.mark.parametrize(
        ("url", "says"),
        [
            ("", "must begin with http:// or https://"),
            ("ftp://example.com", "must begin with http:// or https://"),
            ("file:///etc/passwd", "must begin with http:// or https://"),
            ("https://", "has no valid host and port"),
            ("https://example.com:0/", "has no valid host and port"),
            ("https://example.com:99999/", "out of range"),
            ("https://exa mple.com/", "has no valid host and port"),
            ("https://a@example.com/", "neither a user name nor a fragment"),
            ("https://example.com/#x", "neither a user name nor a fragment"),
            ("https://example.com/" + "x" * 2048, "longer than 2048 characters"),
            ("https://[::1", "Invalid IPv6"),
        ],
    )
    def test_says_what_is_wrong(self, url: str, says: str) -> None:
        with pytest.raises(ValueError, match=f"^hook: .*{says}"):
            check_url(url, "hook", allow_inside=True)

    @given(st.text(max_size=60))
    def test_never_fails_in_another_way(self, text: str) -> None:
        for url in (text, f"https://{text}", f"http://[{text}]/"):
            assert _complaint(url).startswith(("url: ", "none"))


def _complaint(url: str) -> str:
    try:
        check_url(url, "url", allow_inside=False)
    except ValueError as error:
        return str(error)
    return "none"
