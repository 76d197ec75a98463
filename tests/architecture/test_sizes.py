"""Small files, small functions; everything annotated is mypy's business."""

import ast
import statistics
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = sorted(path for folder in ("bot", "nlp", "storage", "templates") for path in (ROOT / folder).rglob("*.py"))


def functions(path: Path) -> list[int]:
    tree = ast.parse(path.read_text("utf-8"))
    return [(node.end_lineno or node.lineno) - node.lineno + 1 for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def p90(values: list[int]) -> float:
    return statistics.quantiles(values, n=10)[-1]


def test_files_are_small() -> None:
    lengths = [len(path.read_text("utf-8").splitlines()) for path in FILES]
    assert max(lengths) <= 500
    assert p90(lengths) <= 350
    assert statistics.median(lengths) <= 120


def test_functions_are_small() -> None:
    lengths = [length for path in FILES for length in functions(path)]
    assert max(lengths) <= 60
    assert p90(lengths) <= 30
    assert statistics.median(lengths) <= 12


def test_the_pipeline_stays_a_page() -> None:
    lines = (ROOT / "bot" / "pipeline.py").read_text("utf-8").splitlines()
    assert len(lines) <= 120
