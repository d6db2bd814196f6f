"""Backticked references in docstrings name modules, members and files that exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("clean_bench", "generators", "trainers", "leaderboards")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
_NAME = re.compile(rf"`((?:{'|'.join(PACKAGES)})(?:\.\w+)+)(?:\(\))?`")
_PATH = re.compile(rf"`((?:{'|'.join((*PACKAGES, 'tests', 'measurements', 'docs'))})/[\w./-]*)`")


def docstrings(path):
    """All string statements of a file: docstrings, and the comments below constants."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


def exists(name):
    """Whether a dotted name is a module, or one followed by names in its source; NAME is any name."""
    parts = name.removesuffix(".NAME").split(".")
    for length in range(len(parts), 0, -1):
        folder = ROOT.joinpath(*parts[:length])
        for path in (folder.with_suffix(".py"), folder / "__init__.py"):
            if path.is_file():
                source = path.read_text()
                return all(re.search(rf"\b{part}\b", source) for part in parts[length:])
    return False


@pytest.mark.parametrize("package", PACKAGES)
def test_references_in_docstrings_exist(package):
    stale = {
        f"{path.relative_to(ROOT)}: {reference}"
        for path in FILES
        if path.is_relative_to(ROOT / package)
        for text in docstrings(path)
        for reference, there in (
            *((name, exists(name)) for name in _NAME.findall(text)),
            *((file, (ROOT / file).exists()) for file in _PATH.findall(text)),
        )
        if not there
    }
    assert not stale


def test_a_stale_reference_is_found():
    assert exists("generators.forms.signed_sum")
    assert exists("generators.forms.signed_sum.SignedSum.min_bits")
    assert not exists("generators.forms.signed_sums")
    assert not exists("generators.forms.signed_sum.SignedSums")
    assert _NAME.findall("see `generators.family`, `generators.x.Y` and `other.module`") == [
        "generators.family",
        "generators.x.Y",
    ]
