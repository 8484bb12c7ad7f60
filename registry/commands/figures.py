"""The figures of a running server: how much happened between two looks at ``/metrics``."""

import urllib.request
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError

from attrs import frozen
from prometheus_client.parser import text_string_to_metric_families

PATIENCE = 10.0
"""Seconds to wait for an answer."""

Labels = tuple[tuple[str, str], ...]


@frozen
class Figures:
    """Everything that ``/metrics`` says at one moment.

    Attributes:
        values: By name and labels.
    """

    values: Mapping[tuple[str, Labels], float]

    def of(self, name: str, **labels: str) -> float:
        """The sum of a figure over all labels that are not given; 0 where there is none."""
        wanted = set(labels.items())
        return sum(
            value
            for (known, pairs), value in self.values.items()
            if known == name and wanted <= set(pairs)
        )

    def label_values(self, name: str, label: str) -> list[str]:
        """Every value that a label of a figure has."""
        found = {dict(pairs)[label] for known, pairs in self.values if known == name and pairs}
        return sorted(found)

    def has(self, name: str) -> bool:
        """Whether there is such a figure."""
        return any(known == name for known, _ in self.values)


@frozen
class Busy:
    """How busy a server is with one message type.

    Attributes:
        type: The message type.
        requests: A second.
        errors: A second.
        milliseconds: From reading a request to its answer, on average; 0 where none was timed.
    """

    type: str
    requests: float
    errors: float
    milliseconds: float


def read_figures(text: str) -> Figures:
    """Read what ``/metrics`` answers.

    Raises:
        ValueError: It is something else.
    """
    values = {
        (sample.name, tuple(sorted(sample.labels.items()))): float(sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    return Figures(values)


def fetch_figures(url: str, admin_token_file: Path | None) -> Figures:
    """Look at ``/metrics``.

    Args:
        url: Of the server, without a path.
        admin_token_file: Holds its admin token; None for what anyone may see.

    Raises:
        OSError: It does not answer, or refuses.
        ValueError: What answers is no registry.
    """
    if not url.startswith(("http://", "https://")):
        url = f"http://{url}"
    request = urllib.request.Request(f"{url.rstrip('/')}/metrics")  # noqa: S310 - checked above
    if admin_token_file is not None:
        token = admin_token_file.read_text().strip()
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - likewise
            return read_figures(answer.read().decode())
    except HTTPError as error:
        text = error.read(500).decode(errors="replace").strip()
        raise OSError(f"http: {url} refuses: {error.code} {text}") from error
    except (URLError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise OSError(f"http: cannot reach {url}: {reason}") from error


def busy_with(before: Figures, now: Figures, seconds: float) -> list[Busy]:
    """What a server was asked for between two looks, the most frequent first."""
    busy = [
        Busy(type_, *_rates(before, now, seconds, type_))
        for type_ in now.label_values("registry_requests_total", "type")
    ]
    return sorted((each for each in busy if each.requests), key=lambda each: -each.requests)


def _rates(before: Figures, now: Figures, seconds: float, type_: str) -> Iterator[float]:
    def more(name: str) -> float:
        return now.of(name, type=type_) - before.of(name, type=type_)

    yield more("registry_requests_total") / seconds
    yield more("registry_request_errors_total") / seconds
    timed = more("registry_request_seconds_count")
    yield more("registry_request_seconds_sum") / timed * 1000 if timed else 0.0
