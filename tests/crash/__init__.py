"""What ``kill -9`` leaves of a server that works: everything that it acknowledged.

Real server processes, killed at random moments while many connections write. Run by hand
with ``python -m tests.crash ROUNDS`` to see the figures.
"""
