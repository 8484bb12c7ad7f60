import pytest

from registry.settings import Endpoint, Settings


class TestEndpoint:
    @pytest.mark.parametrize(
        ("text", "host", "port"),
        [
            ("127.0.0.1:9000", "127.0.0.1", 9000),
            ("registry.example:0", "registry.example", 0),
            ("[::1]:65535", "::1", 65535),
            (":9000", "", 9000),
        ],
    )
    def test_is_read_from_the_text_that_it_writes(self, text: str, host: str, port: int) -> None:
        endpoint = Endpoint.parse(text)
        assert endpoint == Endpoint(host, port)
        assert str(endpoint) == text

    @pytest.mark.parametrize(
        "text",
        ["", "9000", "host", "host:", "host:x", "host:-1", "host:65536", "host:٣", "::1:9000"],
    )
    def test_is_not_read_from_anything_else(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"HOST:PORT|no port"):
            Endpoint.parse(text)


class TestSettings:
    def test_are_all_optional(self) -> None:
        assert Settings().listen.port == 9000

    def test_all_say_what_they_are_for(self) -> None:
        for setting in Settings.describe():
            assert setting.metadata["says"].endswith("."), setting.name

    @pytest.mark.parametrize(
        "wrong",
        [
            {"max_connections": 0},
            {"max_frame_bytes": 1023},
            {"idle_seconds": float("nan")},
            {"log_level": "loud"},
        ],
    )
    def test_are_refused_by_name_when_out_of_bounds(self, wrong: dict[str, object]) -> None:
        (name,) = wrong
        with pytest.raises(ValueError, match=name):
            Settings(**wrong)  # type: ignore[arg-type]
