"""The server judged by real daemons: ``pilot-daemon`` and ``pilotctl`` 1.18.0.

Each module has a server and daemons of its own, started once, in a network namespace.
"""
