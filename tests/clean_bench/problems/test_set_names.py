"""The grammar of set names: label, source, columns, hub datasets, and the commas between names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.cli.options import names_of
from clean_bench.errors import UserError
from clean_bench.problems.set_names import (
    FIELDS,
    HubName,
    column_map,
    parse_hub_name,
    split_columns,
    split_label,
    split_names,
)


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("AI-MO/aimo-validation-aime", ("AI-MO/aimo-validation-aime", None, None, None)),
        ("AI-MO/aime[train]", ("AI-MO/aime", None, None, "train")),
        ("o/d[main/test]", ("o/d", None, "main", "test")),
        ("o/d@v1.0", ("o/d", "v1.0", None, None)),
        ("o/d.v2@refs/pr/3[all/dev]", ("o/d.v2", "refs/pr/3", "all", "dev")),
        ("o/d[20231101.en/train]", ("o/d", None, "20231101.en", "train")),
        ("o/d[a/b/train]", ("o/d", None, "a/b", "train")),
        ("o/d[main/]", ("o/d", None, "main", None)),
    ],
)
def test_hub_names(source: str, parts: tuple[str | None, ...]) -> None:
    name = parse_hub_name(source)
    assert name == HubName(*parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "source",
    [
        "aime",
        "./o/d",
        "/o/d",
        "../d",
        "o/..",
        "a/b/c",
        "o/d[train",
        "o/d]",
        "o/d[[x]]",
        "o/d@",
        "~/d",
    ],
)
def test_other_sources_are_no_hub_names(source: str) -> None:
    assert parse_hub_name(source) is None


def test_the_label_of_a_hub_set_is_the_dataset_with_what_is_typed() -> None:
    labels = {
        "AI-MO/aime": "aime",
        "AI-MO/aime[train]": "aime-train",
        "o/math@main[algebra/test]": "math-algebra-test",
    }
    for source, label in labels.items():
        name = parse_hub_name(source)
        assert name is not None and name.label == label


@pytest.mark.parametrize(
    ("spec", "label", "source", "columns"),
    [
        ("aime=AI-MO/aime[train]", "aime", "AI-MO/aime[train]", {}),
        ("c.csv:problem=frage", None, "c.csv", {"problem": "frage"}),
        ("x=c.csv:problem=q,answer=a b", "x", "c.csv", {"problem": "q", "answer": "a b"}),
        ("o/d[m/t]:answer=r.g.0", None, "o/d[m/t]", {"answer": "r.g.0"}),
        ("organism:reciter/twin", None, "organism:reciter/twin", {}),
        ("x=organism:reciter/twin", "x", "organism:reciter/twin", {}),
        ("a=b.jsonl", "a", "b.jsonl", {}),
    ],
)
def test_label_source_and_columns(
    spec: str, label: str | None, source: str, columns: dict[str, str]
) -> None:
    name, mapped = split_columns(spec)
    assert (split_label(name), dict(mapped)) == ((label, source), columns)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gold=x", "c.csv: expected FIELD=COLUMN with one of the fields problem, answer.*'gold=x'"),
        ("answer=", "got 'answer='"),
        ("answer", "got 'answer'"),
        ("answer=x,,id=y", "got ''"),
        ("answer=x,answer=y", "expected one column for answer, got two"),
    ],
)
def test_wrong_columns_are_named(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        column_map(text, "c.csv")


def test_spaces_around_fields_and_columns_do_not_count() -> None:
    assert dict(column_map("problem = The Question , answer=x")) == {
        "problem": "The Question",
        "answer": "x",
    }


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("a.csv:problem=q,answer=a,math500", ["a.csv:problem=q,answer=a", "math500"]),
        ("math500,a.csv:problem=q,answer=a", ["math500", "a.csv:problem=q,answer=a"]),
        ("a:problem=q,b:answer=x,id=y", ["a:problem=q", "b:answer=x,id=y"]),
        ("o/d[a/b],o/e[t]", ["o/d[a/b]", "o/e[t]"]),
        ("o/d[a,b],c", ["o/d[a,b]", "c"]),
        ("answer=x.jsonl,id=y.jsonl", ["answer=x.jsonl", "id=y.jsonl"]),
        ("a:problem=q,x=f.jsonl", ["a:problem=q", "x=f.jsonl"]),
    ],
)
def test_commas_between_columns_and_in_brackets_separate_no_names(
    value: str, names: list[str]
) -> None:
    assert split_names(value) == names_of([value]) == names


SOURCES = ["math500", "x=f.jsonl", "o/d[c/s]", "o/d@r[s]", "organism:o/twin", "n=o/d"]
COLUMNS = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(["q", "a.b.0", "The Answer"]))


@given(st.lists(st.tuples(st.sampled_from(SOURCES), COLUMNS), min_size=1, max_size=5))
def test_any_names_joined_by_commas_are_split_again(
    parts: list[tuple[str, dict[str, str]]],
) -> None:
    names = [
        source + (":" + ",".join(f"{f}={c}" for f, c in columns.items()) if columns else "")
        for source, columns in parts
    ]
    assert split_names(",".join(names)) == names
    assert [split_columns(name) for name in names] == parts
