"""`GET /static/{name}`: style sheet, scripts and the plotting library, from installed packages alone.

Addresses carry a hash of the content, so that a browser may keep a file for good and never shows an old one.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from riskscore.api.access import OPEN
from riskscore.api.problems import NotFoundError

router = APIRouter(include_in_schema=False, dependencies=[OPEN])

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_PLOTLY = "plotly.min.js"
# The library puts a style sheet for maps into the page unless an element of this id is there already.
_STYLE_GUARD = re.compile(r'getElementById\("([0-9a-f]{64})"\)')
_LEAST_PACKED = 1_024  # bytes


@dataclass(frozen=True)
class Asset:
    """A file as served."""

    name: str
    content: bytes

    @cached_property
    def tag(self) -> str:
        """Stands for the content."""
        return hashlib.sha256(self.content).hexdigest()[:16]

    @cached_property
    def packed(self) -> bytes | None:
        """The content in gzip; None where that is not worth it."""
        return gzip.compress(self.content, 6, mtime=0) if len(self.content) >= _LEAST_PACKED else None


@cache
def assets() -> dict[str, Asset]:
    """All files, by name."""
    folder = files("riskscore.dashboard") / "static"
    own = [Asset(path.name, path.read_bytes()) for path in folder.iterdir() if path.is_file()]
    # Without importing plotly, which takes half a second and is of no use here.
    path = Path(str(distribution("plotly").locate_file(f"plotly/package_data/{_PLOTLY}")))
    return {asset.name: asset for asset in (*own, Asset(_PLOTLY, path.read_bytes()))}


@cache
def plotly_style_guards() -> tuple[str, ...]:
    """Ids of elements that keep the plotting library from adding style sheets, which the CSP forbids."""
    return tuple(dict.fromkeys(_STYLE_GUARD.findall(assets()[_PLOTLY].content.decode())))


def asset_url(name: str) -> str:
    """Where a file stands; for templates."""
    return f"/static/{name}?v={assets()[name].tag}"


@router.get("/static/{name}")
def show_asset(request: Request, name: str) -> Response:
    """A file; for ever where it is asked for by its hash."""
    asset = assets().get(name)
    if asset is None:
        raise NotFoundError("there is no such file", "name")
    headers = {
        "cache-control": "public, max-age=31536000, immutable"
        if request.query_params.get("v") == asset.tag
        else "no-cache",
        "etag": f'"{asset.tag}"',
        "vary": "accept-encoding",
    }
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    content = asset.content
    if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        content = asset.packed
        headers["content-encoding"] = "gzip"
    return Response(content, headers=headers, media_type=_MEDIA_TYPES[Path(name).suffix])
