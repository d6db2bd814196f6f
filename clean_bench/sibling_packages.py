"""Import generators, trainers and leaderboards from beside clean_bench.

The four packages are installed side by side, under names that other projects use as well. A notebook
and `python -m` search the current folder first, and PYTHONPATH comes before installed packages. So a
`trainers/` of the user would be imported in place of ours. The finder of this module is asked first.
It answers only when the importing code is ours, so the user's own imports are as before.

A process holds one package per name. Where the user's was imported first, ours cannot be imported:
`check_siblings` raises a `UserError` that names its file.
"""

from __future__ import annotations

import importlib
import os
import pickle
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from clean_bench.errors import UserError

SIBLINGS = ("generators", "trainers", "leaderboards")
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
_OURS = tuple(
    os.path.join(_ROOT, name, "")  # noqa: PTH118
    for name in ("clean_bench", *SIBLINGS)
)
_IMPORT_SYSTEM = ("<frozen importlib", os.path.dirname(importlib.__file__))  # noqa: PTH120


class SiblingFinder(MetaPathFinder):
    """Finds the packages of `SIBLINGS` beside clean_bench for code of the four packages.

    With `claimed`, for all code of the process.
    """

    claimed = False

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package = name.partition(".")[0]
        if package not in SIBLINGS:
            return None
        ours = self.claimed or _importer().startswith(_OURS)
        if name == package:
            return PathFinder.find_spec(name, [_ROOT]) if ours else None
        loaded = sys.modules.get(package)
        if loaded is None or ours == _is_ours(loaded):
            return None
        if ours:
            raise ImportError(_foreign(loaded), name=name)
        if PathFinder.find_spec(name, path) is None:
            raise ModuleNotFoundError(
                f"No module named {name!r}: {package} is a package of clean-bench in this process "
                f"({_file(loaded)}); import your own {package} in a process of its own",
                name=name,
            )
        return None


_FINDER = SiblingFinder()


def install() -> None:
    """Put the finder first. Further calls do nothing."""
    if not any(isinstance(finder, SiblingFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _FINDER)


def claim_process() -> None:
    """Resolve the names of `SIBLINGS` to ours for all code: for processes that run nothing else."""
    _FINDER.claimed = True


def check_siblings(*names: str) -> None:
    """Raise `UserError` if another package of one of the names was imported before."""
    for name in names:
        loaded = sys.modules.get(name)
        if loaded is not None and not _is_ours(loaded):
            raise UserError(_foreign(loaded))


def initializer(function: Callable[..., None], *arguments: Any) -> tuple[Any, tuple[bytes]]:
    """`initializer` and `initargs` of a process pool that calls the function in each new process.

    The processes resolve the names of `SIBLINGS` to ours before they unpickle anything of them.
    """
    return _start_process, (pickle.dumps((function, arguments)),)


def _start_process(pickled: bytes) -> None:
    claim_process()
    function, arguments = pickle.loads(pickled)  # written by `initializer` in the parent process
    function(*arguments)


def _importer() -> str:
    """The file of the code that imports: the first frame outside of the import system."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_IMPORT_SYSTEM):
        frame = frame.f_back
    return frame.f_code.co_filename


def _is_ours(package: ModuleType) -> bool:
    return _file(package).startswith(_OURS)


def _file(package: ModuleType) -> str:
    return getattr(package, "__file__", None) or next(iter(package.__path__), "")


def _foreign(package: ModuleType) -> str:
    return (
        f"expected the package {package.__name__} of clean-bench, got another one from "
        f"{_file(package) or 'an unknown place'}, imported before: run clean-bench in a process of "
        "its own"
    )
