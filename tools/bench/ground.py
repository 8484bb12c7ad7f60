"""Registries to measure: each over a fresh copy of a data folder that is seeded once."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.bench.population import seed
from tools.bench.processes import Server

Progress = Callable[[int], object]


class Ground:
    """A place on the disk for data folders; removed at the end.

    Attributes:
        folder: Where it is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._copies = 0

    @classmethod
    @contextmanager
    def within(cls, parent: Path | None) -> Iterator["Ground"]:
        """A new one in a folder; by default where temporary files go."""
        with tempfile.TemporaryDirectory(prefix="registry-bench-", dir=parent) as folder:
            yield cls(Path(folder))

    def seeded(self, nodes: int, progress: Progress = lambda _: None) -> Path:
        """A folder with so many nodes; not to be written to."""
        folder = self.folder / f"seeded-{nodes}"
        if not folder.exists():
            seed(folder, nodes, progress)
        return folder

    def empty(self) -> Path:
        """The path of a folder that is not there yet."""
        self._copies += 1
        return self.folder / f"copy-{self._copies}"

    @contextmanager
    def registry(
        self, nodes: int, progress: Progress = lambda _: None, *, pinned: bool = True
    ) -> Iterator[Server]:
        """A registry that runs over a copy of the folder with so many nodes."""
        copy = self.empty()
        shutil.copytree(self.seeded(nodes, progress), copy)
        try:
            with Server.registry(copy, pinned=pinned) as server:
                yield server
        finally:
            shutil.rmtree(copy)
