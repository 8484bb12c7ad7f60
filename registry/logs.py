"""How log lines look."""

import logging
import sys

import structlog

from registry.dispatch import add_request_id


def set_up_logs(level: str, style: str) -> None:
    """Send structured log lines to standard error.

    Args:
        level: The least important kind that is written, for instance ``"info"``.
        style: ``"console"`` for people, ``"json"`` for machines.
    """
    rendering = _for_machines() if style == "json" else _for_people()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            add_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *rendering,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,  # else a loggers' level could not be changed any more
    )
    root = logging.getLogger()
    if not any(isinstance(handler, _Forwarding) for handler in root.handlers):
        root.addHandler(_Forwarding(logging.WARNING))


class _Forwarding(logging.Handler):
    """What libraries log (asyncio, uvicorn) looks as our own lines do."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        line = structlog.get_logger()
        line.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)


# Both write tracebacks without the values of variables: those can be secrets, and to render
# them takes a second, for which the committer would wait.


def _for_machines() -> list[structlog.typing.Processor]:
    tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.ExceptionRenderer(tracebacks),
        structlog.processors.JSONRenderer(),
    ]


def _for_people() -> list[structlog.typing.Processor]:
    return [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    ]
