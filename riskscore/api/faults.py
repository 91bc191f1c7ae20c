"""What is wrong with a request, field by field, in words that never repeat more than a little of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from riskscore.errors import InputError

SHOWN_CHARS = 80  # most characters of the caller's own text that an error repeats
MAX_FAULTS = 20

# Far beyond any honest request; keeps an object of a million made-up names from becoming as many errors.
_MAX_NAMES = 50

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one field."""

    field: str  # dotted path, "items.3.text"
    message: str
    input: object = None  # a short scalar as sent; None when there is nothing useful to show


class InvalidRequestError(InputError):
    """One or more fields are at fault; `faults` lists them in the order of the schema."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        first = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(f"{first.field}: {first.message}{more}", first.field)
        self.faults = tuple(faults)


def validated(model: type[_Model], value: object, path: str = "") -> _Model:
    """Check a decoded JSON value against a schema.

    Parameters
    ----------
    model : type
        The schema; its nested objects must be pydantic models too.
    value : object
        What the caller sent.
    path : str
        Where `value` stands in the request ("items.3"); leads the name of each field at fault.

    Raises
    ------
    InvalidRequestError
        With at most `MAX_FAULTS` faults.
    """
    _refuse_crowds(model, value, path)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False)
        faults = [_fault(detail, model, path) for detail in details[:MAX_FAULTS]]
    raise InvalidRequestError(faults)


def _refuse_crowds(model: type[BaseModel], value: object, path: str) -> None:
    if not isinstance(value, Mapping):
        return
    if len(value) > _MAX_NAMES:
        raise InvalidRequestError(
            [Fault(path or "body", f"has {len(value):,} fields; {known_fields(model)}")]
        )
    foreign = [name for name in value if isinstance(name, str) and not _is_unicode(name)]
    if foreign:  # pydantic tells of such a name without naming it
        prefix = f"{path}." if path else ""
        message = f"is not a known field; {known_fields(model)}"
        raise InvalidRequestError([Fault(prefix + shown(name), message) for name in foreign[:MAX_FAULTS]])
    for name, part in value.items():
        if isinstance(part, Mapping) and name in model.model_fields:
            _refuse_crowds(_owner(model, (name,)), part, f"{path}.{name}" if path else name)


def _is_unicode(text: str) -> bool:
    """Whether it holds no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _owner(model: type[BaseModel], places: Sequence[int | str]) -> type[BaseModel]:
    """The schema of the object that stands at `places` within `model`; `model` where there is none."""
    for place in places:
        field = model.model_fields.get(str(place))
        if (
            field is not None
            and isinstance(field.annotation, type)
            and issubclass(field.annotation, BaseModel)
        ):
            model = field.annotation
    return model


def _fault(detail: ErrorDetails, model: type[BaseModel], path: str) -> Fault:
    """A pydantic error in our words; its input only where it is a short scalar."""
    places = [path] if path else []
    places += [shown(str(place)) for place in detail["loc"]]
    field = ".".join(places) or "body"
    kind, value = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        return Fault(field, f"is not a known field; {known_fields(_owner(model, detail['loc'][:-1]))}")
    if kind == "model_type":
        return Fault(field, "must be an object")
    return Fault(field, detail["msg"].replace("Input should be", "must be", 1), shown_input(value))


def known_fields(model: type[BaseModel]) -> str:
    """The clause that helps after an unknown name."""
    return "known fields are " + ", ".join(model.model_fields)


def shown(text: str) -> str:
    """The caller's text, cut to what an error may repeat."""
    return text if len(text) <= SHOWN_CHARS else text[: SHOWN_CHARS - 1] + "…"


def shown_input(value: object) -> object:
    """A scalar as an error may repeat it; None for anything bigger."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 2**63):
        return value
    return None
