"""A decoded inference request and the binary data behind it in, submissions and wanted outputs out.

One article is an element of each input tensor. Faults of articles name them as a batch does: `items.3.text`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from riskscore.api.faults import Fault, InvalidRequestError, validated
from riskscore.api.requests import ArticleFields, Limits, Submission, submission_of
from riskscore.errors import InputError
from riskscore.open_inference.binary import HEADER, read_strings
from riskscore.open_inference.schemas import (
    MAX_INPUTS,
    MAX_OUTPUTS,
    InferenceRequest,
    RequestInput,
    RequestOutput,
)
from riskscore.open_inference.tensors import DEFAULT_OUTPUTS


@dataclass(frozen=True, slots=True)
class WantedOutput:
    """An output tensor that the answer is to have."""

    name: str
    binary: bool


@dataclass(frozen=True, slots=True)
class Inference:
    """A request that passed."""

    id: str | None
    submissions: tuple[Submission, ...]
    outputs: tuple[WantedOutput, ...]


def read_inference(value: object, behind: bytes, limits: Limits, model_version: str | None) -> Inference:
    """Check a request.

    Parameters
    ----------
    value : object
        The decoded JSON object.
    behind : bytes
        The binary data that follows it.
    model_version : str or None
        That the path names.

    Raises
    ------
    InputError
        Something of it is at fault; a request is taken whole or not at all.
    """
    request = validated(InferenceRequest, _given(value))
    columns = _columns(request.inputs, behind, limits.max_items)
    outputs = _outputs(request)
    options = request.parameters
    submissions = []
    for index in range(len(columns["text"])):
        fields: dict[str, object] = {"text": columns["text"][index], "model_version": model_version}
        for name in ("title", "language"):  # a tensor has no null: empty stands for "not given"
            fields[name] = (columns[name][index] or None) if name in columns else None
        article = validated(ArticleFields, fields, f"items.{index}")
        submissions.append(submission_of(article, limits, f"items.{index}.", options))
    return Inference(request.id, tuple(submissions), outputs)


def _given(value: object) -> object:
    """An object without what is null: clients write null for "not given"."""
    if not isinstance(value, Mapping):
        return value
    return {name: held for name, held in value.items() if held is not None}


def _columns(inputs: Sequence[object], behind: bytes, max_items: int) -> dict[str, list[str]]:
    """The inputs' elements by their names: lists of one length."""
    _refuse_crowd("inputs", inputs, MAX_INPUTS)
    columns: dict[str, list[str]] = {}
    at = 0
    for place, value in enumerate(inputs):
        path = f"inputs.{place}"
        one = validated(RequestInput, _given(value), path)
        if one.name in columns:
            raise InputError(f"there is an input {one.name!r} already", f"{path}.name")
        count = _count(one, path, max_items)
        size = one.parameters.binary_data_size
        if size is None:
            if one.data is None:
                raise InputError("is missing", f"{path}.data")
            found, field = _flat(one.data, f"{path}.data"), f"{path}.data"
        else:
            field = f"{path}.parameters.binary_data_size"
            if one.data is not None:
                raise InputError("does not go with `data`", field)
            if at + size > len(behind):
                raise InputError(
                    f"{size:,} bytes are not there: the JSON object is followed by {len(behind):,} bytes, "
                    f"{at:,} of them of inputs before ({HEADER} says where it ends)",
                    field,
                )
            found = read_strings(behind[at : at + size], field, count)
            at += size
        if len(found) != count:
            raise InputError(
                f"has {'more' if len(found) > count else 'fewer'} elements than its shape", field
            )
        columns[one.name] = found
        if len(found) != len(next(iter(columns.values()))):
            raise InputError("gives another number of elements than the inputs before", f"{path}.shape")
    if at != len(behind):
        raise InputError(f"{len(behind) - at:,} bytes follow the last input", "body")
    if "text" not in columns:
        raise InvalidRequestError([Fault("inputs", "must have an input `text`")])
    return columns


def _count(one: RequestInput, path: str, max_items: int) -> int:
    """How many elements a shape has."""
    if len(one.shape) not in {1, 2} or one.shape[1:] not in ([], [1]):
        raise InputError("must be [n] or [n, 1]", f"{path}.shape")
    count = math.prod(one.shape)
    if count > max_items:
        message = f"has {count:,} elements; the limit is {max_items:,} (max_items); split them"
        raise InputError(message, f"{path}.shape")
    return count


def _flat(data: Sequence[object], field: str) -> list[str]:
    """Elements given flat or nested, as strings."""
    found: list[str] = []
    for index, element in enumerate(data):
        for one in element if isinstance(element, list) else [element]:
            if not isinstance(one, str):
                raise InputError("must be a string", f"{field}.{index}")
            found.append(one)
    return found


def _outputs(request: InferenceRequest) -> tuple[WantedOutput, ...]:
    binary = request.parameters.binary_data_output
    if not request.outputs:
        return tuple(WantedOutput(name, binary) for name in DEFAULT_OUTPUTS)
    _refuse_crowd("outputs", request.outputs, MAX_OUTPUTS)
    found: dict[str, WantedOutput] = {}
    for place, value in enumerate(request.outputs):
        one = validated(RequestOutput, _given(value), f"outputs.{place}")
        if one.name in found:
            raise InputError(f"there is an output {one.name!r} already", f"outputs.{place}.name")
        asked = one.parameters.binary_data
        found[one.name] = WantedOutput(one.name, binary if asked is None else asked)
    return tuple(found.values())


def _refuse_crowd(field: str, items: Sequence[object], most: int) -> None:
    if len(items) > most:
        raise InputError(f"has {len(items):,} items; there are {most} to name", field)
