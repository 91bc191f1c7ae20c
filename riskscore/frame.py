"""A pandas frame of articles in, the same rows with their scores out; also the unit of work on a cluster."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from riskscore.archive.columns import Columns, Item, read_item
from riskscore.archive.rows import columns as output_columns
from riskscore.archive.rows import flat_row
from riskscore.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from riskscore.assess import Assessor

_LEFT_OUT = ("file", "row", "id", "title", "url", "source", "published_at")  # the frame has them itself


def score_frame(
    frame: pd.DataFrame,
    *,
    columns: Columns | None = None,
    rationale: bool = False,
    assessor: Assessor | None = None,
) -> pd.DataFrame:
    """Score a frame of articles.

    Parameters
    ----------
    frame : DataFrame, shape (n_articles, n_columns)
        With a column for at least one of title, text and html.
    columns : Columns, optional
        Columns that do not go by one of the usual names ("headline", "body", "pub_date", …).
    rationale : bool
        Also give contributions, evidence and reason codes, as one nested value a row.
    assessor : Assessor, optional
        The shipped model by default; loaded once a process.

    Returns
    -------
    DataFrame, shape (n_articles, n_output_columns)
        With the index of `frame`, to be joined to it: language, abstained, abstain_reason, score (0-100),
        stage, direction, and for each regime score, probability, severity and flagged; companies,
        exposed_companies; `error`, which says what is wrong with a row that could not be scored and is
        missing elsewhere.

    Raises
    ------
    InputError
        No column holds a title, text or html.
    """
    import pandas as pd

    assessor = assessor or _shipped()
    complete = (columns or Columns()).completed([str(name) for name in frame.columns])
    names = [name for name in output_columns(rationale=rationale) if name not in _LEFT_OUT]
    items: list[Item | InputError] = []
    wanted = [name for name in frame.columns if str(name) in complete.given().values()]
    for values in frame[wanted].itertuples(index=False, name=None):
        try:
            items.append(read_item(dict(zip(map(str, wanted), map(_plain, values), strict=True)), complete))
        except InputError as error:
            items.append(error)
    sound = [item for item in items if isinstance(item, Item)]
    assessments = iter(assessor.assess_many([item.article for item in sound], rationale=rationale))
    rows: list[dict[str, Any]] = []
    for item in items:
        scored = item if isinstance(item, InputError) else next(assessments)
        if isinstance(item, InputError) or isinstance(scored, InputError):
            rows.append({**dict.fromkeys(names), "error": str(scored)})
        else:
            rows.append({**flat_row(item, scored, "", 0, rationale=rationale), "error": None})
    return pd.DataFrame(rows, index=frame.index, columns=[*names, "error"])


def _plain(value: Any) -> object:
    """pandas' missing values as None; a Timestamp is a datetime already."""
    return None if value is None or value != value else value


@lru_cache(maxsize=1)
def _shipped() -> Assessor:
    from riskscore.assess import Assessor
    from riskscore.settings import load_settings

    settings = load_settings()
    return Assessor.load(settings.model_dir, settings.model_version, compiled=True)
