"""The grading code of an export, chosen by the gold answers of the set.

Where all gold answers are plain numbers, an export includes the source of `standalone` and of the
modules it needs, joined into one file. Numbers are decided by the same code as in clean-bench, and the
file imports only the standard library.

Other answers need the full grader: `2\\sqrt{5}/5` is `\\frac{2\\sqrt{5}}{5}`. The export of a set with
such an answer calls `clean_bench.integrations.exported_set`. It needs clean-bench where it runs, and
refuses to run without it.
"""

from __future__ import annotations

import ast
import inspect
import pprint
import sys
from collections.abc import Callable
from dataclasses import dataclass

from clean_bench import __version__
from clean_bench.errors import UserError
from clean_bench.exports import standalone
from clean_bench.exports.stored_set import StoredSet
from clean_bench.exports.write import fill_template
from clean_bench.grading import unreadable_gold
from clean_bench.grading.plain_answer import parse_rational

INSTALL = (
    f"pip install PATH_OF_CLEAN_BENCH      # a checkout or a wheel of clean-bench {__version__}; "
    "without extras"
)
"""The name `clean-bench` on a package index is another project's, so no dependency may name it."""
_NUMBERS = """\
All gold answers are plain numbers. They are compared exactly (0.5 is 1/2, 0.667 is not 2/3), and no
further package is needed.
"""
_OTHERS = f"""\
, so responses are graded by
clean-bench {__version__}, as `clean-bench score` does. Install it first; the name `clean-bench` on a
package index is another project's:

    {INSTALL}
"""
_COMMENT = f"""\
# Grading needs clean-bench as well. The name on a package index is another project's: install it with
#   {INSTALL}
"""

_MODULES = (
    "clean_bench.grading.plain_answer",
    "clean_bench.grading.extraction.phrases",
    "clean_bench.grading.extraction.short_answers",
    "clean_bench.grading.extraction.formula_runs",
    "clean_bench.grading.extraction.results",
    "clean_bench.grading.extraction.answer_spans",
    "clean_bench.grading.extraction.markers",
    "clean_bench.grading.extraction.boxes",
    "clean_bench.grading.extraction.closing_sentence",
    "clean_bench.grading.extraction.rules",
    standalone.__name__,
)
"""In the order of their dependencies; no two define the same name."""
_DATA = "LANGUAGES"
"""The name of what a module reads from a file; its value is written in place of the reading."""
_READS_DATA = ("tomllib", "importlib.resources")


@dataclass(frozen=True, slots=True)
class Scorer:
    """How an export grades.

    Attributes:
        grader: its name in the provenance.
        source: the module that defines `correct(gold, response)`, joined with further code.
        readme: the paragraph of the README.
        requirement: a comment for `pyproject.toml` on what has to be installed; empty for nothing.
    """

    grader: str
    source: Callable[[str], str]
    readme: str
    requirement: str = ""


def scorer_of(problem_set: StoredSet) -> Scorer:
    """The scorer of a set.

    Raises:
        UserError: naming the problem, if no answer can be read from a gold answer.
    """
    rows = problem_set.rows
    others = [row for row in rows if parse_rational(row["answer"]) is None]
    for row in others:
        if reason := unreadable_gold(row["answer"]):
            raise UserError(
                f"{problem_set.folder}: problem {row['id']}: expected a gold answer, got {reason}: "
                "export to jsonl, or give the answer"
            )
    if not others:
        return Scorer("standalone", scorer_source, _NUMBERS)
    counts = f"{len(others)} of the {len(rows)} gold answers are no plain numbers"
    return Scorer(f"clean-bench {__version__}", full_grader_source, f"{counts}{_OTHERS}", _COMMENT)


def full_grader_source(more: str = "") -> str:
    """The module that calls the grader of clean-bench, and `more` with its imports at the top."""
    imports: set[str] = set()
    part = _part(more, imports)
    head = fill_template(
        "full_grader.py",
        version=__version__,
        install=INSTALL,
        imports="".join(f"{line}\n" for line in sorted(imports)) + "\n" * bool(imports),
    ).decode()
    return f"{head}\n\n{part}\n" if part else head


def scorer_source(more: str = "") -> str:
    """The joined source and `more`: docstring first, then imports, then the modules in order."""
    imports: set[str] = set()
    parts = [_part(inspect.getsource(sys.modules[name]), imports, name) for name in _MODULES]
    if more:
        parts.append(_part(more, imports))
    head = [f'r"""{inspect.cleandoc(standalone.__doc__ or "")}\n"""', ""]
    head += ["from __future__ import annotations", "", *sorted(imports)]
    return "\n".join(head) + "\n\n" + "\n\n\n".join(parts) + "\n"


def _part(text: str, imports: set[str], module: str = "") -> str:
    """A module without its docstring and imports; its standard-library imports go to `imports`."""
    lines = text.splitlines()
    for node in ast.parse(text).body:
        ours = isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in (
            "__future__",
            "clean_bench",
        )
        is_import = isinstance(node, ast.Import | ast.ImportFrom)
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        reads_data = isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == _DATA
        if is_import and not ours and not _is_of(node, _READS_DATA):
            imports.add(ast.unparse(node))
        if is_import or is_docstring or reads_data:
            assert node.end_lineno is not None
            lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
        if reads_data:
            value = getattr(sys.modules[module], _DATA)
            lines[node.lineno - 1] = (
                f"{_DATA} = {pprint.pformat(value, width=99, sort_dicts=False)}"
            )
    return "\n".join(lines).strip("\n")


def _is_of(node: ast.stmt, modules: tuple[str, ...]) -> bool:
    """Whether a statement imports one of the modules."""
    if isinstance(node, ast.ImportFrom):
        return node.module in modules
    return isinstance(node, ast.Import) and any(alias.name in modules for alias in node.names)
