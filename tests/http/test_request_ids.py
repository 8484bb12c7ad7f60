"""Requests over HTTP have names."""

import re
from pathlib import Path

import httpx
import pytest

from tests.harness import RegistryServer


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> object:
    data: Path = tmp_path_factory.mktemp("registry") / "data"
    with RegistryServer(data, options=["--http", "127.0.0.1:0"]) as server:
        yield server.http


def test_each_gets_one_of_its_own(url: str) -> None:
    given = {httpx.get(f"{url}/healthz").headers["x-request-id"] for _ in range(3)}
    assert len(given) == 3
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in given)


def test_that_of_a_proxy_is_kept(url: str) -> None:
    answer = httpx.get(f"{url}/healthz", headers={"X-Request-ID": "proxy-7.a_B"})
    assert answer.headers["x-request-id"] == "proxy-7.a_B"


@pytest.mark.parametrize("odd", [b"", b"a" * 65, b"a b", b"\xe4", b"a;b"])
def test_one_that_is_not_well_formed_is_replaced(url: str, odd: bytes) -> None:
    answer = httpx.get(f"{url}/healthz", headers={b"X-Request-ID": odd})
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"])


def test_what_is_not_there_has_one_too(url: str) -> None:
    assert len(httpx.get(f"{url}/nothing").headers["x-request-id"]) == 16
