"""The source of `standalone` and of the modules it needs, joined into one file.

Exports include this file, so that a tool without clean-bench decides numbers with the same code as
clean-bench. The file imports only the standard library.
"""

from __future__ import annotations

import ast
import inspect
import pprint
import sys

from clean_bench.exports import standalone

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
