"""Real processes for the tests: the server, daemons, and the network they live in.

- `Process`: any program, whose output can be waited for.
- `RegistryServer`: ``registry serve``.
- `Namespace`: a network with nothing but loopback.
- `Daemon`: a real ``pilot-daemon``, with its ``pilotctl``.
- `Recorder`: stands between clients and a server, and keeps what they say.
- `Client`, `Key`: a client of our own, for what no daemon does.
- `eventually`: asks until the answer is there.
"""

from tests.harness.client import Client, ConnectionLost, Key, Refused
from tests.harness.daemon import Daemon, PilotctlFailed, missing_for_daemons
from tests.harness.namespace import Namespace
from tests.harness.process import Process
from tests.harness.recorder import Exchange, Recorder
from tests.harness.server import RegistryServer
from tests.harness.waiting import PATIENCE, eventually

__all__ = [
    "PATIENCE",
    "Client",
    "ConnectionLost",
    "Daemon",
    "Exchange",
    "Key",
    "Namespace",
    "PilotctlFailed",
    "Process",
    "Recorder",
    "Refused",
    "RegistryServer",
    "eventually",
    "missing_for_daemons",
]
