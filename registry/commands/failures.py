"""What went wrong, in words for the operator instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import DBAPIError

from registry.persistence import DatabaseInUse, SchemaTooNew


@contextmanager
def explained() -> Iterator[None]:
    """End the command with exit code 1 and the text of an error that says what to do.

    Raises:
        ClickException: Something that an operator can understand went wrong.
    """
    try:
        yield
    except BrokenPipeError:
        raise  # whoever reads the output has seen enough: click ends quietly
    except DBAPIError as error:
        raise click.ClickException(f"the database cannot be used: {error.orig}") from error
    except (DatabaseInUse, SchemaTooNew, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
