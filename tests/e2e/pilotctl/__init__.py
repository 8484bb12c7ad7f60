"""Every command of ``pilotctl`` that talks to a registry, as architecture-notes/13-PILOTCTL.md
lists them, against this one.
"""
