"""The command as people and machines run it."""

from pathlib import Path

from click.testing import CliRunner, Result

from tools.notes.__main__ import PAGES, main

NOTES = Path(__file__).parents[3] / "architecture-notes"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_the_pages_of_this_repository_are_up_to_date() -> None:
    result = run("--check", "--folder", NOTES)
    assert (result.output, result.exit_code) == ("", 0)


def test_pages_are_written_once(tmp_path: Path) -> None:
    assert "wrote" in run("--folder", tmp_path).output
    assert {page.name for page in tmp_path.iterdir()} == set(PAGES)
    assert run("--folder", tmp_path).output == ""
    assert run("--check", "--folder", tmp_path).exit_code == 0


def test_a_page_that_somebody_changed_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    run("--folder", tmp_path)
    page = tmp_path / "authorisation.md"
    page.write_text("nobody may do anything")
    result = run("--check", "--folder", tmp_path)
    assert result.output == f"{page} is out of date: run python -m tools.notes\n"
    assert result.exit_code == 1
    assert page.read_text() == "nobody may do anything"
