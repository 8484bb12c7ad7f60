"""What every test folder shares."""

import structlog
from hypothesis import settings

from tests.examples import examples

# How long an example takes says something about the machine, not about the code.
settings.register_profile("registry", deadline=None, max_examples=examples(100), print_blob=True)
settings.load_profile("registry")

# As it comes, structlog renders tracebacks in colours if it can, a second for each.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
)
