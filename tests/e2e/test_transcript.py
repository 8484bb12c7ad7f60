"""The README shows what really happens."""

from pathlib import Path

import pytest

from tests.e2e.transcript import in_readme, masked, record

pytestmark = pytest.mark.daemon


@pytest.mark.usefixtures("namespace")
@pytest.mark.sqlite
def test_the_transcript_in_the_readme_is_what_happens_now(tmp_path: Path) -> None:
    """If it is not: ``python -m tests.e2e.transcript --write``."""
    assert masked(record(tmp_path)) == masked(in_readme())
