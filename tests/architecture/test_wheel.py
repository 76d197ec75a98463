"""What is installed is the whole program and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("bot", "nlp", "storage", "templates")
LEFT_OUT = ("nlp/training/", "nlp/test_families/", "nlp/corpus/")  # what only those who train the reader need


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, check=True,
                   capture_output=True)
    (wheel,) = folder.glob("consentry-*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def tracked() -> set[str]:
    listed = subprocess.run(["git", "ls-files", *FOLDERS], cwd=ROOT, check=True, capture_output=True, text=True)
    return set(listed.stdout.splitlines())


def test_every_file_of_the_program_is_in_the_wheel(names: set[str]) -> None:
    needed = {name for name in tracked() if not name.startswith(LEFT_OUT)}
    assert needed - names == set()


def test_nothing_else_is(names: set[str]) -> None:
    other = {name for name in names if not name.startswith(tuple(f"{folder}/" for folder in FOLDERS))}
    assert all(".dist-info/" in name for name in other)
    assert not {name for name in names if name.startswith("nlp/test_families/") or "__pycache__" in name}


def test_the_command_line_is_declared(names: set[str]) -> None:
    assert any(name.endswith(".dist-info/entry_points.txt") for name in names)
