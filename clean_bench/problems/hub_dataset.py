"""Any dataset of the hub, and any folder laid out like one, as a problem set.

Without a config in its name, a dataset's default config is taken, or its only one; without a split, the
only split, or `test`. Without a revision, the newest commit is taken and pinned at the first load, as
for the sets of the catalog.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from clean_bench.errors import HubUnreachable, UserError
from clean_bench.foreign_files.regular_file import check_regular
from clean_bench.problems import hub_source, pins
from clean_bench.problems.columns import check_columns, problem_from_row, with_unique_ids
from clean_bench.problems.hub_source import Configs, DatasetSource, HuggingFace, Unreachable
from clean_bench.problems.problem import Problem, ProblemSet
from clean_bench.problems.set_names import HubName

_TEST = "test"
_MOST_ENTRIES = 100_000


def load_hub_dataset(
    dataset: HubName,
    label: str,
    columns: Mapping[str, str],
    source: DatasetSource | None = None,
    *,
    empty: bool = False,
) -> ProblemSet:
    """The problems of a split of a hub dataset.

    `about` of the set holds hub, configs, split, commit, content_sha256, and the columns if any are
    named.

    Args:
        label: name of the set.
        columns: columns of the dataset by field, for those not to be recognized.
        empty: whether the text of a problem may be blank.

    Raises:
        UserError: if the hub and its cache do not have the dataset, the config, the split or a column
            (the message lists those there are), or the rows differ from those of the first load.
    """
    source = source or HuggingFace()
    hub = dataset.repository
    pin_key = None if dataset.revision else _pin_key(dataset, columns)
    pin = pins.find(pin_key) if pin_key else None
    try:
        if pin is not None:
            commit = pin.commit
        elif dataset.revision:
            commit = source.commit_of(hub, dataset.revision)
        else:
            commit = source.newest_commit(hub)
        config = choose_config(source.configs(hub, commit), dataset.config, dataset.split, hub)
        splits = source.splits(hub, config, commit)
        split = choose_split(splits, dataset.split, hub, dataset.config)
        rows = source.rows(hub, config, split, commit)
    except Unreachable as error:
        raise HubUnreachable(
            f"{hub}: no such file or folder, and as a dataset of the hub: {error}; a local file or "
            "folder may be given instead"
        ) from None
    problems = _problems(rows, columns, f"{hub}:{config}/{split}", hub, empty)
    content_sha256 = ProblemSet(label, problems).content_sha256
    if pin_key:
        pins.confirm(pin_key, pins.Pin(commit, content_sha256), f"{hub} at {commit[:12]}")
    about = {
        "hub": hub,
        "configs": [config],
        "split": split,
        "commit": commit,
        "content_sha256": content_sha256,
        **({"columns": dict(columns)} if columns else {}),
    }
    return ProblemSet(label, problems, about, "public")


def load_dataset_folder(
    folder: Path,
    config: str | None,
    split: str | None,
    label: str,
    columns: Mapping[str, str],
    *,
    empty: bool = False,
) -> ProblemSet:
    """The problems of a split of a local folder that is laid out like a hub dataset.

    Args:
        columns, empty: as in `load_hub_dataset`.

    Raises:
        UserError: as `load_hub_dataset`.
    """
    where = str(folder)
    _require_regular_files(folder)
    try:
        given, configs = config, hub_source.configs_of(folder)
        config = choose_config(configs, config, split, where)
        split = choose_split(hub_source.splits_of(folder, config), split, where, given)
        rows = hub_source.rows_of(folder, config, split)
    except Unreachable as error:
        raise UserError(f"{folder}: {error}") from None
    name = folder.resolve().name
    problems = _problems(rows, columns, f"{name}:{config}/{split}", where, empty)
    about: dict[str, Any] = {"folder": name, "configs": [config], "split": split}
    about |= {"columns": dict(columns)} if columns else {}
    return ProblemSet(label, problems, about)


def _require_regular_files(folder: Path) -> None:
    """Raise `UserError` for a pipe or a device in a folder: reading it would never end."""
    for path in islice(folder.rglob("*"), _MOST_ENTRIES):
        if path.exists() and not path.is_dir():
            check_regular(path)


def choose_config(configs: Configs, wanted: str | None, split: str | None, name: str) -> str:
    """The config of that name, the default one, or the only one.

    Raises:
        UserError: listing the configs.
    """
    if wanted is None:
        if configs.default is not None:
            return configs.default
        if len(configs.names) == 1:
            return configs.names[0]
    elif wanted in configs.names:
        return wanted
    example = f"{name}[{split if split in configs.names else configs.names[0]}/SPLIT]"
    got = f"got {wanted}" if wanted else "got none"
    raise UserError(
        f"{name}: expected one of its configs {_listed(configs.names)}, {got}; write {example}"
    )


def choose_split(splits: Sequence[str], wanted: str | None, name: str, config: str | None) -> str:
    """The split of that name, `test`, or the only one.

    Args:
        config: the config as given by the user.

    Raises:
        UserError: listing the splits.
    """
    if wanted is None:
        if _TEST in splits:
            return _TEST
        if len(splits) == 1:
            return splits[0]
    elif wanted in splits:
        return wanted
    example = f"{name}[{config + '/' if config else ''}{splits[0] if splits else 'SPLIT'}]"
    got = f"got {wanted}" if wanted else "got none"
    raise UserError(f"{name}: expected one of its splits {_listed(splits)}, {got}; write {example}")


def _listed(names: Sequence[str]) -> str:
    most = 30
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _pin_key(dataset: HubName, columns: Mapping[str, str]) -> str:
    """The dataset as named; another mapping gives other problems and has a pin of its own."""
    mapped = ",".join(f"{field}={columns[field]}" for field in sorted(columns))
    return f"{dataset.repository}[{dataset.config or ''}/{dataset.split or ''}]{mapped}"


def _problems(
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    source: str,
    where: str,
    empty: bool,
) -> list[Problem]:
    if not rows:
        raise UserError(f"{where}: expected at least one row, got none")
    check_columns(columns, rows, where)
    return with_unique_ids(
        problem_from_row(row, number, place, place, mapped=columns, empty=empty)
        for number, row in enumerate(rows, start=1)
        for place in [f"{source}:{number}"]
    )
