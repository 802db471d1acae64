"""What all messages have in common, and the one line that says what is wrong with one."""

from collections.abc import Mapping
from reprlib import repr as shortened
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo

from spade_terrain import schema
from spade_terrain.errors import ParameterError


class Message(BaseModel):
    """A JSON object. Types are taken strictly, `"64"` is no number; fields that nobody knows are passed over."""

    model_config = ConfigDict(strict=True, frozen=True, use_attribute_docstrings=True)


class RiverCourse(Message):
    """A river that a map brings along, downstream."""

    line: list[Annotated[list[float], Field(min_length=2, max_length=2)]]
    """`[x, y]` in pixels of the map."""
    discharge: float
    """Cubic metres a second that its springs give."""
    name: str | None = None
    """What the map calls it, if it does."""


_M = TypeVar("_M", bound=Message)


def reads(reader: schema.Reader) -> BeforeValidator:
    """Let a reader of the package's own say whether a field is right: what project files hold, requests hold, too."""

    def read(value: Any, info: ValidationInfo) -> Any:
        return reader(value, str(info.field_name))

    return BeforeValidator(read)


def read_message(kind: type[_M], value: object) -> _M:
    """A JSON value as a message. Raises `ParameterError` if it is none."""
    try:
        return kind.model_validate(value)
    except ValidationError as e:
        first = e.errors(include_url=False)[0]
        raise ParameterError(f"the request can't be read: {describe_error(first, first['loc'])}; send it anew") from e


def describe_error(error: Mapping[str, Any], place: tuple[int | str, ...]) -> str:
    """What pydantic found wrong at a place in a message, in a few words."""
    path = "".join(f"[{at}]" if isinstance(at, int) else f".{at}" for at in place).removeprefix(".")
    if error["type"] == "missing":
        return f"`{path}` is missing"
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, schema.SchemaError):
        return str(cause)
    expected = error["msg"].removeprefix("Input ").removeprefix("Value error, ")
    return f"`{path or 'the document'}` is {shortened(error['input'])[:100]}, and {expected}"
