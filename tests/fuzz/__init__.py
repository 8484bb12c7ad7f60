"""What a fuzzer found, and what it looks for: `python -m tests.fuzz` looks for more.

A target takes any bytes and raises AssertionError where something does not hold. Ordinary
tests give every target what is in ``corpus/``; coverage-guided fuzzing makes up more.
"""
