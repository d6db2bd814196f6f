"""Load a problem set by name or path, as given to `--on` and `--data`.

load_problems("math500")                        # from the hub, pinned at its first load
load_problems("math500=path/to/file.jsonl")     # a local file (or problem-set folder) under a name
load_problems("sets/fresh-1")                   # a problem-set folder
load_problems("my/problems.parquet")            # a file whose columns are recognized (`columns`)
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from pathlib import Path

from clean_bench.errors import UserError
from clean_bench.problems import files, hub
from clean_bench.problems.catalog import BENCHMARKS
from clean_bench.problems.problem import ProblemSet, load_folder

_NAMED = re.compile(r"(?P<name>[A-Za-z0-9][\w.+-]*)=(?P<path>.+)", re.DOTALL)
_RESOLVERS: dict[str, Callable[[str], ProblemSet]] = {}


def register_set_resolver(prefix: str, set_of: Callable[[str], ProblemSet]) -> None:
    """Register a prefix of set names, such as `organism:` in `organism:reciter/twin`.

    Args:
        set_of: returns the set for the part of the name after the prefix; raises `UserError`.
    """
    _RESOLVERS[prefix] = set_of


def load_problems(spec: str) -> ProblemSet:
    """The problem set of a name or path.

    A registered name always resolves to the hub, even if a local file has that name (`./math500` is the
    file). A set from a path is named after the folder, or the file without its suffix.

    Raises:
        UserError: if there is no such benchmark, file or folder, or it cannot be read.
    """
    located = locate_set(spec)
    if isinstance(located, ProblemSet):
        return located
    name, path = located
    return load_folder(path, name) if path.is_dir() else files.load_file(path, name)


def locate_set(spec: str) -> ProblemSet | tuple[str, Path]:
    """A set from the hub or a registered prefix, or the name and path of a local one.

    The path of `NAME=PATH` may not exist.

    Raises:
        UserError: as `load_problems`, except for the content of a file or folder.
    """
    for prefix, set_of in _RESOLVERS.items():
        if spec.startswith(prefix):
            return set_of(spec.removeprefix(prefix))
    if spec in BENCHMARKS:
        return hub.load_benchmark(BENCHMARKS[spec])
    path = Path(spec).expanduser()
    if path.is_dir():
        return path.resolve().name, path
    if path.exists():
        return path.stem, path
    named = _NAMED.fullmatch(spec)
    if named:
        return named["name"], Path(named["path"]).expanduser()
    if "/" in spec or spec.endswith(files.SUFFIXES):
        raise UserError(f"{spec}: no such file or folder")
    close = difflib.get_close_matches(spec.lower(), BENCHMARKS, n=3, cutoff=0.4)
    names = f"close: {', '.join(close)}" if close else f"known: {', '.join(BENCHMARKS)}"
    raise UserError(
        f"no benchmark named {spec!r} ({names}): expected a name, or the path of a problem-set folder "
        "or of a JSONL, JSON or Parquet file"
    )
