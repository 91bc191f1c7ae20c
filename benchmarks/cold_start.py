"""From nothing to the first score: a fresh process that imports, loads the model and scores one article.

    python -m benchmarks.cold_start

Against a process that imports scikit-learn, loads the fitted estimator and scores the same text.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from benchmarks.measure import arguments, model_folder, show

_TEXT = "The U.S. Commerce Department told Nvidia that exports of H20 chips to China need a licence."
_START = f"""
from pathlib import Path
from riskscore.assess import Assessor
from riskscore.types import Article
folder = Path({{folder!r}})
assessor = Assessor.load(folder.parent, folder.name, compiled={{compiled}})
assessor.assess(Article(text={_TEXT!r}))
"""
_SKLEARN = f"""
import joblib
joblib.load({{folder!r}} + "/model.joblib")["classifier"].predict_proba([{_TEXT!r}])
"""


def main() -> None:
    options = arguments(__doc__).parse_args()
    folder = str(model_folder())
    programs = {
        "Python itself": "",
        "riskscore, NumPy": _START.format(folder=folder, compiled=False),
        "riskscore, compiled": _START.format(folder=folder, compiled=True),
        "scikit-learn": _SKLEARN.format(folder=folder),
    }
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for number in range(options.rounds + 1):
        for name, program in programs.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True)
            if number:  # the first round reads the disk, and compiles what was never compiled
                seconds[name].append(time.perf_counter() - began)
    show(
        "From nothing to the first score",
        ["", "seconds, median", "best"],
        [[name, f"{statistics.median(times):.2f}", f"{min(times):.2f}"] for name, times in seconds.items()],
    )


if __name__ == "__main__":
    main()
