"""Items that stand in files: found by their computation and by their words, and redrawn."""

import csv
import gzip
import hashlib
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet, load_folder, write_folder
from clean_bench.seeds import digest
from generators.checks import verify_set
from generators.decontaminate import CorpusFiles, RecordedHits, numeric_ngrams
from generators.registry import family
from generators.sampler import Hit
from generators.set_plan import master_seed
from generators.write import generate

CALCULATION, WORDS = family("random-calculation"), family("word-problems")
VERIFIERS = {"problem-set": verify_set}

STORY = (
    "How many coins does Mia have in the end? Mia starts with 37 coins, finds 25 in the garden and "
    "gives 18 to Tom."
)
SAME_STORY = (
    "How many keys does Zeno have in the end? Zeno starts with 25 keys, sells 18 to Ada and buys 37 "
    "at the market."
)
OTHER_STORY = STORY.replace("18", "17")
CANONICAL = "+25,37-18"

ITEM = r"(\frac{34}{8} - 7 \times 18^2) \div 41 + 6^3".replace("34", "35")
SAME_ITEM = r"6^3 + (\frac{35}{8} - 18^2 \times 7) \div 41"


DESCRIBED = {"drop": True, "files": [{}, {}, {}]}


def asked(expression):
    return (
        f"What is the exact value of ${expression}$? Give an integer or a fraction in lowest terms."
    )


def canonical(expression):
    return CALCULATION.canonical(CALCULATION.read(asked(expression)))


def write(path, texts):
    """The texts in a file of the kind that its name says."""
    rows = [{"prompt": text, "n": 5, "none": None} for text in texts]
    if path.suffix == ".gz":
        plain = Path(write(path.with_suffix(""), texts))
        path.write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()
    elif path.suffix == ".csv":
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([["n", "prompt"], *([5, text] for text in texts)])
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".json":
        path.write_text(json.dumps([{"deep": [{"er": row}, "other"]} for row in rows]))
    elif path.suffix == ".parquet":
        messages = [{"text": [text], "n": 5} for text in texts]
        pq.write_table(pa.Table.from_pylist(messages), path)
    elif path.suffix == ".txt":
        path.write_text("".join(f"{text}\n\n" for text in texts))
    else:
        problems = [Problem(str(i), text, "1") for i, text in enumerate(texts)]
        write_folder(path, ProblemSet("any", problems), {"x": 1})
    return str(path)


def files(path, *texts, found=WORDS, drops=False):
    return CorpusFiles([write(path, texts)], found, drops)


def kinds(searched, problem, form):
    return {hit.kind for hit in searched.hits(3, 1, problem, form)}


KINDS = ["a.jsonl", "a.json", "a.parquet", "a.txt", "a", "a.csv", "a.jsonl.gz", "a.txt.gz"]


# What an 8-gram is.


def test_the_8_grams_of_a_sentence_by_hand():
    assert list(numeric_ngrams("Mia starts with 37 coins; finds 2,500.5 in the Garden.")) == [
        "mia starts with 37 coins finds 2,500.5 in",
        "starts with 37 coins finds 2,500.5 in the",
        "with 37 coins finds 2,500.5 in the garden",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one two three four five six seven eight nine ten",
        "one two three four five six seven 8",
        "1 2 3 4 5 6 7",
        "one 2 three four five six seven eight nine 10",
    ],
    ids=["nothing", "words", "one number", "seven", "too far apart"],
)
def test_what_has_no_8_gram(text):
    assert list(numeric_ngrams(text)) == []


@pytest.mark.parametrize(
    "other",
    [
        ITEM.replace(r"\times", "×").replace(r"\div", "÷").replace(" - ", " − "),
        ITEM.replace(r"\times", r"\cdot").replace(r"\frac", r"\dfrac"),
        ITEM.replace(r"\frac{35}{8}", "(35/8)").replace(r"\times", "*").replace(r"\div", "/"),
        ITEM.replace("(", r"\left(").replace(")", r"\right)").replace("18^2", "18^{2}"),
        ITEM.replace(" ", ""),
    ],
)
def test_8_grams_of_a_formula_do_not_depend_on_its_notation(other):
    grams = list(numeric_ngrams(ITEM))
    assert grams[:2] == ["35 / 8 - 7 * 18 ^", "/ 8 - 7 * 18 ^ 2"]
    assert list(numeric_ngrams(other)) == grams


# What is found.


@pytest.mark.parametrize("name", KINDS)
def test_a_story_with_other_names_is_the_same_computation(tmp_path, name):
    searched = files(tmp_path / name, "An unrelated line, 12 of it.", SAME_STORY)
    assert searched.hits(3, 1, STORY, CANONICAL) == [Hit(3, 1, "canonical", CANONICAL, 0)]
    assert kinds(searched, OTHER_STORY, "+25,37-17") == set()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    "spelled",
    [
        SAME_ITEM,
        f"It holds that ${SAME_ITEM}$ is what is asked",
        SAME_ITEM.replace(r"\times", "×").replace(r"\div", "÷").replace(" - ", " − "),
        SAME_ITEM.replace(r"\frac{35}{8}", "(35/8)").replace(r"\times", "*").replace(r"\div", "/"),
        r"\(\) " + SAME_ITEM.replace("(", r"\left(").replace(")", r"\right)") + " = x",
    ],
    ids=["latex", "prose", "unicode", "plain", "spread"],
)
def test_a_commuted_expression_is_found(tmp_path, name, spelled):
    searched = files(tmp_path / name, "no formula here", spelled, found=CALCULATION)
    form = canonical(ITEM)
    assert form == canonical(SAME_ITEM)
    hits = searched.hits(3, 1, asked(ITEM), form)
    assert hits[0] == Hit(3, 1, "canonical", form, 0)
    near = ITEM.replace("41", "43")
    assert "canonical" not in kinds(searched, asked(near), canonical(near))


@pytest.mark.parametrize("name", KINDS)
def test_words_with_numbers_are_found_whatever_the_computation(tmp_path, name):
    searched = files(tmp_path / name, STORY)
    hits = searched.hits(3, 1, OTHER_STORY, "+25,37-17")
    shared = [gram for gram in numeric_ngrams(OTHER_STORY) if gram in set(numeric_ngrams(STORY))]
    assert len(shared) >= 3
    assert hits == [Hit(3, 1, "ngram", gram, 0) for gram in shared]


def test_words_alone_are_not_found(tmp_path):
    """The sentences of the family, without two numerals within eight words."""
    other = (
        "How many coins does Mia have in the end? Mia starts with 88 coins, finds 77 in the garden "
        "and gives 66 to Tom."
    )
    searched = files(tmp_path / "a.txt", other)
    assert searched.hits(0, 0, STORY, CANONICAL) == []
    prompt = files(tmp_path / "b.txt", asked("1 + 2"), asked(r"3 \times 4"), found=CALCULATION)
    assert prompt.hits(0, 0, asked("5 - 6"), canonical("5 - 6")) == []


def test_words_run_over_the_lines_of_a_text_and_not_over_rows(tmp_path):
    pieces = [
        OTHER_STORY[: OTHER_STORY.index("25")],
        "25 in the garden and gives",
        "17 to Tom.",
    ]
    assert " ".join(piece.strip() for piece in pieces) == OTHER_STORY
    assert [list(numeric_ngrams(piece)) for piece in pieces] == [[], [], []]
    assert kinds(files(tmp_path / "a.txt", *pieces), OTHER_STORY, "") == {"ngram"}
    assert kinds(files(tmp_path / "a.jsonl", *pieces), OTHER_STORY, "") == set()


def test_a_hit_names_the_first_file_that_has_it(tmp_path):
    names = [
        write(tmp_path / name, texts)
        for name, texts in (
            ("a.txt", ["nothing"]),
            ("b.txt", [SAME_STORY]),
            ("c.jsonl", [SAME_STORY, STORY]),
        )
    ]
    hits = CorpusFiles(names, WORDS, False).hits(0, 0, STORY, CANONICAL)
    assert {(hit.kind, hit.file) for hit in hits} == {("canonical", 1), ("ngram", 2)}
    assert {hit.what for hit in hits if hit.kind == "ngram"} == set(numeric_ngrams(STORY))


def test_the_files_are_described_by_their_content(tmp_path):
    path = tmp_path / "a.jsonl"
    searched = files(path, STORY, SAME_STORY, "nothing", OTHER_STORY)
    described = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "bytes": path.stat().st_size,
        "texts": 4,
        "computations": 2,
    }
    config = searched.config()
    assert config["files"] == [described]
    assert config["drop"] is False
    path.rename(tmp_path / "b.jsonl")
    assert CorpusFiles([str(tmp_path / "b.jsonl")], WORDS, False).config() == config
    folder = write(tmp_path / "folder", [STORY])
    described = CorpusFiles([folder], WORDS, False).config()["files"][0]
    assert described["sha256"] == load_folder(folder).content_sha256


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.jsonl", b'{"text": ', "a.jsonl:1: expected JSON"),
        ("a.jsonl", b'{"text": "\xff"}', "a.jsonl:1: expected UTF-8"),
        ("a.json", b"[1, 2", "a.json:2: expected JSON"),
        ("a.parquet", b"PAR1", "a.parquet: expected a Parquet file"),
        ("a.txt", b"", "a.txt: expected text to decontaminate"),
        ("a.txt", b" \n\t\n", "a.txt: expected text to decontaminate"),
        ("a.jsonl", b"", "a.jsonl: expected text to decontaminate"),
        ("a.jsonl", b'{"n": 5, "text": " "}\n', "a.jsonl: expected text to decontaminate"),
        ("a.json", b"[]", "a.json: expected text to decontaminate"),
        ("absent.txt", None, "absent.txt: no such file"),
    ],
)
def test_a_file_that_cannot_be_searched_is_named_in_one_line(tmp_path, name, content, complaint):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as caught:
        CorpusFiles([str(tmp_path / name)], WORDS, True)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ['"', "a,b\nc,d,e,f\n"])
def test_a_csv_file_that_is_no_table_is_searched_as_text(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(f"{text}\n{STORY}\n")
    searched = CorpusFiles([str(path)], WORDS, drops=False)
    assert "ngram" in kinds(searched, OTHER_STORY, "+25,37-17")


def test_a_folder_that_is_no_problem_set_is_named(tmp_path):
    with pytest.raises(UserError, match="holds no clean-bench artifact"):
        CorpusFiles([str(tmp_path)], WORDS, True)


def test_what_is_no_text_is_read_as_far_as_it_goes(tmp_path):
    """Bytes that are no UTF-8, and a nest that is deeper than any row."""
    (tmp_path / "a.bin").write_bytes(b"\xff\xfe\x00\n" + SAME_STORY.encode() + b"\n\x80")
    searched = CorpusFiles([str(tmp_path / "a.bin")], WORDS, False)
    assert kinds(searched, STORY, CANONICAL) == {"canonical"}
    nest = {"a": SAME_STORY}
    for _ in range(90):
        nest = {"b": [nest]}
    (tmp_path / "n.jsonl").write_text(json.dumps(nest))
    assert kinds(CorpusFiles([str(tmp_path / "n.jsonl")], WORDS, False), STORY, CANONICAL) == {
        "canonical"
    }


# Hits that a set has recorded.


def test_only_true_hits_count_when_they_are_recorded():
    gram = next(numeric_ngrams(STORY))
    true = [
        Hit(3, 1, "canonical", CANONICAL, 0),
        Hit(3, 1, "ngram", gram, 0),
    ]
    false = [
        Hit(3, 1, "canonical", "+25,37-19", 0),
        Hit(3, 1, "canonical", gram, 0),
        Hit(3, 1, "ngram", CANONICAL, 0),
        Hit(3, 1, "ngram", " ".join(gram.split()[1:]), 0),
        Hit(3, 1, "ngram", "", 0),
        Hit(3, 2, "canonical", "+1-1", 0),
    ]
    recorded = RecordedHits([*false, *true, Hit(4, 1, "canonical", CANONICAL, 0)], WORDS, DESCRIBED)
    assert recorded.drops is True
    assert recorded.hits(3, 1, STORY, CANONICAL) == true
    assert recorded.hits(3, 2, STORY, CANONICAL) == []
    assert recorded.hits(5, 1, STORY, CANONICAL) == []
    assert recorded.hits(4, 1, STORY, CANONICAL) == [Hit(4, 1, "canonical", CANONICAL, 0)]


def test_the_sentence_around_a_formula_is_no_hit():
    sentence = "the exact value of 12 + 34 - 5 give an integer or a fraction"
    grams = [Hit(0, 0, "ngram", gram, 0) for gram in numeric_ngrams(sentence)]
    assert grams
    recorded = RecordedHits(grams, CALCULATION, DESCRIBED)
    assert recorded.hits(0, 0, asked("12 + 34 - 5"), canonical("12 + 34 - 5")) == []


# Sets that are drawn against files.


def make(out, name="word-problems", steps=(1, 2), count=150, corpus=None, seed="s", **options):
    return generate(
        name,
        steps,
        count,
        master=master_seed(seed=seed),
        origin={"seed": seed},
        out=out,
        corpus=corpus,
        **options,
    )


def tables(artifact):
    return [
        {**problem, **draw}
        for problem, draw in zip(artifact.rows("problems"), artifact.rows("draws"), strict=True)
    ]


def searched_again(artifact, found, searched):
    """The numbers of the rows that the files hold, by another search."""
    return [
        number
        for number, row in enumerate(tables(artifact))
        if searched.hits(number, row["redraws"], row["problem"], row["canonical"])
    ]


def sources(tmp_path, found=WORDS, name="word-problems", steps=(1, 2)):
    """CorpusFiles of every kind with items of the set `plain`, and what else there is in the world."""
    plain = make(tmp_path / "plain", name, steps)
    texts = [row["problem"] for row in plain.rows("problems")]
    pieces = {"a.jsonl": texts[:20], "b.json": texts[20:30], "c.parquet": texts[30:40]}
    pieces |= {"d.txt": [*texts[40:50], "Nothing else, 12 of it."], "e": texts[50:60]}
    names = [write(tmp_path / name, texts) for name, texts in pieces.items()]
    return plain, names


@pytest.mark.parametrize(
    ("name", "steps"), [("word-problems", (1, 2)), ("random-calculation", (3, 5))]
)
def test_a_rejecting_set_holds_nothing_of_the_files(tmp_path, name, steps):
    found = family(name)
    plain, names = sources(tmp_path, found, name, steps)
    corpus = CorpusFiles(names, found, True)
    clean = make(tmp_path / "clean", name, steps, corpus=corpus)
    assert searched_again(plain, found, corpus)[:60] == list(range(60))
    assert searched_again(clean, found, corpus) == []
    forms = {row["canonical"] for row in plain.rows("draws")[:60]}
    assert not forms & {row["canonical"] for row in clean.rows("draws")}
    assert len({row["canonical"] for row in clean.rows("draws")}) == 150

    hits = clean.rows("hits")
    draws = {(hit["row"], hit["redraw"]) for hit in hits}
    account = clean.metadata["freshness"]
    assert account["decontamination"]["rejected"] is True
    assert account["decontamination"]["items"] == len(draws) >= 60
    for kind in ("canonical", "ngram"):
        counted = {(hit["row"], hit["redraw"]) for hit in hits if hit["kind"] == kind}
        assert account["decontamination"][kind] == len(counted)
    assert sum(row["rejected"] for row in tables(clean)) == len(draws)
    assert sum(tier["rejected"] for tier in account["tiers"].values()) == len(draws)
    assert f"or an 8-gram: {len(draws)} items." in account["claim"]
    for row, before in zip(tables(clean), tables(plain), strict=True):
        if not row["redraws"]:
            assert row["problem"] == before["problem"]

    assert verify(clean.folder, VERIFIERS) == []
    for source in names:
        shutil.rmtree(source) if source.endswith("e") else (tmp_path / source).unlink()
    assert verify(clean.folder, VERIFIERS) == []


@pytest.mark.parametrize(
    ("name", "steps"), [("word-problems", (1, 2)), ("random-calculation", (3, 5))]
)
def test_without_rejecting_the_rows_are_unchanged_and_the_hits_are_counted(tmp_path, name, steps):
    found = family(name)
    plain, names = sources(tmp_path, found, name, steps)
    corpus = CorpusFiles(names, found, False)
    counted = make(tmp_path / "counted", name, steps, corpus=corpus)
    assert tables(counted) == tables(plain)
    wanted = searched_again(plain, found, corpus)
    hits = counted.rows("hits")
    assert sorted({hit["row"] for hit in hits}) == wanted
    account = counted.metadata["freshness"]
    assert account["decontamination"]["items"] == len(wanted) >= 60
    assert account["decontamination"]["rejected"] is False
    assert account["tiers"] == plain.metadata["freshness"]["tiers"]
    assert sum(tier["rejected"] for tier in account["tiers"].values()) == 0
    assert f"the computation or an 8-gram of {len(wanted)} items was found" in account["claim"]
    first = {hit["row"]: hit["file"] for hit in hits if hit["kind"] == "canonical"}
    assert [first[row] for row in (0, 19, 20, 30, 40, 50)] == [0, 0, 1, 2, 3, 4]
    assert verify(counted.folder, VERIFIERS) == []


def test_hits_do_not_depend_on_the_number_of_processes(tmp_path):
    _, names = sources(tmp_path)
    folders = []
    for number, workers in enumerate((1, 2)):
        corpus = CorpusFiles(names, WORDS, True)
        folders.append(make(tmp_path / str(number), count=1010, corpus=corpus, workers=workers))
    assert tables(folders[0]) == tables(folders[1])
    assert folders[0].rows("hits") == folders[1].rows("hits")
    assert folders[0].metadata == folders[1].metadata


def test_the_same_content_under_another_name_is_the_same_set(tmp_path):
    name = write(tmp_path / "a.jsonl", [SAME_STORY])
    first = make(tmp_path / "s", corpus=CorpusFiles([name], WORDS, True))
    (tmp_path / "deep").mkdir()
    moved = shutil.move(name, tmp_path / "deep" / "z.jsonl")
    again = make(tmp_path / "s", corpus=CorpusFiles([str(moved)], WORDS, True))
    assert again.manifest == first.manifest
    with pytest.raises(UserError):
        make(tmp_path / "s", corpus=CorpusFiles([str(moved)], WORDS, False))
    write(tmp_path / "a.jsonl", [STORY, SAME_STORY])
    with pytest.raises(UserError):
        make(tmp_path / "s", corpus=CorpusFiles([name], WORDS, True))
    with pytest.raises(UserError):
        make(tmp_path / "s")
    assert Artifact.load(tmp_path / "s").manifest == first.manifest


def test_a_stopped_set_goes_on_against_the_same_files(tmp_path, monkeypatch):
    monkeypatch.setattr("generators.sampler.BLOCK_ROWS", 50)
    monkeypatch.setattr("generators.write.BLOCK_ROWS", 50)
    monkeypatch.setattr("generators.write.SHARD_ROWS", 50)
    monkeypatch.setattr("generators.write._SHARD_BLOCKS", 1)
    _, names = sources(tmp_path)
    whole = make(tmp_path / "whole", corpus=CorpusFiles(names, WORDS, True))

    class Stop(Exception):
        pass

    def stop(rows, note=""):
        done.append(rows)
        if sum(done) == 100:
            raise Stop

    done = []
    with pytest.raises(Stop):
        make(tmp_path / "stopped", corpus=CorpusFiles(names, WORDS, True), progress=stop)
    resumed = make(tmp_path / "stopped", corpus=CorpusFiles(names, WORDS, True))
    assert tables(resumed) == tables(whole)
    assert resumed.rows("hits") == whole.rows("hits")
    assert resumed.metadata == whole.metadata


def test_files_that_hold_every_item_leave_none(tmp_path, monkeypatch):
    monkeypatch.setattr("generators.sampler._MIN_DRAW_LIMIT", 40)
    monkeypatch.setattr("generators.sampler._DRAWS_PER_FORM", 0)
    corpus = files(tmp_path / "a.txt", STORY, drops=True)
    tried = []

    def everywhere(row, redraw, problem, form):
        tried.append((row, redraw))
        return [Hit(row, redraw, "canonical", form, 0)]

    monkeypatch.setattr(corpus, "hits", everywhere)
    with pytest.raises(UserError) as caught:
        make(tmp_path / "s", corpus=corpus)
    assert tried == [(0, redraw) for redraw in range(40)]
    assert "0 different problems of 1 steps outside the files were drawn" in str(caught.value)
    assert "40 further draws gave no new one" in str(caught.value)
    assert "\n" not in str(caught.value)


# Sub-expressions in common.


def test_sub_expressions_in_the_files_are_counted(tmp_path):
    """Against a count of the texts' parentheses and leading parts, by the family's own parts."""
    plain = make(tmp_path / "plain", "random-calculation", (3, 5), 60)
    texts = [row["problem"] for row in plain.rows("problems")]
    name = write(tmp_path / "a.jsonl", [*texts[:5], asked(r"(12 + 34) \times 5 - 7")])
    counted = make(
        tmp_path / "s", "random-calculation", (3, 5), 60, CorpusFiles([name], CALCULATION, False)
    )
    held = {
        part
        for text in [*texts[:5], asked(r"(12 + 34) \times 5 - 7")]
        for part in CALCULATION.parts(CALCULATION.read(text))
    }
    assert {steps: part for steps, part in held if "12+34" in part} == {
        1: "12+34",
        2: "(12+34)*5",
        3: "(12+34)*5-7",
    }
    drawn = [part for text in texts for part in CALCULATION.parts(CALCULATION.read(text))]
    assert counted.metadata["freshness"]["decontamination"]["parts"] == {
        str(steps): {
            "drawn": sum(part[0] == steps for part in drawn),
            "in_files": sum(part[0] == steps and part in held for part in drawn),
        }
        for steps in sorted({part[0] for part in drawn})
    }


def test_random_texts_hit_exactly_what_plain_sets_hit(tmp_path):
    """Hashes in sorted arrays against sets of strings."""
    stories = [
        WORDS.make(digest("against", i, length=WORDS.random_bytes), 1 + i % 2, notation="plain")
        for i in range(600)
    ]
    inside, outside = stories[:300], stories[300:]
    searched = files(tmp_path / "a.jsonl", *(story.problem for story in inside))
    forms = {WORDS.canonical(story.form) for story in inside}
    grams = {gram for story in inside for gram in numeric_ngrams(story.problem)}
    total = 0
    for story in outside:
        form = WORDS.canonical(story.form)
        wanted = [("canonical", form)] * (form in forms)
        wanted += [("ngram", g) for g in dict.fromkeys(numeric_ngrams(story.problem)) if g in grams]
        hits = searched.hits(0, 0, story.problem, form)
        assert [(hit.kind, hit.what) for hit in hits] == wanted
        total += len(wanted)
    assert total > 0
