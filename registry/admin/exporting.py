"""The export of the audit log: batches of entries, sent until they are taken."""

from collections.abc import Callable, Sequence

from registry.admin.courier import Progress, Unsent
from registry.admin.entries import Sealed
from registry.admin.formats import writer
from registry.admin.outlets import Target
from registry.outside import Outside

MOST = 500
"""Entries in one call."""

LARGEST = 512 * 1024
"""Bytes in one call, but for a single entry that is larger."""

_TOO_LARGE = 413

_CONTENT_TYPES = {
    "json": "application/x-ndjson",
    "splunk_hec": "application/json",
    "syslog_cef": "text/plain; charset=utf-8",
}


class ExportCarrier:
    """Sends entries of the audit log to a collector, a line for each."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._largest = LARGEST
        self.most = MOST

    def carry(
        self, target: Target, batch: Sequence[Sealed], *, stopping: Callable[[], bool]
    ) -> Progress:
        """Send as many entries as go into one call.

        Raises:
            Unsent: The collector does not take them; none is passed over.
            OutsideUnavailable: It has no answer.
        """
        del stopping  # one call: there is nothing to stop between
        write = writer(target.format, index=target.index_name, source=target.source)
        lines = _fitting([write(entry) for entry in batch], self._largest)
        headers = {"content-type": _CONTENT_TYPES[target.format]}
        if target.token:
            headers["authorization"] = f"Splunk {target.token}"  # as the public server, always
        answer = self._outside.post(target.url, b"\n".join(lines) + b"\n", headers=headers)
        if answer.status == _TOO_LARGE and len(lines) > 1:
            self._largest = max(1, sum(map(len, lines)) // 2)
            raise Unsent("it is too much at once for the collector")
        if not 200 <= answer.status < 300:
            raise Unsent(f"the collector answered {answer.status}")
        return Progress(batch[len(lines) - 1].record.number, delivered=len(lines))


def _fitting(lines: Sequence[bytes], largest: int) -> list[bytes]:
    """The first lines, as many as fit; at least one."""
    size = 0
    fitting: list[bytes] = []
    for line in lines:
        size += len(line) + 1
        if fitting and size > largest:
            break
        fitting.append(line)
    return fitting
