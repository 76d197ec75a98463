"""Where the kill tests stop the process: CONSENTRY_CRASH_AT=point or point:n, the n-th time it is passed.

Imports nothing of ours.
"""

import itertools
import os

POINTS = ("after_store", "in_transaction", "after_commit", "while_sending", "while_telling")
_passed = itertools.count(1)


def crash_point(name: str) -> None:
    """Die here, as by kill -9, when the environment asks for it."""
    wanted, _, times = os.environ.get("CONSENTRY_CRASH_AT", "").partition(":")
    if wanted == name and next(_passed) >= int(times or 1):
        os._exit(9)
