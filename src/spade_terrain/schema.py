"""Checks of JSON that others may have written: every value's type and range, and a fault's one place.

A `Reader` takes a value that `json.loads` returned and its path in the document, and returns what the program works
with. What does not fit is a `SchemaError`, whose text names the path and what was expected there.
"""

import json
import math
from collections.abc import Callable
from inspect import Parameter, signature
from reprlib import repr as shortened
from typing import Any, NoReturn

Reader = Callable[[Any, str], Any]


class SchemaError(ValueError):
    """A value is of another type, or out of range; one line."""


def parse_json(text: str) -> Any:
    """A JSON document as `json.loads` returns it, but NaN and infinities, which are no JSON, are refused.

    Raises `SchemaError`.
    """

    def no_constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is no JSON")

    def finite(digits: str) -> float:
        if math.isinf(value := float(digits)):
            raise ValueError(f"{digits} is out of range")
        return value

    try:
        return json.loads(text, parse_constant=no_constant, parse_float=finite)
    except ValueError as e:
        raise SchemaError(f"it is no JSON ({e})") from e
    except RecursionError as e:
        raise SchemaError("it is nested too deeply") from e


def refuse(path: str, value: object, expected: str) -> NoReturn:
    """Raise the `SchemaError` of a value."""
    raise SchemaError(f"`{path}` is {shortened(value)[:100]}, not {expected}")


def check(expected: str, fits: Callable[[Any], bool]) -> Reader:
    """A reader of values for which `fits` is true."""

    def read(value: Any, path: str) -> Any:
        return value if fits(value) else refuse(path, value, expected)

    return read


def whole(low: int, high: int) -> Reader:
    """A reader of integers, `low` to `high`; `true` is none."""
    return check(f"a whole number from {low} to {high}", lambda v: type(v) is int and low <= v <= high)


def power_of_two(high: int) -> Reader:
    """A reader of powers of two, 1 to `high`."""
    return check(f"a power of two up to {high}", lambda v: type(v) is int and 0 < v <= high and v & (v - 1) == 0)


def positive(high: float) -> Reader:
    """A reader of numbers above 0, up to `high`."""
    return check(f"a number above 0, up to {high:g}", lambda v: type(v) in (int, float) and 0 < v <= high)


def text(longest: int) -> Reader:
    """A reader of one printable line of 1 to `longest` characters."""
    expected = f"a printable text of 1 to {longest} characters"
    return check(expected, lambda v: isinstance(v, str) and 0 < len(v) <= longest and v.isprintable())


boolean = check("true or false", lambda v: isinstance(v, bool))
mapping = check("an object", lambda v: isinstance(v, dict))
"""A reader of objects in which anything may be."""


def sequence(item: Reader, most: int, least: int = 0) -> Reader:
    """A reader of lists of `least` to `most` items, as tuples."""
    count = f"{most}" if least == most else f"{least} to {most}"
    is_list = check(f"a list of {count} items", lambda v: isinstance(v, list) and least <= len(v) <= most)

    def read(value: Any, path: str) -> Any:
        return tuple(item(v, f"{path}[{i}]") for i, v in enumerate(is_list(value, path)))

    return read


def optional(item: Reader) -> Reader:
    """A reader of what `item` reads, or of `null`."""
    return lambda value, path: None if value is None else item(value, path)


def record(cls: Callable[..., Any], **readers: Reader) -> Reader:
    """A reader of objects, as `cls(**fields)`; fields without a reader are passed over.

    A field must be there if `cls`, a dataclass or a named tuple, has no default for it.
    """
    required = [p.name for p in signature(cls).parameters.values() if p.default is Parameter.empty]

    def read(value: Any, path: str) -> Any:
        prefix = f"{path}." if path else ""
        given = mapping(value, path or "the document")
        for name in required:
            if name not in given:
                raise SchemaError(f"`{prefix}{name}` is missing")
        return cls(**{name: reader(given[name], prefix + name) for name, reader in readers.items() if name in given})

    return read
