"""Make the baselines anew, all of them or those named: `python -m tests.baselines ladder`."""

from __future__ import annotations

import json
import sys

from tests.baselines import FOLDER, RUNS, fingerprint, run, versions

for name in sys.argv[1:] or RUNS:
    content = {"versions": versions(), **fingerprint(run(name))}
    (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(name)
