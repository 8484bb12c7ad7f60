"""The verifying process: reads batches from standard input until that ends."""

import signal
import sys

from registry.verifier.proofs import read_batch, verdicts


def main() -> None:
    """Answer every batch, until whoever sends them closes the pipe or is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to the server, and to all it started
        signal.signal(number, signal.SIG_IGN)
    while (proofs := read_batch(sys.stdin.buffer)) is not None:
        sys.stdout.buffer.write(verdicts(proofs))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
