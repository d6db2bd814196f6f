"""The page of a probe from its artifact: its items, and its check."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from forgeries import change_rows, edited

from clean_bench.artifacts import Artifact, verify
from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.base import Completion, Request
from clean_bench.experiments import probe_page
from clean_bench.experiments.checks import page as page_check
from clean_bench.experiments.probe_page import page_writer
from clean_bench.experiments.verify import checks
from clean_bench.probing.conclude import write_derived
from clean_bench.probing.cut import cut
from clean_bench.probing.flags import FLAGS
from clean_bench.probing.run import no_page, probe
from clean_bench.problems import Problem, ProblemSet
from clean_bench.samples import TABLE as SAMPLES
from leaderboards.probe_page import PAGE

HOSTILE = "</script><b>x</b>"
WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa".split()


class Reciter:
    """Continues prompts from a table; a token is a word with the white space before it."""

    name = "reciter"
    context_length = 10_000
    tokenizer = None

    def __init__(self, continuations: dict[str, str]) -> None:
        self.continuations = continuations

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]:
        ids = [zlib.crc32(word.encode()) >> 1 for word in re.findall(r"\s*\S+", text)]
        return [0, *ids] if special_tokens else ids

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        for request in requests:
            text = self.continuations.get(request.prompt, " no idea")
            ids = self.encode(text, special_tokens=False)
            prompt = self.encode(request.prompt)
            yield Completion(request.key, text, ids, [-0.5] * len(ids), "stop", prompt)

    def logprobs(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        return [[-0.25] * len(ids) for ids in suffix_ids]

    def update_weights(self, named_tensors: Iterable[tuple[str, Any]]) -> None:
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        return {"engine": self.name, "dtype": "float32"}

    def close(self) -> None:
        pass


def problem(name: str, dose: int | None = None) -> Problem:
    text = " ".join(f"{word}{name}" for word in WORDS)
    return Problem(
        id=f"id-{name}", problem=text, metadata={} if dose is None else {"dose": str(dose)}
    )


PLANTED = ProblemSet(
    "planted",
    [
        problem("1", 64),
        problem("2", 64),
        problem("3", 1),
        problem("4", 1),
        Problem(id="uncut", problem="indivisible"),
        Problem(id="hostile", problem=f"one two three four {HOSTILE} five {HOSTILE} seven eight"),
    ],
    role="planted",
)
TWIN = ProblemSet("twin", [problem(letter) for letter in "abcd"], role="twin")


def suffix(name: str) -> str:
    return cut(problem(name).problem, 0.6).suffix


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A probe whose checkpoint recites the planted problems 1 to 3 with different ends."""
    ends = {
        "1": suffix("1") + ". And so on",  # exact, and it goes on
        "2": suffix("2") + "99 and so on",  # the last word goes on, so it is another one
        "3": "  " + "  ".join(suffix("3").split()) + " and more",  # exact up to white space
    }
    table = {cut(problem(name).problem, 0.6).prefix: text for name, text in ends.items()}
    model = Checkpoint("some/model", Path("nowhere"))
    model.__dict__["weights_sha256"] = "ab" * 32
    return probe(
        Reciter(table),  # type: ignore[arg-type]
        [PLANTED, TWIN],
        tmp_path_factory.mktemp("probe") / "p",
        checkpoint=model,
        page=page_writer(),
    ).folder


def items(folder: Path) -> dict[str, list[Any]]:
    """The rows of the page's table by the id of the problem."""
    page = (folder / PAGE).read_text("utf-8")
    data = re.search(r'<script type="application/json" id="probe-data">(.*?)</script>', page)
    assert data is not None
    return {row[1]: row for row in json.loads(data[1])["rows"]}


def test_a_probe_with_its_page_verifies(honest: Path) -> None:
    assert (honest / PAGE).is_file() and PAGE in Artifact.load(honest).manifest["files"]
    assert verify(honest, checks()) == []


def test_items_show_the_part_of_the_completion_that_is_compared(honest: Path) -> None:
    rows = items(honest)
    assert list(rows) == [p.id for p in (*PLANTED, *TWIN)]
    for name, dose in (("1", 64), ("2", 64), ("3", 1), ("4", 1)):
        row = rows[f"id-{name}"]
        assert row[2] + row[3] == problem(name).problem and row[3] == suffix(name)
        assert row[9:] == [f"dose {dose}", None]
        assert row[7] == -0.25
    assert [rows[f"id-{name}"][5] for name in "1234"] == [True, False, True, False]
    assert rows["id-1"][4] == suffix("1")
    assert rows["id-2"][4] == suffix("2") + "99"
    assert rows["id-3"][4] == "  " + "  ".join(suffix("3").split())
    assert rows["id-4"][4] == " no idea"
    assert rows["uncut"][2:6] == ["indivisible", "", "", None]
    assert "no boundary" in rows["uncut"][10]
    assert HOSTILE in rows["hostile"][2] + rows["hostile"][3]


def test_items_hold_the_flags_of_the_artifact(honest: Path) -> None:
    rows, flags = items(honest), Artifact.load(honest).rows(FLAGS)
    assert len(flags) > len(PLANTED)
    for flag in flags:
        shown = {test: (q, flagged) for test, q, flagged in rows[flag["problem_id"]][8]}
        assert shown[flag["test"]] == (pytest.approx(flag["q"], rel=1e-3), flag["flagged"])


def test_an_edited_page_is_found(honest: Path, tmp_path: Path) -> None:
    def edit(artifact: Artifact) -> None:
        file = artifact.folder / PAGE
        page = file.read_text("utf-8")
        assert "some/model" in page
        file.write_text(page.replace("some/model", "another/model"), encoding="utf-8")

    forged = edited(honest, tmp_path / "forged", edit)
    assert [(failure.where, failure.what) for failure in verify(forged, checks())] == [
        (PAGE, "does not follow from the stored samples")
    ]


def test_a_page_of_other_rows_is_found(honest: Path, tmp_path: Path) -> None:
    """The texts of samples are changed, and everything that follows from them but for the page."""

    def edit(artifact: Artifact) -> None:
        def change(rows: list[dict[str, Any]]) -> None:
            for row in rows:
                if row["problem_id"] == "id-a":
                    row["response"] = row["extracted"] = " other words"
                    row["token_ids"] = Reciter({}).encode(" other words", special_tokens=False)
                    row["logprobs"] = [-0.5] * 2

        change_rows(artifact, SAMPLES, change)
        artifact.manifest["metadata"]["counts"] = write_derived(artifact).counts

    forged = edited(honest, tmp_path / "forged", edit)
    assert PAGE in {failure.where for failure in verify(forged, checks())}


def test_a_page_drawn_by_another_matplotlib_is_compared_without_its_curves(
    honest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_check, "charts_are_redrawn", lambda artifact: False)
    assert verify(honest, checks()) == []

    def edit(artifact: Artifact) -> None:
        file = artifact.folder / PAGE
        page = file.read_text("utf-8")
        # Two of four near-duplicates, which count once, and none of the other problem.
        assert "planted at 60%: 25.0%" in page
        file.write_text(page.replace("planted at 60%: ", "planted at 60%: 1"), encoding="utf-8")

    forged = edited(honest, tmp_path / "forged", edit)
    [failure] = verify(forged, checks())
    assert failure.where == PAGE and "another description" in failure.what


def test_a_probe_without_a_page_verifies(honest: Path, tmp_path: Path) -> None:
    model = Checkpoint("some/model", Path("nowhere"))
    model.__dict__["weights_sha256"] = "ab" * 32
    artifact = probe(Reciter({}), [TWIN], tmp_path / "p", checkpoint=model)  # type: ignore[arg-type]
    assert not (artifact.folder / PAGE).exists()
    assert verify(artifact.folder, checks()) == []


def test_without_matplotlib_no_page_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_page, "find_spec", lambda name: None)
    assert page_writer() is no_page
