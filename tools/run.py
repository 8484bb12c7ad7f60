"""``python3 -m tools.run COMMAND …``: run a command where everything it needs is installed.

All this needs itself is Python and pip. The first run makes a virtual environment in
``.venv`` and installs into it, with the exact versions of ``constraints.txt``, what
``pyproject.toml`` asks for: for ``registry`` what the server needs, for any other command
what the tests need as well. Later runs find that done, and start at once.
"""

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The folder of the project."""

INPUTS = ("pyproject.toml", "constraints.txt")
"""The files that say what is installed."""

EXTRAS = {"registry": ""}
"""What a command needs beside the server, if not the tests' packages."""


class SetUpFailed(Exception):
    """The environment could not be made; the text says why and what to do."""


def main(arguments: Sequence[str]) -> None:
    """Become the command that the arguments say; does not return unless that fails."""
    if not arguments:
        sys.exit("usage: python3 -m tools.run COMMAND [ARGUMENT]...")
    if sys.version_info < (3, 11):  # noqa: UP036 - this runs on whatever is there
        sys.exit("The registry needs Python 3.11 or newer; this is " + sys.version.split()[0])
    name = arguments[0]
    environment = ROOT / ".venv"
    try:
        set_up(environment, EXTRAS.get(name, "[test]"))
    except (SetUpFailed, OSError) as error:
        sys.exit(f"cannot set up {environment}: {error}")
    program = environment / "bin" / name
    if not program.exists():
        sys.exit(f"there is no {name} in {program.parent}")
    os.execv(program, [str(program), *arguments[1:]])  # noqa: S606 - that is what it is for


def set_up(environment: Path, extra: str) -> None:
    """Make an environment and install the project into it, unless that is done already.

    Args:
        environment: The folder of the virtual environment.
        extra: ``"[test]"`` for what the tests need as well, or nothing.

    Raises:
        SetUpFailed: Something could not be installed.
        OSError: The folder cannot be written.
    """
    with Path(ROOT, INPUTS[0]).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # who comes second finds it done
        wanted = fingerprint()
        done = environment / "installed.txt"
        state = done.read_text().splitlines() if done.exists() else []
        if state[:1] == [wanted] and extra in state[1:]:
            return
        print(f"Setting up {environment} ...", file=sys.stderr, flush=True)
        if state[:1] != [wanted]:
            state = [wanted]
            make_anew(environment)
        install(environment, extra)
        done.write_text("\n".join([*state, extra, ""]))


def fingerprint() -> str:
    """What an environment is made from, in short: it is made anew when that changes."""
    digest = hashlib.sha256(f"{sys.base_prefix} {sys.version}".encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def make_anew(environment: Path) -> None:
    """Make an empty environment, whatever was there before.

    It uses the pip that this Python has: bringing one along needs ensurepip, which some
    systems leave out, and takes time.
    """
    venv.create(environment, clear=True, symlinks=True, with_pip=False)


def install(environment: Path, extra: str) -> None:
    """Install the project and what it depends on.

    Raises:
        SetUpFailed: pip did not succeed; it has said why.
    """
    pip = [
        python_with_pip(environment),
        "-m",
        "pip",
        "--python",
        str(environment / "bin" / "python"),
    ]
    options = ["-qq", "--no-input", "--disable-pip-version-check"]
    project = ["--constraint", str(ROOT / INPUTS[1]), "--editable", f"{ROOT}{extra}"]
    result = subprocess.run(
        [*pip, "install", *options, *project],
        stdout=sys.stderr,  # standard output is the command's
        check=False,
    )
    if result.returncode:
        raise SetUpFailed("pip failed; it must be there, in version 22.3 or newer")


def python_with_pip(environment: Path) -> str:
    """This Python; the one that it comes from if it has no pip, or is what is made anew."""
    if importlib.util.find_spec("pip") and Path(sys.prefix) != environment:
        return sys.executable
    return str(getattr(sys, "_base_executable", sys.executable))


if __name__ == "__main__":
    main(sys.argv[1:])
