import socket
import threading
import time
from collections.abc import Iterator

import httpcore
import pytest

from registry.outside import Outside, OutsideUnavailable
from tests.harness.receiver import Receiver, Reply, receiver


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def outside() -> Outside:
    return Outside(allow_inside=True, patience=20.0)


class TestPost:
    def test_brings_what_is_sent_and_what_is_answered(
        self, outside: Outside, there: Receiver
    ) -> None:
        there.answer = lambda _: Reply(201, b"made")
        answer = outside.post(f"{there.url}/a?b=c", b"hello", headers={"content-type": "text/x"})
        assert (answer.status, answer.body) == (201, b"made")
        [received] = there.received
        assert (received.method, received.path, received.body) == ("POST", "/a?b=c", b"hello")
        assert received.headers["content-type"] == "text/x"
        assert received.headers["host"] == there.url.removeprefix("http://")


class TestGet:
    def test_takes_a_redirect_for_the_answer(self, outside: Outside, there: Receiver) -> None:
        there.answer = lambda _: Reply(302, headers={"location": f"{there.url}/secret"})
        assert outside.get(there.url).status == 302
        assert len(there.received) == 1

    def test_gives_up_on_a_large_answer(self, there: Receiver) -> None:
        there.answer = lambda _: Reply(body=b"x" * 1001)
        outside = Outside(allow_inside=True, largest_answer=1000)
        with pytest.raises(OutsideUnavailable, match="answered more than 1000 bytes"):
            outside.get(there.url)

    def test_gives_up_on_who_does_not_answer(self, there: Receiver) -> None:
        given_up = threading.Event()

        def wait(_: object) -> Reply:
            given_up.wait()
            return Reply()

        there.answer = wait
        with pytest.raises(OutsideUnavailable, match="no answer within"):
            Outside(allow_inside=True, patience=0.2).get(there.url)
        given_up.set()

    def test_gives_up_on_who_drips_its_answer(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            drip = threading.Thread(target=_drip, args=(server,))
            drip.start()
            began = time.monotonic()
            with pytest.raises(OutsideUnavailable, match="no answer within"):
                Outside(allow_inside=True, patience=0.5).get(
                    f"http://127.0.0.1:{server.getsockname()[1]}/"
                )
            assert time.monotonic() - began < 10  # a byte of it takes 0.05 s, all of it 50 s
            drip.join()

    def test_says_when_nobody_is_there(self, outside: Outside) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        with pytest.raises(OutsideUnavailable, match="cannot be reached"):
            outside.get(f"http://127.0.0.1:{port}/")

    def test_says_when_it_is_no_http(self, outside: Outside) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:

            def answer() -> None:
                client, _ = server.accept()
                with client:
                    client.recv(1000)
                    client.sendall(b"220 mail.example.com ESMTP\r\n")

            thread = threading.Thread(target=answer)
            thread.start()
            with pytest.raises(OutsideUnavailable, match="cannot be reached"):
                outside.get(f"http://127.0.0.1:{server.getsockname()[1]}/")
            thread.join()

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_connects_to_nothing_inside_by_default(self, there: Receiver, host: str) -> None:
        port = there.url.rpartition(":")[2]
        with pytest.raises(OutsideUnavailable, match="leads inside"):
            Outside().get(f"http://{host}:{port}/")
        assert there.received == []

    def test_connects_to_what_it_looked_up_and_nothing_else(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A name is looked up once: it cannot lead elsewhere when it is connected to."""
        answers = iter([["8.8.8.8"], ["127.0.0.1"]])
        connected: list[str] = []

        def look_up(_host: str, port: int, **_: object) -> list[tuple[object, ...]]:
            return [(2, 1, 6, "", (address, port)) for address in next(answers)]

        def connect(_self: object, host: str, *_: object) -> httpcore.NetworkStream:
            connected.append(host)
            raise httpcore.ConnectError("not from a test")

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
        with pytest.raises(OutsideUnavailable, match="not from a test"):
            Outside().get("http://rebinding.example.com/")
        assert connected == ["8.8.8.8"]


def _drip(server: socket.socket) -> None:
    client, _ = server.accept()
    with client:
        try:
            for byte in b"HTTP/1.1 200 OK\r\nx: " + b"x" * 1000:
                client.sendall(bytes([byte]))
                time.sleep(0.05)
        except ConnectionError:
            return
