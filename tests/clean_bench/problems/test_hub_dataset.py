"""Any dataset of the hub, by a stand-in, in the hub's own cache layout, and as a local folder."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clean_bench.errors import UserError
from clean_bench.problems import load_problems
from clean_bench.problems.columns import NO_COLUMNS
from clean_bench.problems.hub_dataset import choose_config, choose_split, load_hub_dataset
from clean_bench.problems.hub_source import Configs, HuggingFace, Unreachable, _request
from clean_bench.problems.set_names import HubName
from clean_bench.problems.stream import stream_problems

ROOT = Path(__file__).resolve().parents[3]
ROWS = [
    {"id": 7, "problem": "P1", "answer": "007", "frage": "F1"},
    {"id": 8, "problem": "P2", "answer": "2", "frage": "F2"},
]


class Fake:
    """A hub with one dataset: rows by config and split."""

    def __init__(self, default: str | None = "main") -> None:
        self.data = {"main": {"train": ROWS[:1], "test": ROWS}, "extra": {"dev": ROWS[1:]}}
        self.default, self.head = default, "a" * 40
        self.asked: list[tuple[str, ...]] = []

    def newest_commit(self, hub: str) -> str:
        self.asked.append(("newest", hub))
        return self.head

    def commit_of(self, hub: str, revision: str) -> str:
        self.asked.append(("commit_of", hub, revision))
        return {"v1": "b" * 40}[revision]

    def configs(self, hub: str, commit: str) -> Configs:
        return Configs(list(self.data), self.default)

    def splits(self, hub: str, config: str, commit: str) -> Sequence[str]:
        return list(self.data[config])

    def rows(self, hub: str, config: str, split: str, commit: str) -> list[dict[str, Any]]:
        self.asked.append(("rows", config, split, commit))
        return self.data[config][split]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLEAN_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "datasets"))
    return tmp_path / "cache"


def test_the_first_load_pins_the_newest_commit_and_later_loads_keep_it(cache: Path) -> None:
    fake = Fake()
    first = load_hub_dataset(HubName("o/d"), "d", NO_COLUMNS, fake)
    assert [(p.id, p.problem, p.answer, p.source) for p in first] == [
        ("7", "P1", "007", "o/d:main/test:1"),
        ("8", "P2", "2", "o/d:main/test:2"),
    ]
    assert (first.name, first.role) == ("d", "public")
    assert first.about == {
        "hub": "o/d",
        "configs": ["main"],
        "split": "test",
        "commit": "a" * 40,
        "content_sha256": first.content_sha256,
    }
    pins = json.loads((cache / "benchmarks.json").read_text())
    assert pins == {"o/d[/]": {"commit": "a" * 40, "content_sha256": first.content_sha256}}
    fake.head, fake.asked = "c" * 40, []
    assert load_hub_dataset(HubName("o/d"), "d", NO_COLUMNS, fake) == first
    assert fake.asked == [("rows", "main", "test", "a" * 40)]
    fake.data["main"]["test"] = ROWS[:1]
    with pytest.raises(
        UserError, match=r"o/d at aaaaaaaaaaaa: expected the content hash .* first load"
    ):
        load_hub_dataset(HubName("o/d"), "d", NO_COLUMNS, fake)


def test_a_revision_is_resolved_each_time_and_recorded(cache: Path) -> None:
    fake = Fake()
    name = HubName("o/d", "v1", "extra", "dev")
    for _ in range(2):
        problems = load_hub_dataset(name, "d", NO_COLUMNS, fake)
        assert problems.about["commit"] == "b" * 40 and problems.about["configs"] == ["extra"]
        assert [p.id for p in problems] == ["8"]
    assert fake.asked == [("commit_of", "o/d", "v1"), ("rows", "extra", "dev", "b" * 40)] * 2
    assert not cache.exists()


def test_another_mapping_is_another_set_with_a_pin_of_its_own(cache: Path) -> None:
    fake = Fake()
    plain = load_hub_dataset(HubName("o/d"), "d", NO_COLUMNS, fake)
    mapped = load_hub_dataset(HubName("o/d"), "d", {"problem": "frage"}, fake)
    assert [p.problem for p in mapped] == ["F1", "F2"] and [p.answer for p in mapped] == [
        "007",
        "2",
    ]
    assert mapped.about["columns"] == {"problem": "frage"}
    assert plain.content_sha256 != mapped.content_sha256
    assert set(json.loads((cache / "benchmarks.json").read_text())) == {
        "o/d[/]",
        "o/d[/]problem=frage",
    }
    with pytest.raises(UserError, match=r"o/d: expected a column fragen .*did you mean frage"):
        load_hub_dataset(HubName("o/d"), "d", {"problem": "fragen"}, fake)


def test_configs_and_splits_are_chosen_or_listed() -> None:
    several = Configs(["algebra", "geometry"], None)
    assert choose_config(several, "geometry", None, "o/d") == "geometry"
    assert choose_config(Configs(["only"], None), None, None, "o/d") == "only"
    assert choose_config(Configs(["x", "default"], "default"), None, None, "o/d") == "default"
    for wanted, split, message in (
        (
            None,
            None,
            r"o/d: expected one of its configs algebra, geometry, got none; write o/d",
        ),
        ("zzz", "test", r"configs algebra, geometry, got zzz; write o/d\[algebra/SPLIT\]"),
        (None, "geometry", r"got none; write o/d\[geometry/SPLIT\]"),
    ):
        with pytest.raises(UserError, match=message):
            choose_config(several, wanted, split, "o/d")
    assert choose_split(["train", "test"], None, "o/d", None) == "test"
    assert choose_split(["train"], None, "o/d", None) == "train"
    assert choose_split(["a", "b"], "b", "o/d", None) == "b"
    with pytest.raises(
        UserError, match=r"one of its splits train, dev, got none; write o/d\[train\]"
    ):
        choose_split(["train", "dev"], None, "o/d", None)
    with pytest.raises(UserError, match=r"splits train, got test; write o/d\[main/train\]"):
        choose_split(["train"], "test", "o/d", "main")
    with pytest.raises(UserError, match=r"c29 and 1 more, got none"):
        choose_config(Configs([f"c{n}" for n in range(31)], None), None, None, "o/d")


def test_refusals_of_the_hub_are_one_clear_line() -> None:
    from huggingface_hub import errors

    for kind, message in (
        (errors.GatedRepoError, "gated: accept its terms"),
        (errors.RepositoryNotFoundError, "no such dataset, or it is private"),
        (errors.RevisionNotFoundError, "no such revision"),
        (errors.HFValidationError, "no such dataset"),
        (ConnectionError, "the request to the hub failed"),
    ):
        error = kind.__new__(kind)
        Exception.__init__(error, "404\nlong story")

        def refuse(error: Exception = error) -> None:
            raise error

        with pytest.raises(Unreachable, match=message) as caught:
            _request(refuse)
        assert "\n" not in str(caught.value)


def test_an_unreachable_dataset_is_one_line_that_offers_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("clean_bench.problems.hub_source.reachable", lambda: False)
    with pytest.raises(
        UserError,
        match=r"^AI-MO/none: no such file or folder, and .* not in its cache; a local file",
    ):
        load_problems("x=AI-MO/none[train]")


def test_the_commit_of_a_revision_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    class Info:
        sha = "d" * 40

    def info(self: object, hub: str, *, revision: str | None, timeout: float) -> Info:
        assert (hub, revision) == ("o/d", "refs/pr/2")
        return Info()

    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", info)
    source = HuggingFace()
    source.__dict__["_online"] = True
    assert source.commit_of("o/d", "refs/pr/2") == "d" * 40


def write_dataset(folder: Path, configs: bool = False) -> Path:
    """A dataset as the hub lays it out; with two configs that its README lists, or one."""
    (folder / "data").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(ROWS[:1]), folder / "data" / "train-00000-of-00001.parquet")
    pq.write_table(pa.Table.from_pylist(ROWS), folder / "data" / "test-00000-of-00001.parquet")
    if configs:
        lines = [
            f"- config_name: {name}\n  data_files:\n  - split: {split}\n    path: data/{split}*\n"
            for name, split in (("small", "train"), ("large", "test"))
        ]
        (folder / "README.md").write_text(f"---\nconfigs:\n{''.join(lines)}---\n")
    return folder


def test_a_local_folder_laid_out_like_a_dataset(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "aime")
    whole = load_problems(str(folder))
    assert [p.id for p in whole] == ["7", "8"] and whole.name == "aime"
    train = load_problems(f"{folder}[train]:problem=frage")
    assert [(p.problem, p.answer, p.source) for p in train] == [
        ("F1", "007", "aime:default/train:1")
    ]
    assert train.name == "aime-train"
    assert train.about == {
        "folder": "aime",
        "configs": ["default"],
        "split": "train",
        "columns": {"problem": "frage"},
    }
    assert stream_problems(f"{folder}[train]").name == "aime-train"
    with pytest.raises(UserError, match=r"one of its splits train, test, got dev"):
        load_problems(f"{folder}[dev]")


def test_a_local_folder_with_several_configs(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "d", configs=True)
    assert [p.id for p in load_problems(f"m={folder}[small/train]")] == ["7"]
    assert [p.id for p in load_problems(f"{folder}[large/test]")] == ["7", "8"]
    with pytest.raises(UserError, match=r"one of its configs small, large, got none"):
        load_problems(str(folder))


def test_a_dataset_in_the_hubs_own_cache_loads_offline(tmp_path: Path) -> None:
    """A cache laid out as huggingface_hub lays it out, read by the real `datasets`, at a tag."""
    commit = "c" * 40
    folder = tmp_path / "hub" / "datasets--AI-MO--aime"
    write_dataset(folder / "snapshots" / commit)
    (folder / "refs").mkdir()
    for ref in ("main", "v1"):
        (folder / "refs" / ref).write_text(commit)
    code = (
        "from clean_bench.problems import load_problems\n"
        "plain = load_problems('AI-MO/aime')\n"
        f"assert plain.about['commit'] == '{commit}', plain.about\n"
        "assert [p.id for p in plain] == ['7', '8'] and plain.name == 'aime'\n"
        "train = load_problems('x=AI-MO/aime@v1[train]:problem=frage')\n"
        "assert [(p.problem, p.answer) for p in train] == [('F1', '007')] and train.name == 'x'\n"
        f"assert train.about['commit'] == '{commit}'\n"
        "assert load_problems('AI-MO/aime') == plain\n"
    )
    unset = ("HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"HF_HOME": str(tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9"}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0 and run.stderr == "", run.stderr
