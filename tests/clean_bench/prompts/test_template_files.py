"""Templates from files: what each ending means, what is refused, and prompts recomputed from storage."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clean_bench.errors import UserError
from clean_bench.prompts import Example, Template, plain_prompt, render_prompt, resolve_template
from clean_bench.prompts.stored_chat import chat_prompts_agree
from clean_bench.prompts.templates import TEMPLATES, is_template_file, read_template
from clean_bench.scoring.config import ScoreConfig

JINJA = (
    "{{ bos_token }}{% for message in messages %}[{{ message['role'] | upper }}]"
    "{{ message['content'] | trim }}{% endfor %}{% if add_generation_prompt %}[ME]{% endif %}\n"
)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel({"<u>": 0, "<s>": 1}, unk_token="<u>")),
        unk_token="<u>",
        bos_token="<s>",
    )


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("text", "prompt", "gap"),
    [
        ("Q: {problem}\nA:\n", "Q: 1+1?\nA:", " "),
        ("Q: {problem}\r\nA:", "Q: 1+1?\nA:", " "),
        ("{problem}", "1+1?", "\n"),
        ("{problem}\n<think>", "1+1?\n<think>", ""),
        ("{problem}\n\n\n", "1+1?\n\n", ""),
    ],
)
def test_a_text_file_is_a_plain_prompt(tmp_path: Path, text: str, prompt: str, gap: str) -> None:
    path = write(tmp_path, "mine.txt", text)
    template = read_template(path)
    assert (template.name, template.chat, template.gap) == ("mine", False, gap)
    assert template.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    rendered = render_prompt("1+1?", template, None)
    assert (rendered.text, rendered.special_tokens, rendered.messages) == (prompt, True, None)


@pytest.mark.parametrize("suffix", ["jinja", "j2", "JINJA"])
def test_a_jinja_file_stands_in_for_the_checkpoints_chat_template(
    tmp_path: Path, tokenizer: Any, suffix: str
) -> None:
    template = read_template(write(tmp_path, f"mine.{suffix}", JINJA))
    assert resolve_template(template, tokenizer) == "mine"  # the tokenizer has none of its own
    prompt = render_prompt(" 1+1? ", replace(template, system="Be brief."), tokenizer)
    assert prompt.text == "<s>[SYSTEM]Be brief.[USER]1+1?[ME]"
    assert prompt.messages == (("system", "Be brief."), ("user", " 1+1? "))
    assert not prompt.special_tokens


def test_a_toml_file_holds_the_fields_of_a_template(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "mine.toml",
        'text = "Task: {problem}\\nWork:"\nstop = ["Task:"]\ngap = " "\nresponse = " {solution}"\n'
        'shots = 1\n[[examples]]\nproblem = "1+1?"\nsolution = "It is 2."\nanswer = "2"\n',
    )
    template = read_template(path)
    assert (template.stop, template.shots, template.gap) == (("Task:",), 1, " ")
    assert plain_prompt("2+2?", template) == "Task: 1+1?\nWork: It is 2.\n\nTask: 2+2?\nWork:"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "no place", r"a.txt: expected {problem} once in the text, got it 0 times"),
        ("a.txt", "{problem} {problem}", "got it 2 times"),
        ("a.txt", b"\xff\xfe{problem}", "expected a file of UTF-8 text"),
        ("a.txt", b"x" * (1 << 21), "expected at most 1 MiB"),
        ("raw.txt", "{problem}", "raw is a built-in template; rename it"),
        ("auto.jinja", "x", "auto is a built-in template"),
        ("a.toml", 'text = "{problem}"\ntxt = 1\n', "a.toml: unknown key 'txt'"),
        ("a.toml", 'text = "{problem}"\nstop = 5\n', "a.toml: stop: "),
        ("a.toml", 'text = "{problem}"\nstop = [""]\n', "stop: expected texts, got an empty one"),
        ("a.toml", 'text = "{problem}"\nsystem = "x"\n', "system and chat_template need chat"),
        ("a.toml", 'text = "{problem}"\nname = "b"\n', "name: expected 'a'"),
        ("a.toml", "text = ", "expected TOML"),
        ("a.toml", 'summary = "x"\n', "a.toml: text: "),
    ],
)
def test_what_is_no_template_is_refused_in_one_line(
    tmp_path: Path, name: str, text: str | bytes, message: str
) -> None:
    with pytest.raises(UserError, match=message) as caught:
        read_template(write(tmp_path, name, text))
    assert "\n" not in str(caught.value) and name in str(caught.value)


def test_a_missing_file_and_names_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.jinja: no such file"):
        read_template(tmp_path / "none.jinja")
    assert is_template_file("some/where.j2") and not is_template_file("minerva-4shot")


def test_a_broken_jinja_file_is_a_user_error(tmp_path: Path, tokenizer: Any) -> None:
    template = read_template(write(tmp_path, "mine.jinja", "{% for x in %}"))
    with pytest.raises(UserError, match="template mine: its chat template failed on a user"):
        render_prompt("x", template, tokenizer)


@pytest.mark.parametrize(
    "attack",
    ["{{ ''.__class__.__mro__ }}", "{{ messages.__class__.__base__.__subclasses__() }}"],
)
def test_a_jinja_file_has_no_access_to_python(tokenizer: Any, attack: str) -> None:
    template = Template("t", "{problem}", chat=True, chat_template=attack)
    try:
        assert "class" not in render_prompt("x", template, tokenizer).text
    except UserError as error:
        assert "unsafe" in str(error)


def test_stored_chat_prompts_are_recomputed_without_the_tokenizer(tokenizer: Any) -> None:
    template = Template("t", "{problem}", chat=True, system="S", chat_template=JINJA)
    stored = replace(template, special_tokens=dict(tokenizer.special_tokens_map))
    rendered = [render_prompt(problem, template, tokenizer).text for problem in "abc"]
    rows = [(p, stored, text) for p, text in zip("abc", rendered, strict=True)]
    assert chat_prompts_agree(rows) == [True, True, True]
    rows[1] = ("b", stored, rendered[1] + " ")
    rows[2] = ("c", replace(stored, system="T"), rendered[2])
    assert chat_prompts_agree(rows) == [True, False, False]
    assert chat_prompts_agree([]) == []


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{{ 'x' * 99999999999 }}",
        "{{ raise_exception('no') }}",
    ],
)
@pytest.mark.processes
def test_a_hostile_stored_template_ends_soon_and_agrees_with_nothing(template: str) -> None:
    hostile = Template("t", "{problem}", chat=True, chat_template=template, special_tokens={})
    begin = time.monotonic()
    assert chat_prompts_agree([("p", hostile, "p")], start_seconds=4) == [False]
    assert time.monotonic() - begin < 20


def test_which_templates_ask_for_a_format(tmp_path: Path) -> None:
    """The headline accuracy is strict under these, and flexible under the others."""
    strict = {name for name, template in TEMPLATES.items() if template.strict}
    assert strict == {
        "boxed", "r1", "qwen-default", "simplerl", "sober", "random-calculation"
    }  # fmt: skip
    shot = Example("1 + 1?", "2", "2")
    for name in ("minerva-4shot", "gsm8k-8shot", "raw"):
        assert replace(TEMPLATES[name], examples=(shot,)).strict
    files = {
        "plain.txt": ("{problem}\nAnswer:", False),
        "box.txt": ("{problem} Put the answer in \\boxed{}.", True),
        "mine.jinja": ("{{ messages[0]['content'] }} Use \\boxed{}.", True),
        "stated.toml": ('text = "{problem} Box it."\nasks_for_format = true', True),
        "denied.toml": ('text = "{problem} Use no boxed answer."\nasks_for_format = false', False),
    }
    for name, (text, expected) in files.items():
        (tmp_path / name).write_text(text)
        assert read_template(tmp_path / name).strict is expected, name


def test_system_prompts_and_examples_decide_too() -> None:
    boxed = "Put the final answer in \\boxed{}."
    shot = Example("1 + 1?", "2", "2")
    for settings, name, strict in (
        ({}, "chat", False),
        ({"system_prompt": boxed}, "chat", True),
        ({}, "qwen-default", True),
        ({"system_prompt": ""}, "qwen-default", False),
        ({"num_fewshot": 1, "fewshot_from": "s", "examples": (shot,)}, "raw", True),
        ({"num_fewshot": 0}, "minerva-4shot", False),
    ):
        assert ScoreConfig(templates=(name,), **settings).strict(name) is strict, (settings, name)
