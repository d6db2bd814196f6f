"""`--on`: problem sets separated by commas, or named by a repeated option."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.cli.options import names_of, sets_option
from clean_bench.errors import UserError


@click.command()
@click.argument("first")
@sets_option("Problem sets", " More help.")
@click.option("--out")
def command(first: str, names: tuple[str, ...], out: str | None) -> None:
    click.echo(repr((first, names_of(names), out)))


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("c --on a", ("c", ["a"], None)),
        ("c --on a,b,c", ("c", ["a", "b", "c"], None)),
        ("c --on a --on b", ("c", ["a", "b"], None)),
        ("c --on a,b --out x --on d", ("c", ["a", "b", "d"], "x")),
        ("--on=a,b c", ("c", ["a", "b"], None)),
        ("c --on math500=x.jsonl --on -", ("c", ["math500=x.jsonl", "-"], None)),
    ],
)
def test_values_are_separated_by_commas_or_repeated(
    line: str, read: tuple[str, list[str], str | None]
) -> None:
    result = CliRunner().invoke(command, line.split())
    assert result.output.strip() == repr(read)


@pytest.mark.parametrize("line", ["c --on", "c", "c --on a b", "c --on a --unknown b"])
def test_wrong_lines_are_usage_errors(line: str) -> None:
    assert CliRunner().invoke(command, line.split()).exit_code == 2


def test_the_help_names_the_forms_of_a_set() -> None:
    text = " ".join(CliRunner().invoke(command, ["--help"]).output.split())
    for words in ("--on NAME_OR_PATH,...", "organism:NAME/planted", "commas", "More help."):
        assert words in text


@given(st.lists(st.lists(st.sampled_from(["m", "n=o", "p/q"]), min_size=1), min_size=1))
def test_names_keep_their_order(values: list[list[str]]) -> None:
    assert names_of([",".join(names) for names in values]) == [n for names in values for n in names]


def test_names_are_split_at_commas_and_existing_paths_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a,b.jsonl").touch()
    assert names_of(["math500,aime24", "c"]) == ["math500", "aime24", "c"]
    assert names_of(["a,b.jsonl"]) == ["a,b.jsonl"]
    assert names_of(["x=a,b.jsonl", "x=f,y=g"]) == ["x=a,b.jsonl", "x=f", "y=g"]
    assert names_of(["c,"]) == ["c"]


@pytest.mark.parametrize("value", ["", " ", ","])
def test_a_value_that_names_nothing_is_refused(value: str) -> None:
    with pytest.raises(UserError, match=f"expected a name or a path, got '{value}'"):
        names_of(["math500", value])
    assert names_of([]) == []
