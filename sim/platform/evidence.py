"""Translation of evidence from pseudonyms, which detectors use, to the world's account numbers.

By convention a sentence refers to another account as `account 17`, and facts that hold an account are named `nearest`
or `partner`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

ACCOUNT_FACTS = ("nearest", "partner")
_NAMED = re.compile(r"\b([Aa]ccount) (\d+)\b")


def under_internal_numbers(evidence: Any, internal: NDArray[np.int64]) -> Any:
    """Return a detector's evidence with every pseudonym put back.

    Parameters
    ----------
    evidence : detectors.Evidence
        Or any dataclass with `account`, `sentence` and `facts`.
    internal : int64 (accounts,)
        The internal number of each pseudonym.
    """
    facts = {
        name: int(internal[int(value)]) if name in ACCOUNT_FACTS else value for name, value in evidence.facts.items()
    }
    sentence = _NAMED.sub(lambda found: f"{found[1]} {internal[int(found[2])]}", evidence.sentence)
    return replace(evidence, account=int(internal[evidence.account]), sentence=sentence, facts=facts)
