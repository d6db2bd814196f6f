"""`verify_set` detects every change and names the row."""

import json
import shutil

import pyarrow as pa
import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.problems import Problem, ProblemSet, write_folder
from generators import sampler, write
from generators.checks import verify_binding, verify_set
from generators.decontaminate import CorpusFiles
from generators.registry import family
from generators.sampler import Sampler
from generators.set_plan import master_seed, plan_from_config
from generators.write import generate, recount_freshness

CHECKS = {"problem-set": verify_set}
WORDS = family("word-problems")
STALE_ACCOUNT = "manifest.json: the freshness account does not follow from the rows"


def make(out, name="word-problems", steps=(1, 2), count=40, **options):
    settings = {"master": master_seed(seed="v"), "origin": {"seed": "v"}, **options}
    generate(name, steps, count, out=out, **settings)
    return out


def check(folder):
    return [str(failure) for failure in verify(folder, CHECKS)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made") / "s", split="eval")


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / "s")


@pytest.fixture
def sharded(tmp_path, monkeypatch):
    """Forty rows in two shards, drawn in blocks of ten."""
    monkeypatch.setattr(sampler, "BLOCK_ROWS", 10)
    monkeypatch.setattr(write, "BLOCK_ROWS", 10)
    monkeypatch.setattr(write, "SHARD_ROWS", 20)
    monkeypatch.setattr(write, "_SHARD_BLOCKS", 2)
    return make(tmp_path / "s", split="eval")


def reseal(folder, metadata=None):
    """Give a changed folder a manifest whose hashes all hold."""
    manifest = json.loads((folder / "manifest.json").read_text())
    Artifact(folder, manifest).finish(manifest["metadata"] if metadata is None else metadata)
    return check(folder)


def forge(folder, tables=None, config=None, metadata=None, recount=False):
    """The folder with other contents and a manifest whose hashes all hold.

    Args:
        folder: a set.
        tables: by the name of a table a function that changes its list of rows.
        config: changes of the configuration.
        metadata: replaces the metadata.
        recount: whether to recompute the freshness account from the changed rows.
    """
    old = Artifact.load(folder)
    changed = {}
    for name in old.manifest["tables"]:
        rows = old.rows(name)
        (tables or {}).get(name, lambda rows: None)(rows)
        changed[name] = pa.Table.from_pylist(rows, schema=next(old.tables(name)).schema)
    manifest = {**old.manifest, "config": {**old.config, **(config or {})}}
    forged = Artifact(folder, manifest)
    for name, table in changed.items():
        shutil.rmtree(folder / name)
        forged.write(f"{name}/00000", table)
    new_metadata = metadata or old.metadata
    if recount:
        new_metadata = {"freshness": recount_freshness(forged, plan_from_config(forged.config))}
    forged.finish(new_metadata)
    return check(folder)


def where(failures):
    return [failure.split(":")[0].split(" (")[0] for failure in failures]


@pytest.mark.parametrize("split", ["all", "train"])
@pytest.mark.parametrize("name", ["random-calculation", "random-calculation-paper", "fractions"])
def test_a_set_holds(tmp_path, name, split):
    found = make(tmp_path / "s", name, (2, 5), split=split, text="latex")
    assert check(found) == []
    assert forge(found) == []


def test_a_set_of_several_shards_and_blocks_holds(sharded):
    assert check(sharded) == []
    assert len(list(sharded.glob("*/*.parquet"))) == 4


# Rows.


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("problems", "problem", "What is it?"),
        ("problems", "answer", "1000"),
        ("problems", "solution", "none"),
        ("problems", "bits", 99.0),
        ("problems", "steps", 3),
        ("problems", "level", "3"),
        ("problems", "id", "x"),
        ("problems", "source", "elsewhere"),
        ("problems", "family", "stories"),
        ("problems", "subject", "algebra"),
        ("problems", "group", "a"),
        ("problems", "metadata", [{"key": "dose", "value": "4"}]),
        ("problems", "answer", None),
        ("draws", "id", "x"),
        ("draws", "redraws", 77),
        ("draws", "duplicates", 5),
        ("draws", "rejected", 1),
        ("draws", "canonical", "+1-1"),
        ("draws", "part_bits", 99.0),
    ],
)
def test_a_changed_cell_is_found_by_row(folder, table, column, value):
    failures = forge(folder, {table: lambda rows: rows[7].update({column: value})})
    assert failures
    assert set(where(failures)) == {"row 7"}
    assert any(f"differs from the draw in {column}" in failure for failure in failures)


def test_a_row_without_a_text_is_found(folder):
    assert forge(folder, {"problems": lambda rows: rows[7].update(problem=None)})


def test_every_row_is_looked_at(sharded):
    def change(rows):
        for row in rows:
            row["bits"] += 1e-6

    assert where(forge(sharded, {"problems": change})) == [f"row {i}" for i in range(40)]


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("1/0", "cannot be parsed"),
        ("many", "expected an integer, fraction or decimal as answer"),
        ("1e9999999", "expected an integer, fraction or decimal as answer"),
        ("1000", "the answer is 1000"),
    ],
)
def test_a_wrong_answer_is_found_from_the_text_as_well(folder, answer, what):
    failures = forge(folder, {"problems": lambda rows: rows[3].update(answer=answer)})
    assert where(failures) == ["row 3", "row 3"]
    assert what in failures[1]


def test_a_wrong_family_is_found_from_the_text_alone(folder, monkeypatch):
    """If the family draws the same wrong answer again, evaluating the text still detects it."""
    rows = Artifact.load(folder).rows("problems")
    right = type(WORDS).answer
    wrong = int(rows[11]["answer"]) + 1

    def answer(self, form):
        return str(wrong) if form.text == rows[11]["problem"] else right(self, form)

    monkeypatch.setattr(type(WORDS), "answer", answer)
    failures = forge(folder, {"problems": lambda rows: rows[11].update(answer=str(wrong))})
    assert failures == [f"row 11: the text evaluates to {wrong - 1}, the answer is {wrong}"]


def test_a_redraw_without_reason_is_found(folder):
    """A row that was drawn again without a duplicate or a hit; everything else is consistent."""
    sampler_ = Sampler(plan_from_config(Artifact.load(folder).config))
    stored = Artifact.load(folder).rows("draws")
    index = next(i for i, row in enumerate(stored) if not row["duplicates"])
    redraw, item = next(
        (r, item)
        for r in range(stored[index]["redraws"] + 1, 99)
        if (item := sampler_.item(index, r))
    )

    def change_problem(rows):
        rows[index].update(
            problem=item.problem,
            answer=item.answer,
            solution=WORDS.solution(item.form),
            bits=sampler.round_down(item.bits - 1),
        )

    def change_draw(rows):
        rows[index].update(
            redraws=redraw,
            canonical=WORDS.canonical(item.form),
            part_bits=sampler.round_down(WORDS.part_bits(item.form)),
        )

    failures = forge(folder, {"problems": change_problem, "draws": change_draw}, recount=True)
    assert where(failures) == [f"row {index}"] * 2
    assert "differs from the draw in redraws" in failures[1]


@pytest.mark.parametrize("table", ["problems", "draws"])
@pytest.mark.parametrize("place", [0, 17, -1])
def test_a_missing_row_is_found(folder, table, place):
    failures = forge(folder, {table: lambda rows: rows.pop(place)})
    assert failures == ["row 39: expected 40 rows in each table"]


def test_rows_that_are_missing_from_both_tables_are_found(sharded):
    failures = forge(sharded, {name: lambda rows: rows.pop() for name in ("problems", "draws")})
    assert failures == ["row 39: expected 40 rows in each table"]


@pytest.mark.parametrize("tables", [("problems",), ("draws",), ("problems", "draws")])
def test_an_added_row_is_found(folder, tables):
    failures = forge(folder, {name: lambda rows: rows.append(rows[0]) for name in tables})
    assert failures == ["row 40: expected 40 rows in each table"]


def test_swapped_rows_are_found(folder):
    def swap(rows):
        rows[3], rows[5] = rows[5], rows[3]

    assert set(where(forge(folder, {"problems": swap, "draws": swap}))) == {"row 3", "row 5"}


@pytest.mark.parametrize("again", [False, True])
def test_swapped_shards_are_found(sharded, again):
    """Both tables alike; with and without a manifest that fits."""
    for table in ("problems", "draws"):
        a, b = (sharded / table / f"0000{i}.parquet" for i in range(2))
        b.rename(sharded / "x")
        a.rename(b)
        (sharded / "x").rename(a)
    if again:
        assert set(where(reseal(sharded))) == {f"row {i}" for i in range(40)}
    else:
        assert where(check(sharded)) == [
            f"{table}/0000{i}.parquet" for table in ("draws", "problems") for i in range(2)
        ]


def test_a_table_or_column_more_or_less_is_found(folder):
    table = next(Artifact.load(folder).tables("problems"))
    manifest = json.loads((folder / "manifest.json").read_text())
    writer = Artifact(folder, manifest)
    for changed in (table.append_column("x", table["id"]), table.drop_columns(["source"])):
        writer.write("problems/00000", changed)
        assert reseal(folder) == ["row 0: the columns are not those of a set"]
    writer.write("problems/00000", table)
    assert reseal(folder) == []
    shutil.rmtree(folder / "draws")
    assert reseal(folder) == ["row 0: expected 40 rows in each table"]


def test_very_many_failures_are_not_all_listed(tmp_path):
    found = make(tmp_path / "s", steps=(1, 1), count=150)
    failures = forge(found, {"problems": lambda rows: [r.update(id="x") for r in rows]})
    assert where(failures[:-1]) == [f"row {i}" for i in range(100)]
    assert failures[-1] == "manifest.json: stopped after 100 failures; more rows may fail"


# Configuration, freshness and card.


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({"origin": {"seed": "w"}}, "master seed does not follow"),
        ({"origin": {"bind": ["v"]}}, "master seed does not follow"),
        ({"origin": {}}, "is not that of a set"),
        ({"origin": {"seed": "v", "bind": ["v"]}}, "is not that of a set"),
        ({"version": 99}, "expected a set of word-problems version 1, got one of version 99"),
        ({"family": "words"}, "no family 'words'"),
        ({"family": ["word-problems"]}, "is not that of a set"),
        ({"steps": [0, 2]}, "has tiers 1 to 4"),
        ({"steps": None}, "is not that of a set"),
        ({"steps": [1, 2, 3]}, "is not that of a set"),
        ({"count": 0}, "--count 0: expected at least 1"),
        ({"count": None}, "is not that of a set"),
        ({"split": "test"}, "--split test"),
        ({"text": "html"}, "--text html"),
        ({"master_seed": "zz"}, "is not that of a set"),
        ({"master_seed": None}, "is not that of a set"),
    ],
)
def test_a_configuration_that_makes_no_such_set_is_found(folder, config, line):
    failures = forge(folder, config=config)
    assert failures[0].startswith("manifest.json: ")
    assert line in failures[0]


@pytest.mark.parametrize("config", [{"origin": None}, {"origin": 7}, {"count": "40"}], ids=str)
def test_a_configuration_of_other_types_is_found(folder, config):
    assert set(where(forge(folder, config=config))) == {"manifest.json"}


@pytest.mark.parametrize(
    "config",
    [
        {"split": "all"},
        {"split": "train"},
        {"text": "latex"},
        {"steps": [1, 3]},
        {"steps": [2, 2]},
        {"family": "stories"},
        {"origin": {"seed": "w"}, "master_seed": master_seed(seed="w").hex()},
    ],
)
def test_a_configuration_that_makes_another_set_is_found(folder, config):
    version = family(config.get("family", "word-problems")).version
    failures = forge(folder, config={**config, "version": version})
    assert failures
    assert all(place.startswith("row ") for place in where(failures)[:-1])


@pytest.mark.parametrize(("count", "row"), [(39, 39), (41, 40), (1, 1)])
def test_another_count_is_found(folder, count, row):
    failures = forge(folder, config={"count": count})
    assert failures == [f"row {row}: expected {count} rows in each table"]


@pytest.mark.parametrize(
    "path",
    [
        ("tiers", "1", "label"),
        ("tiers", "2", "min_entropy"),
        ("tiers", "1", "duplicates", "observed"),
        ("tiers", "1", "answers", "most_common_accuracy"),
        ("any_item_in_corpus", "1e12"),
        ("seed_grinding_ruled_out",),
        ("claim",),
    ],
    ids=".".join,
)
def test_a_changed_freshness_account_is_found(folder, path):
    metadata = Artifact.load(folder).metadata
    inner = metadata["freshness"]
    for key in path[:-1]:
        inner = inner[key]
    assert inner[path[-1]] != "changed"
    inner[path[-1]] = "changed"
    found = reseal(folder, metadata)
    assert found == [STALE_ACCOUNT]


def test_a_set_without_freshness_does_not_hold(folder):
    assert reseal(folder, {}) == [
        "manifest.json: the freshness account does not follow from the rows"
    ]


def test_additional_metadata_is_found(folder):
    metadata = {**Artifact.load(folder).metadata, "certified": "by nobody"}
    assert reseal(folder, metadata) == ["manifest.json: the keys are not those of a generated set"]


def test_a_set_that_hides_its_family_does_not_hold(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["config"]["family"]
    Artifact(folder, manifest).finish(manifest["metadata"])
    assert check(folder) == ["manifest.json: expected a family: the set was generated"]


@pytest.mark.parametrize(
    "change", [lambda text: text + "\n", lambda text: text.replace("skill", "fresh"), None]
)
def test_another_card_is_found(folder, change):
    path = folder / "README.md"
    if change is None:
        path.unlink()
    else:
        path.write_text(change(path.read_text()))
    assert where(check(folder)) == ["README.md"]
    resealed = reseal(folder)
    assert len(resealed) == 1
    assert "README.md" in resealed[0]


# Bytes.


def test_every_flipped_byte_of_a_file_is_found(tmp_path):
    folder = make(tmp_path / "s", steps=(1, 1), count=5)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    assert len(paths) == 4
    for path in paths:
        good = path.read_bytes()
        for position in range(0, len(good), 23):
            flipped = good[position] ^ (1 << position % 8)
            path.write_bytes(good[:position] + bytes([flipped]) + good[position + 1 :])
            failures = verify(folder, CHECKS)
            assert {failure.where for failure in failures} == {path.relative_to(folder).as_posix()}
        path.write_bytes(good)
    assert check(folder) == []


@pytest.mark.parametrize(
    "name", ["manifest.json", "README.md", "problems/00000.parquet", "draws/00000.parquet"]
)
def test_a_file_that_is_cut_off_is_found(folder, name):
    good = (folder / name).read_bytes()
    for kept in (0, 1, len(good) // 2, len(good) - 1):
        (folder / name).write_bytes(good[:kept])
        assert where(check(folder)) == [name]
    (folder / name).write_bytes(good)
    assert check(folder) == []


def test_an_edited_manifest_is_found(folder):
    path = folder / "manifest.json"
    good = path.read_text()
    edited = "manifest.json: was edited: its hash or canonical form does not match"
    for old, new in (('"count": 40', '"count": 41'), ("skill", "fresh"), ("{\n", "{\n ")):
        assert old in good
        path.write_text(good.replace(old, new, 1))
        assert check(folder) == [edited]


def test_a_file_more_is_found(folder):
    (folder / "notes.txt").write_text("x")
    assert where(check(folder)) == ["notes.txt"]


# Sets that were drawn against files.


@pytest.fixture(scope="module", params=[False, True], ids=["found", "rejected"])
def compared(request, tmp_path_factory):
    """A set decontaminated against every third of its problems, and whether it rejects them."""
    folder = tmp_path_factory.mktemp("against")
    rows = Artifact.load(make(folder / "plain", steps=(1, 1), count=60)).rows("problems")
    texts = [json.dumps({"text": row["problem"]}) for row in rows[::3]]
    (folder / "held.jsonl").write_text("\n".join(texts))
    corpus = CorpusFiles([str(folder / "held.jsonl")], WORDS, request.param)
    return make(folder / "s", steps=(1, 1), count=60, corpus=corpus), request.param


@pytest.fixture(params=[False, True], ids=["without-files", "with-files"])
def searched(request, compared, tmp_path):
    """The same, with the decontamination file in place or missing."""
    folder = shutil.copytree(compared[0], tmp_path / "s")
    if not request.param:
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["provenance"]["decontamination"] = [str(tmp_path / "gone.jsonl")]
        Artifact(folder, manifest).finish(manifest["metadata"])
    return folder, compared[1], request.param


def test_a_set_drawn_against_a_file_holds(searched):
    folder, rejects, _ = searched
    assert check(folder) == []
    account = Artifact.load(folder).metadata["freshness"]["decontamination"]
    assert account["items"] >= 20
    assert account["rejected"] == rejects


def canonical_hit(hits):
    return next(hit for hit in hits if hit["kind"] == "canonical" and hit["redraw"] == 0)


def test_a_hit_that_was_taken_away_is_found(searched):
    """The hits of a rejected draw are its only reason. Those of a kept item can be deleted undetected
    only if the files are missing, and then the card differs."""
    folder, rejects, file_exists = searched
    index = canonical_hit(Artifact.load(folder).rows("hits"))["row"]

    def without(rows):
        rows[:] = [row for row in rows if (row["row"], row["redraw"]) != (index, 0)]

    failures = forge(folder, {"hits": without}, recount=True)
    if file_exists and not rejects:
        assert where(failures) == ["hits"]
    elif rejects:
        # The rejected item would have been kept; with the file it is still rejected.
        assert where(failures)[0] == ("hits" if file_exists else f"row {index}")
    else:
        assert where(failures) == ["README.md"]


@pytest.mark.parametrize(
    "change",
    [
        {"what": "+1-1"},
        {"what": "no words of it 1 2 3"},
        {"kind": "ngram"},
        {"kind": "other"},
        {"row": 60},
        {"row": -1},
        {"redraw": 50},
    ],
    ids=str,
)
def test_a_changed_hit_is_found(searched, change):
    folder, *_ = searched
    failures = forge(folder, {"hits": lambda rows: canonical_hit(rows).update(change)})
    assert failures


@pytest.mark.parametrize("what", ["no words of it 1 2 3", ""])
def test_words_that_an_item_does_not_have_are_found(searched, what):
    folder, *_ = searched

    def change(rows):
        next(hit for hit in rows if hit["kind"] == "ngram")["what"] = what

    assert where(forge(folder, {"hits": change}, recount=True)) == ["hits"]


def test_a_hit_more_is_found(searched):
    """Without its file, a hit is accepted only if the item has that form or that n-gram."""
    folder, *_ = searched
    extra = {"row": 59, "redraw": 0, "kind": "canonical", "what": "+1-1", "file": 0}
    assert where(forge(folder, {"hits": lambda rows: rows.append(extra)})) == ["hits"]


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.insert(0, rows[0]),
        lambda rows: rows[0].update(file=1),
        lambda rows: rows[0].update(file=-1),
    ],
    ids=["twice", "another-file", "no-file"],
)
def test_hits_are_compared_with_the_file(searched, change):
    folder, _, file_exists = searched
    if file_exists:
        assert where(forge(folder, {"hits": change}, recount=True)) == ["hits"]


def test_hits_in_another_order_are_found(searched):
    folder, *_ = searched
    assert forge(folder, {"hits": lambda rows: rows.reverse()})


def test_an_invented_hit_is_found_with_the_file(searched):
    """Reject a good item by a hit that no file gave, redraw it, and seal it all again."""
    folder, rejects, file_exists = searched
    if not rejects or not file_exists:
        return  # without the file this hit cannot be distinguished from a true one
    draws = Artifact.load(folder).rows("draws")
    index = next(i for i, row in enumerate(draws) if row["redraws"] == 0)
    extra = {
        "row": index,
        "redraw": 0,
        "kind": "canonical",
        "what": draws[index]["canonical"],
        "file": 0,
    }
    failures = forge(folder, {"hits": lambda rows: rows.insert(0, extra)}, recount=True)
    assert where(failures) == ["hits"]


@pytest.mark.parametrize(
    "decontamination", [None, {"files": [], "drop": False, "ngram": 8}, {"files": []}, 7]
)
def test_a_configuration_that_hides_the_files_is_found(searched, decontamination):
    folder, *_ = searched
    manifest = json.loads((folder / "manifest.json").read_text())
    if decontamination is None:
        del manifest["config"]["decontamination"]
    else:
        manifest["config"]["decontamination"] = decontamination
    Artifact(folder, manifest).finish(manifest["metadata"])
    assert check(folder)


def test_a_set_without_files_has_no_hits(folder):
    Artifact(folder, json.loads((folder / "manifest.json").read_text())).write(
        "hits/00000",
        write.hits_table([sampler.Hit(0, 0, "canonical", "+1-1", 0)]),
    )
    assert where(reseal(folder)) == ["hits"]


def test_shared_sub_expressions_are_recounted_with_the_file(tmp_path):
    rows = Artifact.load(make(tmp_path / "plain", "random-calculation", (3, 5), 30)).rows(
        "problems"
    )
    (tmp_path / "held.txt").write_text("\n".join(row["problem"] for row in rows[:5]))
    corpus = CorpusFiles([str(tmp_path / "held.txt")], family("random-calculation"), False)
    found = make(tmp_path / "s", "random-calculation", (3, 5), 30, corpus=corpus)
    metadata = Artifact.load(found).metadata
    parts = metadata["freshness"]["decontamination"]["parts"]
    assert check(found) == []
    assert parts["3"]["in_files"] >= 2  # the first and the fourth row have three steps
    parts["3"]["in_files"] = 0
    assert reseal(found, metadata) == [
        "manifest.json: the freshness account does not follow from the rows"
    ]


# Bound sets.


@pytest.fixture(scope="module")
def bound(tmp_path_factory):
    bind = ["aa" * 32, "bb" * 32]
    return Artifact.load(
        make(
            tmp_path_factory.mktemp("bound") / "s",
            count=4,
            master=master_seed(bind=bind, round_text="r"),
            origin={"bind": bind, "round": "r", "names": ["first", "second"]},
        )
    )


def binding(artifact, weights):
    return [str(failure) for failure in verify_binding(artifact, weights)]


def test_a_bound_set_holds_for_its_weights(bound):
    assert check(bound.folder) == []
    assert binding(bound, {"x": "aa" * 32, "y": "bb" * 32}) == []
    assert binding(bound, {"x": "bb" * 32, "y": "aa" * 32, "again": "aa" * 32}) == []


def test_other_weights_are_found(bound):
    also, missing = (
        "manifest.json: the set is also bound to the weights ",
        "which belong to no checkpoint",
    )
    other = binding(bound, {"x": "aa" * 32, "y": "cc" * 32})
    assert len(other) == 2
    assert "not bound to the weights of y (sha256 cccccccccccccccc...)" in other[0]
    assert other[1].startswith(f"{also}bbbbbbbbbbbbbbbb..., ")
    fewer = binding(bound, {"x": "bb" * 32})
    assert len(fewer) == 1
    assert fewer[0].startswith(f"{also}aaaaaaaaaaaaaaaa..., ")
    assert missing in fewer[0]
    more = binding(bound, {"x": "aa" * 32, "y": "bb" * 32, "z": "dd" * 32})
    assert len(more) == 1
    assert "not bound to the weights of z" in more[0]
    assert len(binding(bound, {})) == 2


def test_a_set_with_a_seed_is_bound_to_nothing(folder):
    assert binding(Artifact.load(folder), {"x": "aa" * 32}) == [
        "manifest.json: the set is bound to no weights"
    ]


@pytest.mark.parametrize(
    "origin",
    [
        {"bind": ["aa" * 32], "round": "r"},
        {"bind": ["aa" * 32, "cc" * 32], "round": "r"},
        {"bind": ["aa" * 32, "bb" * 32]},
        {"bind": ["aa" * 32, "bb" * 32], "round": "s"},
        {"seed": "v"},
    ],
)
def test_a_binding_that_was_not_used_is_found(bound, tmp_path, origin):
    folder = shutil.copytree(bound.folder, tmp_path / "s")
    assert "the master seed does not follow" in forge(folder, config={"origin": origin})[0]


# Sets that were not generated.


def test_a_set_that_was_not_generated(tmp_path):
    good = [Problem("a", "What?"), Problem("b", "Why?", "1")]
    write_folder(tmp_path / "good", ProblemSet("s", good), {"organism": "x"})
    assert check(tmp_path / "good") == []
    bad = [*good, Problem("a", "How?"), Problem("c", " \n")]
    write_folder(tmp_path / "bad", ProblemSet("s", bad), {"organism": "x"})
    assert check(tmp_path / "bad") == [
        "row 2 (a): an earlier row has the same id",
        "row 3 (c): the problem is empty",
    ]
