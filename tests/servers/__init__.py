"""Real servers for the tests, started in a folder of their own on free ports of 127.0.0.1, and stopped at the end."""

import os
import shutil

import pytest


def need(program: str, package: str) -> str:
    """The program's path; without it the test is skipped, or fails where no server test may skip."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is not None and os.geteuid() == 0:
        return found
    why = f"{program} is not installed: apt-get install {package}" if found is None else f"{program} needs root here"
    if os.environ.get("CONSENTRY_REQUIRE_SERVERS"):
        pytest.fail(why)
    pytest.skip(why)
