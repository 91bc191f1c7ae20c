"""What the model takes and gives as tensors, and assessments in, output tensors out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from riskscore.open_inference.binary import write_tensor
from riskscore.open_inference.schemas import (
    OutputAnswerParameters,
    ResponseOutputAnswer,
    TensorMetadataAnswer,
)
from riskscore.types import REGIMES, Assessment, RegimeScore

MODEL_NAME = "riskscore"
PLATFORM = "riskscore_npz"
NOT_JUDGED = -1  # in place of a number where the model abstained: no score, least of all 0

Value = float | bool | str


@dataclass(frozen=True, slots=True)
class Judged:
    """An assessment, and the answer that was made of it."""

    assessment: Assessment
    content: bytes


@dataclass(frozen=True, slots=True)
class _Output:
    """An output tensor.

    Attributes
    ----------
    by_regime : bool
        Whether it has a column for each regime.
    """

    datatype: Literal["FP64", "INT64", "BOOL", "BYTES"]
    values: Callable[[Judged], list[Value]]
    by_regime: bool = True


def _of_regimes(read: Callable[[RegimeScore], Value], abstained: Value) -> Callable[[Judged], list[Value]]:
    def values(judged: Judged) -> list[Value]:
        scores = judged.assessment.regimes
        return [read(scores[regime]) if regime in scores else abstained for regime in REGIMES]

    return values


_OUTPUTS = {
    "probability": _Output("FP64", _of_regimes(lambda score: score.probability, float(NOT_JUDGED))),
    "severity": _Output("INT64", _of_regimes(lambda score: score.severity, NOT_JUDGED)),
    "flagged": _Output("BOOL", _of_regimes(lambda score: score.flagged, False)),
    "score": _Output("FP64", _of_regimes(lambda score: score.score, float(NOT_JUDGED))),
    "abstained": _Output("BOOL", lambda judged: [judged.assessment.abstained], by_regime=False),
    "assessment": _Output("BYTES", lambda judged: [judged.content.decode()], by_regime=False),
}
# The whole JSON of every article is many times the rest, so it comes only when it is asked for by name.
DEFAULT_OUTPUTS = tuple(name for name in _OUTPUTS if name != "assessment")


def input_metadata() -> list[TensorMetadataAnswer]:
    """The input tensors."""
    return [{"name": name, "datatype": "BYTES", "shape": [-1]} for name in ("text", "title", "language")]


def output_metadata() -> list[TensorMetadataAnswer]:
    """The output tensors."""
    return [
        {"name": name, "datatype": output.datatype, "shape": _shape(output, -1)}
        for name, output in _OUTPUTS.items()
    ]


def output_tensor(name: str, judged: Sequence[Judged], *, binary: bool) -> tuple[ResponseOutputAnswer, bytes]:
    """One output over all articles, and its binary data; empty where it stands in the answer itself."""
    output = _OUTPUTS[name]
    values = [value for one in judged for value in output.values(one)]
    answer: ResponseOutputAnswer = {
        "name": name,
        "shape": _shape(output, len(judged)),
        "datatype": output.datatype,
    }
    parameters: OutputAnswerParameters = {"columns": ",".join(REGIMES)} if output.by_regime else {}
    content = b""
    if binary:
        content = write_tensor(output.datatype, values)
        parameters["binary_data_size"] = len(content)
    else:
        answer["data"] = values
    if parameters:
        answer["parameters"] = parameters
    return answer, content


def _shape(output: _Output, count: int) -> list[int]:
    return [count, len(REGIMES)] if output.by_regime else [count]
