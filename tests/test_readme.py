"""The README is executable: its command blocks, pasted in order, run in an empty folder.

A block marked `bash` or `python` is run. A block marked `sh` needs a clone, the hub or a GPU: it is not
run, and each of its clean-bench commands has to be one that the command line accepts. Blocks marked
`text` show output.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path

import click
import pytest

from clean_bench.cli.main import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.M | re.S)
_LINK = re.compile(r"\]\(([^)#]+)(#[\w-]+)?\)")


def commands(language: str) -> list[list[str]]:
    """The clean-bench command lines of the blocks of a language, as arguments."""
    lines = [
        line
        for kind, text in BLOCKS
        if kind == language
        for line in text.replace("\\\n", " ").splitlines()
    ]
    parts = [shlex.split(line, comments=True) for line in lines]
    return [arguments[1:] for arguments in parts if arguments[:1] == ["clean-bench"]]


def test_every_block_has_a_known_kind() -> None:
    assert {kind for kind, _ in BLOCKS} <= {"bash", "python", "sh", "text", "toml"}
    assert README.count("```") == 2 * len(BLOCKS)
    assert commands("bash") and commands("sh")


@pytest.mark.parametrize("arguments", [*commands("bash"), *commands("sh")], ids=" ".join)
def test_the_command_line_accepts_every_command(arguments: list[str]) -> None:
    """Options and arguments parse; nothing is run."""
    context = click.Context(cli, info_name="clean-bench")
    name, command, rest = cli.resolve_command(context, arguments)
    assert command is not None, name
    while isinstance(command, click.Group):
        _, command, rest = command.resolve_command(context, rest)
    command.make_context(command.name, list(rest), parent=context)


def test_no_two_commands_write_one_folder() -> None:
    """So that all blocks can be pasted in order."""
    outs = Counter(
        arguments[arguments.index("--out") + 1]
        for arguments in commands("bash")
        if "--out" in arguments
    )
    assert [out for out, count in outs.items() if count > 1] == []


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    for page in pages:
        for target, anchor in _LINK.findall(page.read_text("utf-8")):
            if "://" in target:
                continue
            path = (page.parent / target).resolve()
            assert path.exists(), f"{page.name}: {target}"
            if anchor:
                assert anchor[1:] in _anchors(path.read_text("utf-8")), (
                    f"{page.name}: {target}{anchor}"
                )


def test_the_table_of_settings_is_current() -> None:
    spec = importlib.util.spec_from_file_location("settings", ROOT / "docs" / "write_settings.py")
    assert spec is not None and spec.loader is not None
    writer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(writer)
    text = (ROOT / "docs" / "recipes.md").read_text("utf-8")
    assert text == writer.page(text), "run `make docs`"


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w -]", "", h.lower()).strip().replace(" ", "-") for h in headings}


@pytest.mark.readme
def test_every_block_pasted_in_order_runs_in_an_empty_folder(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HF_HUB_OFFLINE": "1",
    }
    # The blocks run as one session of a shell, which ends at the first command that fails.
    for kind, text in BLOCKS:
        if kind not in ("bash", "python"):
            continue
        program = ["bash", "-euo", "pipefail", "-c"] if kind == "bash" else [sys.executable, "-c"]
        result = subprocess.run(
            [*program, text], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert result.returncode == 0, f"{text}\n{result.stdout}\n{result.stderr}"
