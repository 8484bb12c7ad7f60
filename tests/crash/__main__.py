"""``python -m tests.crash ROUNDS``: kill a server so many times, and print the figures."""

import sys
import tempfile
from pathlib import Path

from tests.crash.rounds import run


def main(rounds: str = "100") -> None:
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(f"{run(Path(folder), int(rounds))}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
