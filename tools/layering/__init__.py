"""The layering checker: which room of the project may import which.

``python -m tools.layering [--root DIR] [--config FILE]`` reads the rules from the
``[tool.layering]`` section of a ``pyproject.toml`` and the imports from the syntax trees
of the package; nothing that is checked is ever imported or run. In order of reading:

- `config`: the layers, and which room stands on which.
- `modules`: the files of the package and their syntax trees.
- `names`, `imports`, `dynamic`: the imports a tree holds.
- `scan`: all of them, for a whole package.
- `contracts`: the rules, from a scan to its violations.
- `report`: how violations are told.
"""
