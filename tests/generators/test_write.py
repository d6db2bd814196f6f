"""Sets: the same rows for any number of workers and interruptions, without duplicates."""

import json
import re
import shutil
from math import log2

import pyarrow.parquet as pq
import pytest

from clean_bench import problems as problem_sets
from clean_bench.artifacts import Artifact, verify
from clean_bench.errors import UserError
from clean_bench.seeds import digest
from generators import sampler, write
from generators.checks import verify_set
from generators.decontaminate import CorpusFiles, numeric_ngrams
from generators.families.stories.word_problems import canonical_form, choices
from generators.registry import family
from generators.sampler import Sampler
from generators.set_plan import SetPlan, master_seed, plan_from_config
from generators.write import generate

CALCULATION, WORDS = family("random-calculation"), family("word-problems")
ORIGIN = {"seed": "a"}
MASTER = master_seed(seed="a")


class Stopped(Exception):
    pass


def make(out, name="random-calculation", steps=(5, 7), count=30, **options):
    settings = {"master": MASTER, "origin": ORIGIN, **options}
    return generate(name, steps, count, out=out, **settings)


def identity(artifact):
    return artifact.manifest["identity_sha256"]


def contents(artifact):
    """The bytes of every file but the manifest; rows alone do not show shards and their order."""
    return {
        path.relative_to(artifact.folder).as_posix(): path.read_bytes()
        for path in sorted(artifact.folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


@pytest.fixture
def small(monkeypatch):
    """Shards of 50 rows, drawn in blocks of 10."""
    monkeypatch.setattr(sampler, "BLOCK_ROWS", 10)
    monkeypatch.setattr(write, "BLOCK_ROWS", 10)
    monkeypatch.setattr(write, "SHARD_ROWS", 50)
    monkeypatch.setattr(write, "_SHARD_BLOCKS", 5)


def held(tmp_path, name, steps, count, rejects, **options):
    """A file that holds every third problem of a set, to draw the same set against it."""
    made = make(tmp_path / "held", name, steps, count, **options)
    texts = [row["problem"] for row in made.rows("problems")][::3]
    path = tmp_path / "held.jsonl"
    path.write_text("".join(json.dumps({"question": text}) + "\n" for text in texts))
    return texts, CorpusFiles([str(path)], family(name), rejects)


def form_of(text):
    """The canonical form of a word problem of one step, parsed here."""
    start, n = map(int, re.findall(r"\d+", text))
    gains = re.search(r", (?:finds|gets|buys) \d+", text) is not None
    return canonical_form(start, (n if gains else -n,))


def split_forms(split):
    """The canonical forms of one step in a split, by enumeration."""
    forms = {
        canonical_form(start, (sign * n,))
        for start in range(10, 100)
        for sign, options in zip((1, -1), choices(start), strict=True)
        for n in options
    }
    bits = {form: digest("split", "word-problems", form, length=1)[0] & 1 for form in forms}
    return {form for form, bit in bits.items() if split == ("train", "eval")[bit]}


# Rows.


def test_tiers_take_turns_and_rows_are_numbered(tmp_path):
    artifact = make(tmp_path / "s", count=32)
    rows = problem_sets.load_folder(tmp_path / "s").problems
    assert [row.steps for row in rows] == [5 + i % 3 for i in range(32)]
    assert [row.level for row in rows] == [str(5 + i % 3) for i in range(32)]
    assert rows[3].id == "random-calculation/all/5/000003"
    assert rows[3].source == f"random-calculation version {CALCULATION.version}, row 3"
    assert {row.family for row in rows} == {"random-calculation"}
    assert rows[3].subject is None
    assert all(row.bits >= 60 for row in rows)
    tiers = artifact.metadata["freshness"]["tiers"]
    assert {tier: account["n"] for tier, account in tiers.items()} == {"5": 11, "6": 11, "7": 10}
    assert artifact.config["origin"] == ORIGIN
    assert [row["id"] for row in artifact.rows("draws")] == [row.id for row in rows]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("random-calculation", "latex"),
        ("random-calculation", "plain"),
        ("random-calculation-paper", "latex"),
        ("stories", "plain"),
    ],
)
def test_a_stored_row_is_the_item_of_its_redraw(tmp_path, name, text):
    artifact = make(tmp_path / "s", name, (2, 4), 40, split="eval", text=text)
    sampler_ = Sampler(plan_from_config(artifact.config))
    assert sampler_.plan.notation == artifact.config["text"] == text
    stored = zip(artifact.rows("problems"), artifact.rows("draws"), strict=True)
    for index, (row, draw) in enumerate(stored):
        item = sampler_.item(index, draw["redraws"])
        assert (row["problem"], row["answer"]) == (item.problem, item.answer)
        assert row["solution"] == sampler_.plan.family.solution(item.form)
        assert draw["canonical"] == sampler_.plan.family.canonical(item.form)


def test_the_default_notation_is_that_of_the_family(tmp_path):
    for name in ("random-calculation", "word-problems"):
        usual = make(tmp_path / name, name, (1, 1), 5)
        assert usual.config["text"] == family(name).notations[0]
    assert (
        "$"
        in make(tmp_path / "x", "word-problems", (1, 1), 1, text="latex").rows("problems")[0][
            "problem"
        ]
    )


def test_a_split_reduces_the_min_entropy(tmp_path):
    # In random-calculation at most three operands are exchanged, and 15 pairs are not a couple.
    calculation = 3 - log2(1 - 15 / 803 / 0.99)
    for name, cost in (("integer-chains", 1), ("random-calculation", calculation)):
        artifact = make(tmp_path / name, name, split="eval")
        min_entropy = artifact.metadata["freshness"]["tiers"]["5"]["min_entropy"]
        assert min_entropy == pytest.approx(family(name).min_bits(5) - cost)


# Duplicates.


def test_half_of_all_forms_without_duplicates(tmp_path):
    artifact = make(tmp_path / "s", "word-problems", (1, 1), 3494)
    assert len({form_of(row["problem"]) for row in artifact.rows("problems")}) == 3494
    assert all(row["redraws"] == row["duplicates"] for row in artifact.rows("draws"))


def test_expected_duplicates_are_those_observed(tmp_path):
    artifact = make(tmp_path / "s", "word-problems", (1, 1), 3000)
    account = artifact.metadata["freshness"]["tiers"]["1"]["duplicates"]
    assert account["observed"] == sum(row["duplicates"] for row in artifact.rows("draws"))
    assert account["observed"] == pytest.approx(account["expected"], rel=0.12)


def test_a_split_is_drawn_to_its_last_form_and_then_refused_with_its_size(tmp_path, monkeypatch):
    forms = split_forms("eval")
    have = len(forms)
    monkeypatch.setattr(sampler, "_DRAWS_PER_FORM", 4)
    for module, name, value in (
        (sampler, "BLOCK_ROWS", have),
        (write, "BLOCK_ROWS", have),
        (write, "SHARD_ROWS", have),
        (write, "_SHARD_BLOCKS", 1),
    ):
        monkeypatch.setattr(module, name, value)
    with pytest.raises(UserError) as caught:
        make(tmp_path / "s", "word-problems", (1, 1), have + 1, split="eval")
    assert str(caught.value) == (
        f"--count {have + 1}: {have:,} different problems of 1 steps in the eval split were drawn, "
        f"and {4 * 6988:,} further draws gave no new one: lower --count or raise --steps"
    )
    problems = pq.read_table(tmp_path / "s" / "problems" / "00000.parquet").to_pylist()
    draws = pq.read_table(tmp_path / "s" / "draws" / "00000.parquet").to_pylist()
    assert len(problems) == have
    assert {form_of(row["problem"]) for row in problems} == forms
    assert [draw["canonical"] for draw in draws] == [form_of(row["problem"]) for row in problems]
    # A redraw is a duplicate or belongs to the other split; both splits are equally likely.
    redraws = sum(draw["redraws"] for draw in draws)
    duplicates = sum(draw["duplicates"] for draw in draws)
    assert 0.48 < (redraws - duplicates) / (redraws + have) < 0.52


def test_more_than_exist_is_refused_before_anything_is_written(tmp_path):
    for change in (
        {"name": "word-problems", "steps": (1, 2), "count": 14_000},
        {"steps": (5, 21)},
        {"split": "test"},
        {"text": "html"},
        {"name": "random"},
    ):
        with pytest.raises(UserError):
            make(tmp_path / "s", **change)
        assert not (tmp_path / "s").exists()


# Workers.


@pytest.mark.parametrize(
    ("name", "steps", "count", "split"),
    [("word-problems", (1, 1), 2600, "all"), ("random-calculation", (2, 6), 1400, "eval")],
)
def test_two_workers_draw_the_rows_of_one(tmp_path, name, steps, count, split):
    one = make(tmp_path / "one", name, steps, count, split=split)
    two = make(tmp_path / "two", name, steps, count, split=split, workers=2)
    assert identity(one) == identity(two)
    assert contents(one) == contents(two)
    assert two.manifest["tables"]["problems"]["rows"] == count
    if name == "word-problems":
        assert one.metadata["freshness"]["tiers"]["1"]["duplicates"]["observed"] > 300


@pytest.mark.parametrize("rejects", [False, True], ids=["found", "rejected"])
def test_two_workers_draw_the_rows_of_one_against_a_file(tmp_path, small, rejects):
    texts, corpus = held(tmp_path, "word-problems", (1, 1), 240, rejects)
    one, two = (
        make(tmp_path / str(n), "word-problems", (1, 1), 240, corpus=corpus, workers=n)
        for n in (1, 2)
    )
    assert identity(one) == identity(two)
    assert contents(one) == contents(two)
    read = {WORDS.canonical(WORDS.read(text)) for text in texts}
    grams = {gram for text in texts for gram in numeric_ngrams(text)}
    rows, draws, hits = (two.rows(table) for table in ("problems", "draws", "hits"))
    by_row = {}
    for hit in hits:
        by_row.setdefault(hit["row"], set()).add(hit["redraw"])
    account = two.metadata["freshness"]["decontamination"]
    assert account["items"] == sum(map(len, by_row.values())) >= 80
    if rejects:
        assert not read & {draw["canonical"] for draw in draws}
        assert not any(grams & set(numeric_ngrams(row["problem"])) for row in rows)
        for index, draw in enumerate(draws):
            assert draw["rejected"] == len(by_row.get(index, ()))
            assert draw["redraws"] == draw["rejected"] + draw["duplicates"]
        assert any(draw["duplicates"] and draw["rejected"] for draw in draws)
    else:
        for index, (row, draw) in enumerate(zip(rows, draws, strict=True)):
            found = draw["canonical"] in read or bool(grams & set(numeric_ngrams(row["problem"])))
            assert by_row.get(index, set()) == ({draw["redraws"]} if found else set())
    assert [hit["row"] // 50 for hit in hits] == sorted(hit["row"] // 50 for hit in hits)


# Interruptions.


def stopping(when):
    """A progress callback that raises after `when` rows or at the note `when`."""
    done = 0

    def progress(n, note="", resumed=False):
        nonlocal done
        done += n
        if when in (done, note):
            raise Stopped

    return progress


@pytest.mark.parametrize("rejects", [None, True], ids=["alone", "rejecting"])
@pytest.mark.parametrize(("stop", "shards"), [(10, 0), (50, 0), (120, 2), (180, 3)])
def test_a_stopped_set_continues_to_the_same_rows(tmp_path, small, stop, shards, rejects):
    corpus = None
    if rejects:
        _, corpus = held(tmp_path, "word-problems", (1, 1), 180, rejects)
    options = {"name": "word-problems", "steps": (1, 1), "count": 180, "corpus": corpus}
    whole = make(tmp_path / "whole", **options)
    with pytest.raises(Stopped):
        make(tmp_path / "s", **options, progress=stopping(stop))
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "s").glob("*/*.parquet")}
    assert len(kept) == shards * (2 if corpus is None else 3)
    with pytest.raises(UserError, match="not finished"):
        Artifact.load(tmp_path / "s")
    counted = []
    resumed = make(tmp_path / "s", **options, progress=lambda n, *_, **__: counted.append(n))
    assert sum(counted) == 180
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items())
    assert identity(resumed) == identity(whole)
    assert contents(resumed) == contents(whole)
    assert verify(tmp_path / "s", {"problem-set": verify_set}) == []


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("lost", [(), ("README.md",)], ids=["all-written", "no-card"])
def test_a_set_that_lacks_only_its_end_is_finished(tmp_path, small, lost, workers):
    options = {"name": "word-problems", "steps": (1, 1), "count": 70}
    whole = make(tmp_path / "whole", **options)
    with pytest.raises(Stopped):
        make(tmp_path / "s", **options, progress=stopping("hashing rows"))
    assert contents(Artifact(tmp_path / "s", {})) == contents(whole)
    for name in lost:
        (tmp_path / "s" / name).unlink()
    resumed = make(tmp_path / "s", **options, workers=workers)
    assert identity(resumed) == identity(whole)
    assert contents(resumed) == contents(whole)


def test_workers_resume_what_one_process_began(tmp_path, small):
    options = {"name": "word-problems", "steps": (1, 1), "count": 330}
    whole = make(tmp_path / "whole", **options)
    with pytest.raises(Stopped):
        make(tmp_path / "s", **options, progress=stopping(170))
    resumed = make(tmp_path / "s", **options, workers=2)
    assert contents(resumed) == contents(whole)
    assert identity(resumed) == identity(whole)


@pytest.mark.parametrize("table", ["hits", "draws", "problems"])
def test_a_shard_without_the_others_is_drawn_again(tmp_path, small, monkeypatch, table):
    """As if the process was killed just before it moved the second shard of a table into place."""
    _, corpus = held(tmp_path, "word-problems", (1, 1), 100, True)
    options = {"name": "word-problems", "steps": (1, 1), "count": 100, "corpus": corpus}
    whole = make(tmp_path / "whole", **options)
    write_shard = Artifact.write

    def die(self, shard, rows):
        if shard == f"{table}/00001":
            raise Stopped
        write_shard(self, shard, rows)

    with monkeypatch.context() as dying, pytest.raises(Stopped):
        dying.setattr(Artifact, "write", die)
        make(tmp_path / "s", **options)
    written = {path.parent.name for path in (tmp_path / "s").glob("*/00001.parquet")}
    assert written == {"hits": set(), "draws": {"hits"}, "problems": {"hits", "draws"}}[table]
    resumed = make(tmp_path / "s", **options)
    assert identity(resumed) == identity(whole)


def test_a_resumed_set_has_no_duplicates_of_stored_rows(tmp_path, small):
    """Without the stored forms, later rows would repeat them."""
    make(tmp_path / "whole", "word-problems", (1, 1), 1500)
    shutil.copytree(tmp_path / "whole", tmp_path / "s")
    for path in (tmp_path / "s").glob("*/*.parquet"):
        if int(path.stem) >= 15:
            path.unlink()
    manifest = json.loads((tmp_path / "s" / "manifest.json").read_text())
    manifest["state"] = "open"
    (tmp_path / "s" / "manifest.json").write_text(json.dumps(manifest))
    resumed = make(tmp_path / "s", "word-problems", (1, 1), 1500)
    assert contents(resumed) == contents(Artifact.load(tmp_path / "whole"))
    texts = [row["problem"] for row in resumed.rows("problems")]
    assert len(set(map(form_of, texts))) == 1500


def test_shards_are_full_but_for_the_last(tmp_path, small):
    artifact = make(tmp_path / "s", "word-problems", (1, 1), 128)
    for table in ("problems", "draws"):
        sizes = [pq.read_metadata(path).num_rows for path in artifact.shards(table)]
        assert sizes == [50, 50, 28]
    assert write.BLOCK_ROWS == 10


def test_what_shards_hold_does_not_depend_on_blocks(tmp_path, small):
    blocks = make(tmp_path / "s", "word-problems", (1, 1), 900)
    tables = {name: blocks.rows(name) for name in ("problems", "draws")}
    with pytest.MonkeyPatch.context() as usual:
        for module in (sampler, write):
            usual.setattr(module, "BLOCK_ROWS", 1000)
        usual.setattr(write, "SHARD_ROWS", 1000)
        usual.setattr(write, "_SHARD_BLOCKS", 1)
        whole = make(tmp_path / "whole", "word-problems", (1, 1), 900)
    assert {name: whole.rows(name) for name in tables} == tables
    assert identity(whole) == identity(blocks)


def test_usual_shards_are_whole_blocks():
    assert write.SHARD_ROWS == write._SHARD_BLOCKS * sampler.BLOCK_ROWS
    assert write.BLOCK_ROWS == sampler.BLOCK_ROWS


def test_a_finished_set_is_returned_and_another_is_refused(tmp_path):
    first = make(tmp_path / "s")
    assert make(tmp_path / "s").manifest == first.manifest
    for change, line in (
        ({"count": 31}, r"begun with count = 30, got 31"),
        ({"master": master_seed(seed="c")}, "begun with master_seed"),
        ({"split": "eval"}, 'begun with split = "all"'),
        ({"text": "plain"}, 'begun with text = "latex"'),
        ({"steps": (5, 6)}, "begun with steps"),
    ):
        with pytest.raises(UserError, match=line):
            make(tmp_path / "s", **change)
    assert Artifact.load(tmp_path / "s").manifest == first.manifest


def test_names_of_checkpoints_and_files_are_no_part_of_the_identity(tmp_path):
    master = master_seed(bind=["aa"])
    a = make(tmp_path / "a", master=master, origin={"bind": ["aa"], "names": ["x"]})
    b = make(tmp_path / "b", master=master, origin={"bind": ["aa"], "names": ["./x"]})
    assert identity(a) == identity(b)
    assert a.manifest["provenance"] == {"names": ["x"]}
    found = []
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_text("Nothing of it, only 7 words are here.\n")
        corpus = CorpusFiles([str(tmp_path / name)], CALCULATION, True)
        found.append(make(tmp_path / f"against-{name}", corpus=corpus))
        assert found[-1].manifest["provenance"]["decontamination"] == [str(tmp_path / name)]
    assert identity(found[0]) == identity(found[1]) != identity(make(tmp_path / "alone"))


def test_a_plan_of_the_folder_is_the_plan_of_the_call(tmp_path):
    artifact = make(tmp_path / "s", split="train", text="plain")
    expected = SetPlan(CALCULATION, 5, 7, 30, "train", MASTER, "plain")
    assert plan_from_config(Artifact.load(tmp_path / "s").config) == expected
    assert plan_from_config(artifact.config) == expected
