"""The command line: help, lists, and mistakes in one line with status 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clean_bench.cli.main import COMMANDS, main
from generators.registry import FAMILIES
from trainers.config import make_config, parse_settings
from trainers.presets import PRESETS

Cli = Callable[..., tuple[int, str, str]]
HEAVY = ("torch", "transformers", "vllm", "datasets", "statsmodels")


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run the command line in this process: status, standard output, standard error."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["clean-bench", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, output.out, output.err

    return call


def test_an_error_that_no_command_expects_is_one_line(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its traceback is for developers: with -v, and in the log file."""
    from clean_bench.cli import list as listing

    def fault() -> list[dict[str, object]]:
        raise KeyError("a\x1b[2J")

    monkeypatch.setattr(listing, "LISTS", {**listing.LISTS, "recipes": fault})
    status, out, err = cli("list", "recipes")
    assert (status, out, err.count("\n")) == (3, "", 1)
    assert err.startswith("clean-bench: internal error: KeyError: 'a")
    assert "\x1b" not in err and "please report" in err
    status, _, err = cli("list", "recipes", "-v")
    assert status == 3 and "Traceback (most recent call last)" in err and "in fault" in err
    log = tmp_path / "log"
    status, _, err = cli("list", "recipes", "--log-file", log)
    assert "Traceback" not in err and "in fault" in log.read_text()


def fails(outcome: tuple[int, str, str], *words: str) -> None:
    """One line on standard error with these words, status 2, nothing on standard output."""
    status, out, err = outcome
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    for word in words:
        assert word in err


@pytest.mark.parametrize(
    "arguments", [["-c", "import clean_bench"], ["-m", "clean_bench", "--help"]]
)
def test_help_loads_nothing_heavy_and_answers_at_once(arguments: list[str]) -> None:
    script = (
        "import sys, runpy; sys.argv = ['clean-bench', '--help']\n"
        "import clean_bench\n"
        + (
            ""
            if arguments[0] == "-c"
            else "from clean_bench.cli.main import main\ntry: main()\nexcept SystemExit: pass\n"
        )
        + f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    took = []
    for _ in range(3):
        begun = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True
        )
        took.append(time.perf_counter() - begun)
    assert done.stderr.strip() == "[]"
    # Python's own start is in this figure; 0.3 s is the bound for the whole answer on an idle machine.
    assert min(took) < 1.0


def test_every_command_explains_itself(cli: Cli) -> None:
    status, out, _ = cli("--help")
    assert status == 0
    for name in COMMANDS:
        assert name in out
        status, text, _ = cli(name, "--help")
        assert status == 0
        assert len(text) > 200


@pytest.mark.parametrize("what", ["families", "benchmarks", "rewards", "templates", "recipes"])
def test_lists_as_json_and_as_text(cli: Cli, what: str) -> None:
    status, out, _ = cli("list", what, "--json")
    entries = json.loads(out)[what]
    assert status == 0
    assert all(entry["name"] and entry["summary"] for entry in entries)
    _, text, _ = cli("list", what)
    # Benchmarks are a table: headings, a rule, a foot that explains the star, and a line for each with a
    # caveat. A recipe has a second line, the path of its file.
    caveats = sum(bool(entry.get("caveat")) for entry in entries)
    # A reward has a line with its kind and one for each parameter; three lines below explain them.
    parameters = sum(len(entry.get("parameters", ())) for entry in entries)
    more = {
        "benchmarks": 3 + caveats,
        "recipes": len(entries),
        "rewards": len(entries) + parameters + 3,
    }
    assert text.count("\n") == len(entries) + more.get(what, 0)


def test_objectives_are_listed_with_settings_and_open_questions(cli: Cli) -> None:
    """Settings that are shown can be typed after --set, and give the configuration of the preset."""
    entries = json.loads(cli("list", "objectives", "--json")[1])["objectives"]
    status, text, _ = cli("list", "objectives")
    assert status == 0
    blocks = {block.partition(":")[0]: " ".join(block.split()) for block in text.split("\n\n")}
    assert list(blocks) == [entry["name"] for entry in entries] == list(PRESETS)
    assert max(map(len, text.splitlines())) <= 115
    for entry in entries:
        block = blocks[entry["name"]]
        assert entry["summary"] in block and entry["source"] in block
        assert all(note in block for note in (*entry["open"], *entry["differs"]))
        typed = block.partition(" sets ")[2].split(" open ")[0].split(" differs ")[0].split()
        values = {"reward": "truth", "steps": 1, "objective": entry["name"]}
        assert make_config({**parse_settings(typed), **values}) == make_config(values)
        assert [word.partition("=")[0] for word in typed] == list(entry["sets"])


def test_settings_of_recipes_and_training_are_listed(cli: Cli) -> None:
    entries = json.loads(cli("list", "settings", "--json")[1])["settings"]
    by_name = {entry["name"]: entry for entry in entries}
    assert by_name["train.learning_rate"]["default"] == "0.0001"
    assert by_name["score.samples"]["type"] == "integer ≥ 0 and ≤ 1e+07"
    assert "arms[].reward" in by_name and "train.reward" not in by_name
    _, text, _ = cli("list", "settings")
    assert "train.clip_high  (number > 0, default 0.2)\n" in text


def test_a_listed_recipe_lies_where_the_list_shows_it(cli: Cli) -> None:
    for entry in json.loads(cli("list", "recipes", "--json")[1])["recipes"]:
        assert f'title = "{entry["summary"]}"' in Path(entry["path"]).read_text("utf-8")


def test_what_is_listed_of_families(cli: Cli) -> None:
    """Each field against the family itself; no tier before `fresh_from` has sixty bits."""
    entries = json.loads(cli("list", "families", "--json")[1])["families"]
    assert [entry["name"] for entry in entries] == list(FAMILIES)
    for entry in entries:
        family = FAMILIES[entry["name"]]
        fresh = [tier for tier in family.tiers if family.min_bits(tier) >= 60]
        paper = ["paper"] if family.name == "random-calculation" else []
        assert entry == {
            "name": family.name,
            "steps": f"{min(family.tiers)}-{max(family.tiers)}",
            "fresh_from": min(fresh, default=None),
            "text": list(family.notations),
            "flavors": ["default", *paper],
            "version": family.version,
            "summary": family.summary,
        }
    by_name = {entry["name"]: entry for entry in entries}
    assert by_name["random-calculation"]["fresh_from"] == 5
    assert by_name["random-calculation"]["text"] == ["latex", "plain"]
    assert by_name["word-problems"]["fresh_from"] is None
    assert by_name["word-problems"]["steps"] == "1-4"


def test_a_checkpoint_that_does_not_exist(cli: Cli, tmp_path: Path) -> None:
    fails(
        cli("score", tmp_path / "none", "--on", "organism:reciter/twin", "--out", tmp_path / "o"),
        "none: expected a checkpoint folder",
    )
    fails(
        cli("score", "organism:recite", "--on", "organism:reciter/twin", "--out", tmp_path / "o"),
        "no organism named 'recite'",
        "reciter",
    )
    assert not (tmp_path / "o").exists()


def test_a_benchmark_that_does_not_exist_lists_the_close_ones(cli: Cli, tmp_path: Path) -> None:
    fails(cli("score", "organism:reciter", "--on", "maths500", "--out", tmp_path / "o"), "math500")
    assert not (tmp_path / "o").exists()


def test_a_row_without_an_answer_is_named(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"problem": "1+1", "answer": "2"}\n{"problem": "1+2"}\n')
    fails(
        cli("score", "organism:reciter", "--on", file, "--out", tmp_path / "o"),
        "rows.jsonl:2",
        "answer",
    )
    assert not (tmp_path / "o").exists()


def test_steps_of_zero(cli: Cli, tmp_path: Path) -> None:
    fails(
        cli(
            "generate", "random-calculation", "--steps", "0", "--seed", "x", "--out", tmp_path / "o"
        ),
        "--steps 0",
        "1 to 20",
    )


def test_an_unknown_key_in_a_recipe(cli: Cli, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('title = "t"\nchekpoint = "organism:reciter"\n')
    fails(cli("run", recipe, "--out", tmp_path / "o"), "recipe.toml", "chekpoint")


def test_an_output_folder_of_another_kind(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "set"
    assert (
        cli(
            "generate", "word-problems", "--steps", "2", "--count", "3", "--seed", "x", "--out", out
        )[0]
        == 0
    )
    before = (out / "manifest.json").read_bytes()
    fails(
        cli(
            "score",
            "organism:reciter",
            "--on",
            "organism:reciter/twin",
            "--limit",
            "2",
            "--out",
            out,
        ),
        "holds a problem-set artifact, not scores",
    )
    assert (out / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("name", ["math500", "some-org/some-model"])
def test_no_network_is_noticed_at_once(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from huggingface_hub import constants

    monkeypatch.setenv("CLEAN_BENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    begun = time.monotonic()
    if "/" in name:
        outcome = cli("score", name, "--on", "organism:reciter/twin", "--out", tmp_path / "o")
    else:
        outcome = cli("score", "organism:reciter", "--on", name, "--out", tmp_path / "o")
    fails(outcome, name, "cannot be reached")
    assert time.monotonic() - begun < 20  # the hub's own attempts take minutes


def test_score_probe_and_verify_on_the_reciter(cli: Cli, tmp_path: Path) -> None:
    for command in (
        ["score", "--samples", "2", "--max-tokens", "40"],
        ["probe", "--no-positive-control"],
    ):
        out = tmp_path / command[0]
        status, text, _ = cli(
            command[0], "organism:reciter", "--on", "organism:reciter/planted", "--limit", "20",
            *command[1:], "--out", out, "--json",
        )  # fmt: skip
        assert status == 0
        sets = {row["set"] for row in json.loads(text)["results"]}
        assert sets == {"organism:reciter/planted"}
        status, text, _ = cli("verify", out, "--json")
        assert (status, json.loads(text)["failures"]) == (0, [])
        shards = list(out.glob("*/00000.parquet"))
        assert {"results"} < {shard.parent.name for shard in shards}
        for shard in shards:
            good = shard.read_bytes()
            data = bytearray(good)
            data[len(data) // 2] ^= 1
            shard.write_bytes(bytes(data))
            status, _, err = cli("verify", out)
            assert status == 1
            assert shard.relative_to(out).as_posix() in err
            shard.write_bytes(good)


def test_the_script_works_beside_a_users_own_trainers(tmp_path: Path) -> None:
    """A folder named `trainers` in the working directory must not shadow ours."""
    (tmp_path / "trainers").mkdir()
    (tmp_path / "trainers" / "__init__.py").write_text("raise RuntimeError('the wrong trainers')")
    script = Path(sys.executable).with_name("clean-bench")
    if not script.exists():
        pytest.skip("the console script is not installed beside this interpreter")
    done = subprocess.run(
        [script, "list", "rewards"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "truth" in done.stdout


def test_an_output_below_a_file_and_a_set_with_a_stray_file(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    arguments = [
        "generate",
        "word-problems",
        "--steps",
        "2",
        "--count",
        "3",
        "--seed",
        "x",
        "--out",
    ]
    fails(cli(*arguments, tmp_path / "file" / "below"), "file")
    out = tmp_path / "set"
    assert cli(*arguments, out)[0] == 0
    (out / "problems" / "00001.parquet").write_text("junk")
    status, _, err = cli("verify", out)
    assert status == 1
    assert "problems/00001.parquet: is not part of the artifact" in err


def test_damaged_checkpoints_are_one_line(cli: Cli, tmp_path: Path, tiny_checkpoint: Path) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    broken = tmp_path / "broken"
    shutil.copytree(tiny_checkpoint, broken)
    weights = broken / "model.safetensors"
    tensors = load_file(weights)
    del tensors["model.layers.0.mlp.up_proj.weight"]
    save_file(tensors, weights, metadata={"format": "pt"})
    arguments = [
        "score",
        broken,
        "--on",
        "organism:reciter/twin",
        "--limit",
        "1",
        "--out",
        tmp_path / "o",
    ]
    fails(cli(*arguments), "lack 1 tensors", "up_proj")
    weights.write_bytes(weights.read_bytes()[:1000])
    fails(cli(*arguments), "broken")
    (broken / "tokenizer.json").write_text("{")
    fails(cli(*arguments), "broken")


def test_training_names_a_prompt_that_does_not_fit(
    cli: Cli, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"problem": "coins " * 400, "answer": "1"}) + "\n")
    out = tmp_path / "o"
    arguments = ["--data", file, "--reward", "truth", "--steps", "1", "--out", out]
    fails(cli("train", tiny_checkpoint, *arguments), "rows.jsonl:1", "tokens")
    fails(cli("train", tiny_checkpoint, *arguments, "--set", "seed=4"), "--seed")


def test_a_reward_is_looked_up_before_any_model(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"problem": "1+1", "answer": "2"}\n')
    (tmp_path / "config.json").write_text("no model can be loaded from this")
    arguments = ["--data", file, "--reward", "thruth", "--steps", "1", "--out", tmp_path / "o"]
    fails(cli("train", tmp_path, *arguments), "no reward named 'thruth'")


HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


@pytest.mark.skipif(
    not HUGE_PAGES.exists() or "[never]" in HUGE_PAGES.read_text(),
    reason="the kernel gives no large pages",
)
def test_a_command_lets_torch_use_large_pages() -> None:
    script = (
        "import os, sys; sys.argv = ['clean-bench', '--version']\n"
        "from clean_bench.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "import torch\n"
        "tensor = torch.ones(16 << 20)\n"
        "rows = [line.split() for line in open('/proc/self/smaps')]\n"
        "print(sum(int(row[1]) for row in rows if row[0] == 'AnonHugePages:'))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "THP_MEM_ALLOC_ENABLE"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert int(done.stdout.split()[-1]) >= 32 << 10  # KiB, half of the tensor
