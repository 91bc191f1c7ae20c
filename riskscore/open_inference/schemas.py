"""The JSON objects of the Open Inference Protocol over REST, typed, and described for OpenAPI.

Their names and fields are the specification's: kserve/open-inference-protocol, inference_rest.md.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from typing_extensions import TypedDict

from riskscore.api.requests import Options

MAX_ID_CHARS = 200
MAX_INPUTS = 3
MAX_OUTPUTS = 6

# What MLServer's codec of plain strings calls itself; others stand for encodings that we do not undo.
ContentType = Literal["str"]
Size = Annotated[int, Field(ge=0, le=2**63 - 1)]
TensorData = Annotated[
    list[Any],
    WithJsonSchema(
        {
            "type": "array",
            "items": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
            "description": "Row-major; flat, or nested as `shape` has it.",
        }
    ),
]


class _Object(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class RequestParameters(Options):
    """Wishes for all articles of the request; those of `POST /v1/score`, and the protocol's."""

    binary_data_output: bool = Field(
        default=False, description="Send outputs as binary data unless they say otherwise."
    )
    content_type: ContentType | None = None


class InputParameters(_Object):
    """How an input is sent."""

    binary_data_size: Size | None = Field(
        default=None, description="Bytes that the tensor takes behind the JSON object, in place of `data`."
    )
    content_type: ContentType | None = None


class OutputParameters(_Object):
    """How an output is to be sent."""

    binary_data: bool | None = Field(default=None, description="As binary data behind the JSON object.")
    content_type: ContentType | None = None


class RequestInput(_Object):
    """One input tensor."""

    name: Literal["text", "title", "language"]
    shape: list[Size] = Field(description="[n] or [n, 1]; the same n for all inputs.")
    datatype: Literal["BYTES"]
    parameters: InputParameters = InputParameters()
    data: TensorData | None = Field(default=None, description="Not given where the tensor is binary data.")


class RequestOutput(_Object):
    """An output tensor that is asked for."""

    name: Literal["probability", "severity", "flagged", "score", "abstained", "assessment"]
    parameters: OutputParameters = OutputParameters()


def _listed(model: type[BaseModel], most: int, least: int = 0) -> WithJsonSchema:
    """A list whose items are checked one by one, each in its own turn: see `reading`."""
    reference = f"#/components/schemas/{model.__name__}"
    return WithJsonSchema(
        {"type": "array", "items": {"$ref": reference}, "minItems": least, "maxItems": most}
    )


class InferenceRequest(_Object):
    """Articles to score, as tensors."""

    id: str | None = Field(default=None, max_length=MAX_ID_CHARS, description="Comes back with the answer.")
    parameters: RequestParameters = RequestParameters()
    inputs: Annotated[list[Any], _listed(RequestInput, MAX_INPUTS, 1)]
    outputs: Annotated[list[Any], _listed(RequestOutput, MAX_OUTPUTS)] = Field(default_factory=list)


INFERENCE_REQUESTS = (InferenceRequest, RequestInput, RequestOutput)


class ServerMetadataAnswer(TypedDict):
    """What the server is."""

    name: str
    version: str
    extensions: list[str]


class ServerLiveAnswer(TypedDict):
    """The process lives."""

    live: bool


class ServerReadyAnswer(TypedDict):
    """The server can do its work; the specification's text calls the field `live`, servers `ready`."""

    live: bool
    ready: bool


class ModelReadyAnswer(TypedDict):
    """A model can answer."""

    name: str
    ready: bool


class TensorMetadataAnswer(TypedDict):
    """A tensor's name, type and shape."""

    name: str
    datatype: str
    shape: Annotated[list[int], Field(description="-1 stands for any size.")]


class ModelMetadataAnswer(TypedDict):
    """What a model takes and gives."""

    name: str
    versions: Annotated[
        list[str], Field(description="Those that a path may name; the default's comes first.")
    ]
    platform: str
    inputs: list[TensorMetadataAnswer]
    outputs: list[TensorMetadataAnswer]


class OutputAnswerParameters(TypedDict):
    """What is to be known of an output tensor."""

    columns: NotRequired[Annotated[str, Field(description="Names of its columns, separated by commas.")]]
    binary_data_size: NotRequired[Annotated[int, Field(description="Bytes behind the JSON object.")]]


class ResponseOutputAnswer(TypedDict):
    """One output tensor."""

    name: str
    shape: list[int]
    datatype: Literal["FP64", "INT64", "BOOL", "BYTES"]
    parameters: NotRequired[OutputAnswerParameters]
    data: NotRequired[
        Annotated[
            list[float | bool | str],
            Field(description="Row-major and flat; not given where the tensor is binary data."),
        ]
    ]


class InferenceAnswerParameters(TypedDict):
    """What else decided the answer."""

    knowledge_hash: str


class InferenceAnswer(TypedDict):
    """The articles' scores, as tensors."""

    model_name: str
    model_version: str
    id: NotRequired[str]
    parameters: InferenceAnswerParameters
    outputs: list[ResponseOutputAnswer]


class InferenceErrorAnswer(TypedDict):
    """What went wrong."""

    error: str
