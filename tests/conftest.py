"""What every test folder shares."""

from hypothesis import settings

# How long an example takes says something about the machine, not about the code.
settings.register_profile("registry", deadline=None)
settings.load_profile("registry")
