"""Sets: rows as functions of their labels, disjoint halves, resumption, and what is refused."""

import pytest

from clean_bench import problems as problem_sets
from clean_bench.artifacts import Artifact, verify
from clean_bench.errors import UserError
from generators import sets
from generators.registry import family
from generators.sets import Plan, draw_rows, generate, item_at, master_seed
from generators.verification import verify_set

CALCULATION, WORDS = family("random-calculation"), family("word-problems")
ORIGIN = {"seed": "a"}
MASTER = master_seed(seed="a")


def plan(found=CALCULATION, low=5, high=7, count=30, split="all", master=MASTER):
    return Plan(found, low, high, count, split, master)


def make(out, name="random-calculation", steps=(5, 7), count=30, **options):
    settings = {"master": MASTER, "origin": ORIGIN, **options}
    return generate(name, steps, count, out=out, **settings)


def test_tiers_take_turns_and_rows_are_numbered(tmp_path):
    artifact = make(tmp_path / "s", count=32)
    rows = problem_sets.load_folder(tmp_path / "s").problems
    assert [row.steps for row in rows] == [5 + i % 3 for i in range(32)]
    assert [row.level for row in rows] == [str(5 + i % 3) for i in range(32)]
    assert rows[3].id == "random-calculation/all/5/000003"
    assert rows[3].source == "random-calculation version 1, row 3"
    assert rows[3].subject is None
    assert all(row.bits >= 60 for row in rows)
    tiers = artifact.metadata["freshness"]["tiers"]
    assert {tier: account["n"] for tier, account in tiers.items()} == {"5": 11, "6": 11, "7": 10}
    assert plan(count=32).sizes() == {5: 11, 6: 11, 7: 10}
    assert artifact.config["origin"] == ORIGIN


def test_a_row_is_reached_without_its_predecessors():
    for index, row in enumerate(draw_rows(plan(WORDS, 1, 2, count=200, split="eval"))):
        item = item_at(plan(WORDS, 1, 2, count=7, split="eval"), index, row.redraws)
        assert (item.problem, item.canonical) == (row.problem.problem, row.canonical)


def test_a_larger_set_begins_with_the_smaller_one():
    assert list(draw_rows(plan(count=40)))[:30] == list(draw_rows(plan()))


@pytest.mark.parametrize(
    "other",
    [
        plan(master=master_seed(seed="b")),
        plan(split="eval"),
        plan(split="train"),
    ],
    ids=["seed", "eval", "train"],
)
def test_any_other_label_gives_unrelated_items(other):
    texts = {row.problem.problem for row in draw_rows(plan())}
    assert not texts & {row.problem.problem for row in draw_rows(other)}


def test_no_canonical_form_comes_twice_and_duplicates_are_recorded():
    rows = list(draw_rows(plan(WORDS, 1, 1, count=1500)))
    assert len({row.canonical for row in rows}) == 1500
    assert sum(row.duplicates for row in rows) > 50
    assert all(row.redraws == row.duplicates for row in rows)


def test_expected_duplicates_are_those_observed(tmp_path):
    artifact = make(tmp_path / "s", "word-problems", (1, 1), 3000)
    duplicates = artifact.metadata["freshness"]["tiers"]["1"]["duplicates"]
    assert duplicates["observed"] == pytest.approx(duplicates["expected"], rel=0.12)


def test_train_and_eval_never_meet_whatever_their_seeds():
    train = {r.canonical for r in draw_rows(plan(WORDS, 1, 1, 2500, "train"))}
    evaluation = {
        r.canonical for r in draw_rows(plan(WORDS, 1, 1, 2500, "eval", master_seed(seed="z")))
    }
    everything = {r.canonical for r in draw_rows(plan(WORDS, 1, 1, 2500, "all"))}
    assert not train & evaluation
    assert everything & train
    assert everything & evaluation


def test_a_half_costs_one_bit(tmp_path):
    for index, row in enumerate(draw_rows(plan(split="eval"))):
        whole = item_at(plan(split="eval"), index, row.redraws).bits
        assert row.problem.bits == pytest.approx(whole - 1, abs=2e-6)
        assert row.problem.bits <= whole - 1
    artifact = make(tmp_path / "s", split="eval")
    floor = artifact.metadata["freshness"]["tiers"]["5"]["min_entropy"]
    assert floor == pytest.approx(CALCULATION.min_bits(5) - 1)


class Stopped(Exception):
    pass


def test_a_stopped_set_continues_to_the_same_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(sets, "SHARD_ROWS", 50)
    whole = make(tmp_path / "whole", "word-problems", (1, 2), 180)
    done = []

    def stop(n):
        done.append(n)
        if len(done) == 120:
            raise Stopped

    with pytest.raises(Stopped):
        make(tmp_path / "s", "word-problems", (1, 2), 180, progress=stop)
    kept = tmp_path / "s" / "problems" / "00001.parquet"
    before = kept.stat().st_mtime_ns
    assert not (tmp_path / "s" / "problems" / "00002.parquet").exists()
    counted = []
    resumed = make(tmp_path / "s", "word-problems", (1, 2), 180, progress=counted.append)
    assert sum(counted) == 180
    assert kept.stat().st_mtime_ns == before
    assert resumed.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
    assert resumed.rows("problems") == whole.rows("problems")
    assert verify(tmp_path / "s", {"problem-set": verify_set}) == []


def test_draws_without_their_problems_are_drawn_again(tmp_path, monkeypatch):
    monkeypatch.setattr(sets, "SHARD_ROWS", 50)
    whole = make(tmp_path / "whole", "word-problems", (1, 1), 100)
    write = Artifact.write

    def die(self, shard, table):
        if shard == "problems/00001":
            raise Stopped
        write(self, shard, table)

    with monkeypatch.context() as dying, pytest.raises(Stopped):
        dying.setattr(Artifact, "write", die)
        make(tmp_path / "s", "word-problems", (1, 1), 100)
    assert (tmp_path / "s" / "draws" / "00001.parquet").exists()
    resumed = make(tmp_path / "s", "word-problems", (1, 1), 100)
    assert resumed.manifest["identity_sha256"] == whole.manifest["identity_sha256"]


def test_a_finished_set_is_returned_and_another_is_refused(tmp_path):
    first = make(tmp_path / "s")
    assert make(tmp_path / "s").manifest == first.manifest
    with pytest.raises(UserError, match=r"begun with count = 30, and now it is 31"):
        make(tmp_path / "s", count=31)
    with pytest.raises(UserError, match=r"begun with master_seed"):
        make(tmp_path / "s", master=master_seed(seed="c"))


def test_names_of_checkpoints_are_no_part_of_the_identity(tmp_path):
    master = master_seed(bind=["aa"])
    a = make(tmp_path / "a", master=master, origin={"bind": ["aa"], "names": ["x"]})
    b = make(tmp_path / "b", master=master, origin={"bind": ["aa"], "names": ["./x"]})
    assert a.manifest["identity_sha256"] == b.manifest["identity_sha256"]
    assert a.manifest["provenance"] == {"names": ["x"]}


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"steps": (0, 0)}, "--steps 0: random-calculation has tiers 1 to 20"),
        ({"steps": (5, 21)}, "--steps 5-21: random-calculation has tiers 1 to 20"),
        ({"steps": (7, 5)}, "--steps 7-5"),
        ({"count": 0}, "--count 0"),
        ({"split": "test"}, "--split test: it is one of all, train, eval"),
        ({"name": "random"}, "no family 'random'"),
        (
            {"name": "word-problems", "steps": (1, 2), "count": 14_000},
            "7000 problems of 1 steps are wanted, and word-problems has 6988 different ones",
        ),
    ],
)
def test_what_cannot_be_made_is_refused(tmp_path, change, line):
    with pytest.raises(UserError) as caught:
        make(tmp_path / "s", **change)
    assert line in str(caught.value)
    assert not (tmp_path / "s").exists()


def test_an_exhausted_half_ends_with_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setattr(sets, "_MOST_REDRAWS", 3)
    with pytest.raises(UserError, match=r"after \d+ different problems of 1 steps 3 draws found"):
        make(tmp_path / "s", "word-problems", (1, 1), 3000, split="eval")


def test_master_seeds():
    assert len(MASTER) == 32
    bound = master_seed(bind=["aa", "bb"])
    assert bound == master_seed(bind=["bb", "aa", "bb"])
    others = [
        MASTER,
        master_seed(seed="aa"),
        master_seed(bind=["aa"]),
        master_seed(bind=["aabb"]),
        master_seed(bind=["aa", "bb"], round_text="r"),
        master_seed(bind=["aa", "bb", "round", "r"]),
        master_seed(bind=["aa", "bb"], round_text="s"),
    ]
    assert len({bound, *others}) == 8


@pytest.mark.parametrize(
    "options", [{}, {"seed": "a", "bind": ["b"]}, {"seed": "a", "round_text": "r"}]
)
def test_a_master_seed_has_one_origin(options):
    with pytest.raises(UserError):
        master_seed(**options)
