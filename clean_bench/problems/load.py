"""Load a problem set by its name, as given to `--on` and `--data`; `set_names` holds the grammar.

load_problems("math500")                        # from the hub, pinned at its first load
load_problems("math500=path/to/file.jsonl")     # a local file (or folder) under a name
load_problems("sets/fresh-1")                   # a problem-set folder
load_problems("my/problems.csv:answer=loesung") # a file; columns that are not named are recognized
load_problems("AI-MO/aimo-validation-aime[train]")   # a split of any hub dataset
load_problems("downloads/aime[train]")          # a folder laid out like a hub dataset
load_problems("one-shot/pi_1")                  # a training example of One-Shot RLVR
load_problems("famous-passages")                # the positive control of the probe
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from clean_bench.artifacts.manifest import NAME as MANIFEST
from clean_bench.errors import UserError
from clean_bench.problems import files, hub
from clean_bench.problems.catalog import BENCHMARKS
from clean_bench.problems.columns import NO_COLUMNS
from clean_bench.problems.famous_passages import NAME as FAMOUS_PASSAGES
from clean_bench.problems.famous_passages import famous_passages
from clean_bench.problems.hub_dataset import load_dataset_folder, load_hub_dataset
from clean_bench.problems.one_shot import PREFIX as ONE_SHOT
from clean_bench.problems.one_shot import one_shot_set
from clean_bench.problems.problem import ProblemSet, load_folder
from clean_bench.problems.set_names import (
    HUB_FORM,
    exists,
    parse_hub_name,
    split_columns,
    split_label,
)

_FOLDER = re.compile(r"(?P<path>.+?)\[(?:(?P<config>[^\[\]]+)/)?(?P<split>[^\[\]/]+)\]", re.DOTALL)
_MOST_ENTRIES = 10_000
_SHIPPED: Mapping[str, Callable[[], ProblemSet]] = {FAMOUS_PASSAGES: famous_passages}
_RESOLVERS: dict[str, Callable[[str], ProblemSet]] = {ONE_SHOT: one_shot_set}


def register_set_resolver(prefix: str, set_of: Callable[[str], ProblemSet]) -> None:
    """Register a prefix of set names, such as `organism:` in `organism:reciter/twin`.

    Args:
        set_of: returns the set for the part of the name after the prefix; raises `UserError`.
    """
    _RESOLVERS[prefix] = set_of


def shipped_set(name: str) -> ProblemSet | None:
    """The set of a name that ships with the package, or None for another name.

    Such a name is `famous-passages`, or has a registered prefix (`organism:reciter/twin`).

    Raises:
        UserError: if there is no such set.
    """
    return _known(name) if name in _SHIPPED or name.startswith(tuple(_RESOLVERS)) else None


def load_problems(spec: str, *, empty: bool = False) -> ProblemSet:
    """The problem set of a name or path.

    A name of the catalog or of a shipped set stands for that set, even if a local file has that name
    (`./math500` is the file). A local path is preferred to a hub dataset of that name. A set from a path
    is named after the folder, or the file without its suffix.

    Args:
        empty: whether the text of a problem may be blank; the probe counts such problems.

    Raises:
        UserError: if there is no such benchmark, dataset, file or folder, or it cannot be read.
    """
    located = locate_set(spec, empty=empty)
    if isinstance(located, ProblemSet):
        return located
    if located.path.is_dir():
        return load_folder(located.path, located.name)
    return files.load_file(located.path, located.name, located.columns, empty=empty)


@dataclass(frozen=True, slots=True)
class LocalSet:
    """A set in a file or a problem-set folder, which may not exist, and the columns that are named."""

    name: str
    path: Path
    columns: Mapping[str, str]


def locate_set(spec: str, *, empty: bool = False) -> ProblemSet | LocalSet:
    """A set from the hub or shipped with the package, or the place of a local one.

    Args:
        empty: as of `load_problems`.

    Raises:
        UserError: as `load_problems`, except for the content of a file or problem-set folder.
    """
    if exists(spec) and not _is_known(spec):
        return _local(Path(spec).expanduser(), None, NO_COLUMNS, empty)
    name, columns = split_columns(spec)
    label, source = split_label(name)
    if exists(source) and not (label is None and _is_known(source)):
        return _local(Path(source).expanduser(), label, columns, empty)
    if _is_known(source):
        if columns:
            raise UserError(f"{source}: its columns are known; leave out what follows the name")
        known = _known(source)
        return known if label is None else replace(known, name=label)
    of_folder = _folder_split(source, label, columns, empty)
    return of_folder or _hub_dataset(source, label, columns, empty)


def _is_known(source: str) -> bool:
    return source in BENCHMARKS or source in _SHIPPED or source.startswith(tuple(_RESOLVERS))


def _known(source: str) -> ProblemSet:
    """A set of the catalog, a shipped one, or one of a registered prefix."""
    if source in BENCHMARKS:
        return hub.load_benchmark(BENCHMARKS[source])
    if source in _SHIPPED:
        return _SHIPPED[source]()
    prefix = next(prefix for prefix in _RESOLVERS if source.startswith(prefix))
    return _RESOLVERS[prefix](source.removeprefix(prefix))


def _local(
    path: Path, label: str | None, columns: Mapping[str, str], empty: bool
) -> ProblemSet | LocalSet:
    """A file or a folder that exists."""
    if not path.is_dir():
        return LocalSet(label or files.stem_of(path), path, columns)
    name = label or path.resolve().name
    if not os.path.lexists(path / MANIFEST) and _has_data_files(path):
        return load_dataset_folder(path, None, None, name, columns, empty=empty)
    if columns:
        raise UserError(
            f"{path}: the columns of a problem-set folder are known; leave out what follows the name"
        )
    return LocalSet(name, path, columns)


def _has_data_files(folder: Path) -> bool:
    """Whether a folder holds tables, or a folder with tables that is no artifact."""
    for path in islice(folder.iterdir(), _MOST_ENTRIES):
        entries = [path]
        if path.is_dir() and not (path / MANIFEST).is_file():
            entries = list(islice(path.iterdir(), _MOST_ENTRIES))
        # A model folder has .json files.
        if any(files.suffix_of(entry) not in (None, ".json") for entry in entries):
            return True
    return False


def _folder_split(
    source: str, label: str | None, columns: Mapping[str, str], empty: bool
) -> ProblemSet | None:
    """The set of `FOLDER[CONFIG/SPLIT]`; None if there is no such folder."""
    match = _FOLDER.fullmatch(source)
    if match is None or not exists(match["path"]):
        return None
    path = Path(match["path"]).expanduser()
    if not path.is_dir():
        raise UserError(
            f"{source}: expected a folder before the brackets, got a file; leave them out"
        )
    parts = (path.resolve().name, match["config"], match["split"])
    name = label or "-".join(part for part in parts if part)
    return load_dataset_folder(path, match["config"], match["split"], name, columns, empty=empty)


def _hub_dataset(
    source: str, label: str | None, columns: Mapping[str, str], empty: bool
) -> ProblemSet:
    dataset = None if files.suffix_of(source) else parse_hub_name(source)
    if dataset is not None:
        return load_hub_dataset(dataset, label or dataset.label, columns, empty=empty)
    if "/" in source.partition(":")[0] or files.suffix_of(source):
        form = f"; a dataset of the hub is written as {HUB_FORM}" if "[" in source else ""
        raise UserError(f"{source}: no such file or folder{form}")
    rest = source.partition(":")[2]
    prefixes = [f"{prefix}{rest}" for prefix in _RESOLVERS if prefix.endswith(":")]
    close = difflib.get_close_matches(source.lower(), [*BENCHMARKS, *_SHIPPED, *prefixes], n=3)
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    raise UserError(
        f"no set named {source!r}: expected a known name ({', '.join([*BENCHMARKS, *_SHIPPED])}), "
        "ORG/DATASET of the hub, a problem-set folder, a JSONL, JSON, CSV, TSV or Parquet file, "
        f"{ONE_SHOT}pi_1, organism:NAME/planted or organism:NAME/twin{hint}"
    )
