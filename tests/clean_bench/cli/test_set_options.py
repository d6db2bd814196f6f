"""`Several`: one or more values after an option, in one place or repeated."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.cli.set_options import Several, names_of, spread
from clean_bench.errors import UserError


@click.command()
@click.argument("first")
@click.argument("rest", nargs=-1)
@click.option("--on", "-o", "names", cls=Several, multiple=True, required=True)
@click.option("--bind", cls=Several, multiple=True)
@click.option("--out")
@click.option("--flag", is_flag=True)
def command(first, rest, names, bind, out, flag):
    click.echo(repr((first, rest, names, bind, out, flag)))


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("c --on a", ("c", (), ("a",), (), None, False)),
        ("c --on a b c", ("c", (), ("a", "b", "c"), (), None, False)),
        ("c --on a --on b", ("c", (), ("a", "b"), (), None, False)),
        ("c --on a b --out x --on d", ("c", (), ("a", "b", "d"), (), "x", False)),
        ("c --on=a b --flag", ("c", (), ("a", "b"), (), None, True)),
        ("c -o a b --bind p q", ("c", (), ("a", "b"), ("p", "q"), None, False)),
        ("--bind p q --on a b --out x c d", ("c", ("d",), ("a", "b"), ("p", "q"), "x", False)),
        ("--on a b -- c -d", ("c", ("-d",), ("a", "b"), (), None, False)),
        ("c --on math500=x.jsonl -", ("c", (), ("math500=x.jsonl", "-"), (), None, False)),
    ],
)
def test_values_are_taken_up_to_the_next_option(line, read):
    result = CliRunner().invoke(command, line.split())
    assert result.output.strip() == repr(read)


@pytest.mark.parametrize("line", ["c --on", "c", "c --on a --unknown b"])
def test_wrong_lines_are_usage_errors(line):
    assert CliRunner().invoke(command, line.split()).exit_code == 2


def test_it_says_so_in_the_help():
    assert "--on" in CliRunner().invoke(command, ["--help"]).output


@given(st.lists(st.sampled_from(["--on", "--on=x", "--out", "-o", "a", "b", "--"]), max_size=8))
def test_spreading_keeps_every_token_and_repeats_once_only(line):
    once = spread(line, ["--on", "-o"])
    kept = iter(once)
    assert all(token in kept for token in line)
    assert spread(once, ["--on", "-o"]) == once


def test_names_are_taken_apart_at_commas_but_paths_are_not(
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
    with pytest.raises(UserError, match=f"no problem set is named by '{value}'"):
        names_of(["math500", value])
    assert names_of([]) == []
