"""Benchmarks from the hub: pinned, checked, and no waiting without a network. No test asks it."""

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clean_bench.errors import UserError
from clean_bench.problems import hub, load_problems
from clean_bench.problems.catalog import BENCHMARKS, Benchmark, Columns
from clean_bench.problems.hub import HuggingFace, Unreachable

ROOT = Path(__file__).resolve().parents[3]
TOY = Benchmark(
    name="toy",
    kind="benchmark",
    hub="owner/toy",
    configs=("easy", "hard"),
    split="test",
    columns=Columns("question", "answer"),
    license="mit",
    released="2024-01",
    collected=False,
    size=4,
    summary="four sums",
)


class Fake:
    """A hub with one dataset, whose head and rows a test may change."""

    def __init__(self) -> None:
        self.head = "a" * 40
        self.data = {
            name: [{"question": f"{name} {i}?", "answer": f"... #### {i}"} for i in (1, 2)]
            for name in ("easy", "hard")
        }
        self.asked: list[tuple[str, ...]] = []
        self.reachable = True

    def newest_commit(self, hub: str) -> str:
        self.asked.append(("newest_commit", hub))
        if not self.reachable:
            raise Unreachable("the hub cannot be reached")
        return self.head

    def rows(self, hub: str, config: str, split: str, commit: str) -> list[dict[str, Any]]:
        self.asked.append((hub, config, split, commit))
        if not self.reachable:
            raise Unreachable("the hub cannot be reached")
        return self.data[config]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLEAN_BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_first_load_resolves_and_records(cache: Path) -> None:
    fake = Fake()
    found = hub.load_benchmark(TOY, fake)
    assert fake.asked == [
        ("newest_commit", "owner/toy"),
        ("owner/toy", "easy", "test", "a" * 40),
        ("owner/toy", "hard", "test", "a" * 40),
    ]
    assert [(p.id, p.problem, p.answer, p.source) for p in found][2:] == [
        ("3", "hard 1?", "1", "owner/toy:test:3"),
        ("4", "hard 2?", "2", "owner/toy:test:4"),
    ]
    assert found.about["commit"] == "a" * 40 and found.about["left_out"] == 0
    assert found.about["content_sha256"] == found.content_sha256
    stored = json.loads((cache / "benchmarks.json").read_text())
    assert stored == {
        "owner/toy:easy+hard:test": {
            "commit": "a" * 40,
            "content_sha256": found.content_sha256,
        }
    }


def test_later_loads_keep_the_recorded_commit() -> None:
    fake = Fake()
    first = hub.load_benchmark(TOY, fake)
    fake.head, fake.asked = "b" * 40, []
    again = hub.load_benchmark(TOY, fake)
    assert again == first
    assert ("newest_commit", "owner/toy") not in fake.asked
    assert {request[3] for request in fake.asked} == {"a" * 40}


def test_other_rows_under_the_same_commit_are_refused(cache: Path) -> None:
    fake = Fake()
    hub.load_benchmark(TOY, fake)
    fake.data["hard"][1]["answer"] = "#### 3"
    with pytest.raises(UserError, match=r"toy .*of the first load, got .*benchmarks\.json"):
        hub.load_benchmark(TOY, fake)
    (cache / "benchmarks.json").unlink()
    assert hub.load_benchmark(TOY, fake).problems[3].answer == "3"


def test_a_missing_row_is_refused_and_nothing_recorded(cache: Path) -> None:
    fake = Fake()
    fake.data["hard"].pop()
    with pytest.raises(UserError, match="expected 4 rows, got 3"):
        hub.load_benchmark(TOY, fake)
    assert not cache.exists()


def test_hub_rows_are_read_by_the_columns_that_the_registry_names() -> None:
    fake = Fake()
    for rows in fake.data.values():
        for number, row in enumerate(rows):
            row |= {"problem": "another text", "id": f"hub-{number}", "level": 9}
    found = hub.load_benchmark(TOY, fake)
    assert [(p.id, p.problem, p.level) for p in found][:2] == [
        ("1", "easy 1?", None),
        ("2", "easy 2?", None),
    ]
    del fake.data["easy"][1]["answer"]
    with pytest.raises(
        UserError, match=r"^owner/toy:test:2: expected a column answer, got id, level"
    ):
        hub.load_benchmark(TOY, fake)


def test_a_set_behind_terms_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.errors import GatedRepoError

    class Gated(GatedRepoError):
        def __init__(self) -> None:
            Exception.__init__(self, "401 Client Error\nlong story")

    def refuse(*_: object, **__: object) -> None:
        raise Gated

    source = HuggingFace()
    source.__dict__["_online"] = True
    monkeypatch.setattr("huggingface_hub.snapshot_download", refuse)
    monkeypatch.setattr(source, "newest_commit", lambda hub: "a" * 40)
    with pytest.raises(UserError, match=r"accept its terms.*HF_TOKEN.*livemathbench=path/to"):
        hub.load_benchmark(BENCHMARKS["livemathbench"], source)


def test_rows_without_an_answer_are_left_out_only_where_that_is_known() -> None:
    fake = Fake()
    fake.data["easy"][1]["answer"] = ""
    with pytest.raises(UserError, match="owner/toy:test:2: empty gold"):
        hub.load_benchmark(TOY, fake)
    found = hub.load_benchmark(replace(TOY, leave_out_unanswered=True), fake)
    assert [problem.id for problem in found] == ["1", "3", "4"]
    assert found.about["left_out"] == 1


def test_unreachable_says_how_to_name_a_file() -> None:
    fake = Fake()
    fake.reachable = False
    with pytest.raises(UserError, match=r"cannot be reached.*toy=path/to/file\.jsonl") as caught:
        hub.load_benchmark(TOY, fake)
    assert "\n" not in str(caught.value)


def test_a_damaged_lock_file_is_named(cache: Path) -> None:
    cache.mkdir()
    for damage in ("{", "[]", '{"k": {"commit": "a"}}'):
        (cache / "benchmarks.json").write_text(damage)
        with pytest.raises(UserError, match=r"benchmarks\.json is damaged"):
            hub.load_benchmark(TOY, Fake())


@pytest.fixture
def fresh_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """huggingface_hub with an empty cache and an endpoint that takes no connection."""
    from huggingface_hub import constants

    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")


def test_no_network_is_noticed_at_once(fresh_hub: None) -> None:
    begun = time.monotonic()
    with pytest.raises(UserError, match=r"cannot be reached.*gsm8k=path/to/file\.jsonl"):
        load_problems("gsm8k")
    assert time.monotonic() - begun < 20


def test_a_hanging_name_lookup_is_noticed_at_once(
    fresh_hub: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()

    def hang(*_: object, **__: object) -> None:
        release.wait(60)
        raise OSError

    monkeypatch.setattr("socket.create_connection", hang)
    begun = time.monotonic()
    with pytest.raises(UserError, match="cannot be reached"):
        load_problems("math-train")
    assert time.monotonic() - begun < 20
    release.set()


def test_offline_mode_tries_no_connection(fresh_hub: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("socket.create_connection", forbidden)
    with pytest.raises(UserError, match="cannot be reached"):
        load_problems("gsm8k")


def test_a_set_in_the_hubs_own_cache_loads_offline(tmp_path: Path) -> None:
    """A cache laid out as huggingface_hub lays it out, read by the real `datasets`."""
    benchmark, commit = BENCHMARKS["aime24"], "c" * 40
    folder = tmp_path / "hub" / ("datasets--" + benchmark.hub.replace("/", "--"))
    snapshot = folder / "snapshots" / commit
    (snapshot / "data").mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(commit)
    rows = [
        {"id": i, "problem": f"P{i}", "answer": f"{i:03d}", "solution": "S"}
        for i in range(benchmark.size)
    ]
    pq.write_table(pa.Table.from_pylist(rows), snapshot / "data" / "train-00000-of-00001.parquet")
    code = (
        "from clean_bench.problems import load_problems\n"
        "found = load_problems('aime24')\n"
        f"assert found.about['commit'] == '{commit}', found.about\n"
        "assert (len(found), found.problems[7].answer) == (30, '007')\n"
        "assert load_problems('aime24') == found\n"
    )
    unset = ("HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"HF_HOME": str(tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9"}
    begun = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True
    )
    assert time.monotonic() - begun < 60


def test_what_cannot_be_read_is_unreachable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = HuggingFace()
    monkeypatch.setattr(source, "_folder", lambda hub, commit: tmp_path)
    with pytest.raises(Unreachable, match="its files cannot be read"):
        source.rows("owner/toy", "default", "test", "a" * 40)
