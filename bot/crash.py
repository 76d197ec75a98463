"""Where the kill tests stop the process: CONSENTRY_CRASH_AT names the point. Imports nothing of ours."""

import os

POINTS = ("after_store", "in_transaction", "after_commit", "while_sending")


def crash_point(name: str) -> None:
    """Die here, as by kill -9, when the environment asks for it."""
    if os.environ.get("CONSENTRY_CRASH_AT") == name:
        os._exit(9)
