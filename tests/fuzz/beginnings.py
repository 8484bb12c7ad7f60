"""What fuzzing begins with, as libFuzzer reads it."""

from pathlib import Path

from registry.dispatch import Operation
from tests.fuzz.seeds import seeds, steps, words
from tests.fuzz.world import world

CORPUS = Path(__file__).parent / "corpus"
"""What was found once: a folder for each target."""


def operations() -> list[Operation]:
    """Every message type."""
    with world() as made:
        return list(made.registry.application.operations)


def steps_and_values() -> tuple[list[bytes], list[str]]:
    """Steps and values for scripts."""
    known = operations()
    return list(steps(known)), list(words(known))


def write(target: str, folder: Path) -> list[str]:
    """Write what a target begins with, and the words that its inputs are made of.

    Returns:
        The options that have libFuzzer read them, and keep beside what is interesting.
    """
    known = operations()
    beginning, kept, dictionary = (folder / name for name in ("beginning", "kept", "words"))
    beginning.mkdir()
    kept.mkdir()
    found = [file.read_bytes() for file in sorted((CORPUS / target).iterdir())]
    for number, data in enumerate([*seeds(target, known), *found]):
        (beginning / f"{number:04}").write_bytes(data)
    lines = dict.fromkeys(map(_quoted, words(known)))
    dictionary.write_text("".join(f"{line}\n" for line in lines))
    return [f"-dict={dictionary}", str(kept), str(beginning)]


def _quoted(word: str) -> str:
    """A word as libFuzzer's dictionaries have it."""
    quoted = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'
