"""`catenet schema`."""

from __future__ import annotations

from catenet.orchestrator.cli.screen import print_json

__all__ = ["schema"]


def schema() -> None:
    """Print the JSON Schema (2020-12) of lab files, with which an editor completes words and underlines mistakes.

    \b
    catenet schema > lab.schema.json

    An editor finds it by the first line of the lab file (VS Code with its YAML extension, and every other that uses
    yaml-language-server; JetBrains' too):

    \b
    # yaml-language-server: $schema=./lab.schema.json

    `catenet new` writes both. What a schema cannot see (names that do not exist, prefixes that overlap), `catenet
    validate` does.
    """
    from catenet.orchestrator.lab.schema import schema as made

    print_json(made())
