"""The type of a moment in a query or body: any ISO 8601 moment in, UTC within our years out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator

from riskscore.moments import utc

Moment = Annotated[datetime, AfterValidator(utc)]
