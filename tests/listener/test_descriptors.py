import resource
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from registry.listener import make_room_for
from registry.listener.descriptors import OTHERS


@pytest.fixture(autouse=True)
def few() -> Iterator[int]:
    """Few descriptors, though more could be asked for; afterwards as many as before."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, before[1]))
    yield before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_as_many_are_asked_for_as_are_needed() -> None:
    with capture_logs() as logs:
        make_room_for(1000)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 1000 + OTHERS
    assert logs == []


def test_what_is_there_already_is_left_alone() -> None:
    make_room_for(10)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 512


def test_too_few_are_warned_of(few: int) -> None:
    if few == resource.RLIM_INFINITY:
        pytest.skip("this machine has no limit that could be too low")
    with capture_logs() as logs:
        make_room_for(few)
    [warning] = logs
    assert warning["event"] == "descriptors.too_few"
    assert (warning["limit"], warning["wanted"]) == (few, few + OTHERS)
