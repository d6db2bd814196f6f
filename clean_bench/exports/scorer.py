"""The source of `standalone` and of the modules it needs, joined into one file.

Exports include this file, so that a tool without clean-bench decides numbers with the same code as
clean-bench. The file imports only the standard library.
"""

from __future__ import annotations

import ast
import inspect
import sys

from clean_bench.exports import standalone

_MODULES = (
    "clean_bench.grading.plain_answer",
    "clean_bench.grading.extract",
    standalone.__name__,
)
"""In the order of their dependencies; no two define the same name."""


def scorer_source(more: str = "") -> str:
    """The joined source and `more`: docstring first, then imports, then the modules in order."""
    imports: set[str] = set()
    parts = [_part(inspect.getsource(sys.modules[name]), imports) for name in _MODULES]
    if more:
        parts.append(_part(more, imports))
    head = [f'r"""{inspect.cleandoc(standalone.__doc__ or "")}\n"""', ""]
    head += ["from __future__ import annotations", "", *sorted(imports)]
    return "\n".join(head) + "\n\n" + "\n\n\n".join(parts) + "\n"


def _part(text: str, imports: set[str]) -> str:
    """A module without its docstring and imports; its standard-library imports go to `imports`."""
    lines = text.splitlines()
    for node in ast.parse(text).body:
        ours = isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in (
            "__future__",
            "clean_bench",
        )
        is_import = isinstance(node, ast.Import | ast.ImportFrom)
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_import and not ours:
            imports.add(ast.unparse(node))
        if is_import or is_docstring:
            assert node.end_lineno is not None
            lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
    return "\n".join(lines).strip("\n")
