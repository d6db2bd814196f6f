"""The code of `standalone` and of what it needs, as one text that imports only the standard library.

Exports carry this text, so that a tool without clean-bench decides about numbers with the very code
that clean-bench decides with.
"""

from __future__ import annotations

import ast
import inspect
import sys

from clean_bench.exports import standalone

_MODULES = (
    "clean_bench.grading.normal",
    "clean_bench.grading.exact",
    "clean_bench.grading.extract",
    standalone.__name__,
)
"""In order of need; no two define the same name."""


def python(more: str = "") -> str:
    """The joined code, and `more` of it: docstring first, then imports, then the modules in order."""
    imports: set[str] = set()
    parts = [_part(inspect.getsource(sys.modules[name]), imports) for name in _MODULES]
    if more:
        parts.append(_part(more, imports))
    head = [f'r"""{inspect.cleandoc(standalone.__doc__ or "")}\n"""', ""]
    head += ["from __future__ import annotations", "", *sorted(imports)]
    return "\n".join(head) + "\n\n" + "\n\n\n".join(parts) + "\n"


def _part(text: str, imports: set[str]) -> str:
    """A module without its docstring and its imports; those of the standard library are added to
    `imports`."""
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
