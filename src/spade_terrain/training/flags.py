"""Command line flags that are the fields of a dataclass: names, defaults and help texts are written once."""

import argparse
import dataclasses
from typing import Any


def option(default: Any, help: str, *, flag: dict[str, Any] | None = None, **metadata: Any) -> Any:  # noqa: A002
    """A field of a dataclass with its flag's help text.

    `flag` is what `add_argument` is told besides; more `metadata` is for the dataclass itself.
    """
    return dataclasses.field(default=default, metadata={"help": help, "flag": flag or {}, **metadata})


def add_flags(parser: argparse._ActionsContainer, options: type) -> None:
    """Add a flag `--some-name` to `parser` for each field `some_name` of the dataclass `options`."""
    for field in dataclasses.fields(options):
        parser.add_argument(
            "--" + field.name.replace("_", "-"),
            default=argparse.SUPPRESS,
            help=field.metadata["help"] + _default_text(field),
            **{**_by_type(field.default), **field.metadata["flag"]},
        )


def given(args: argparse.Namespace, options: type) -> dict[str, Any]:
    """Those fields of the dataclass `options` whose flags were given."""
    names = (field.name for field in dataclasses.fields(options))
    values = {name: getattr(args, name) for name in names if hasattr(args, name)}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _by_type(default: Any) -> dict[str, Any]:
    if isinstance(default, bool):
        return {"action": argparse.BooleanOptionalAction}
    if isinstance(default, tuple):
        return {"metavar": "N", "type": type(default[0]), "nargs": "+"}
    if isinstance(default, (int, float)):
        return {"metavar": "N" if isinstance(default, int) else "X", "type": type(default)}
    return {}


def _default_text(field: "dataclasses.Field[Any]") -> str:
    default = field.default
    if default in (None, dataclasses.MISSING, float("inf")) or field.metadata["flag"].get("action") == "store_true":
        return ""
    if isinstance(default, bool):
        return f" (default {'on' if default else 'off'})"
    if isinstance(default, tuple):
        return f" (default {' '.join(map(str, default))})"
    return f" (default {default:g})" if isinstance(default, float) else f" (default {default})"
