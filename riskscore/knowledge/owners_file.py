"""owners.csv → by subsidiary its owner, both companies of companies.csv.

Whose exposure adds to whose: no feature and no score of an article depends on it, so it is no part of the
knowledge's hash, and a change of owner leaves every assessment as it was.
"""

from __future__ import annotations

import csv
from collections.abc import Collection
from pathlib import Path

from riskscore.knowledge.faults import Faults

COLUMNS = ("company_id", "owner_id", "basis")


def read_owners(path: Path, company_ids: Collection[str], faults: Faults) -> dict[str, str]:
    """Owners by company, in file order; whatever is amiss goes to `faults`. A missing file has none."""
    if not path.exists():
        return {}
    rows = csv.DictReader(faults.read(path).splitlines(), restkey="further")
    if tuple(rows.fieldnames or ()) != COLUMNS:
        faults.add(path, 1, f"the columns must be {', '.join(COLUMNS)}")
        return {}
    owners: dict[str, str] = {}
    for row in rows:
        line, company_id, owner_id = rows.line_num, row["company_id"], row["owner_id"]
        for one in (company_id, owner_id):
            if one not in company_ids:
                faults.add(path, line, f"{one!r} is no company of companies.csv")
        if not row["basis"]:
            faults.add(path, line, "says not on what it is based")
        if company_id in owners:
            faults.add(path, line, f"{company_id!r} has an owner already")
        above = owner_id
        while above in owners and above != company_id:
            above = owners[above]
        if above == company_id:
            faults.add(path, line, f"{company_id!r} would own itself")
            continue
        owners.setdefault(company_id, owner_id)
    return owners
