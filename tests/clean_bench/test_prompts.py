"""Templates, against their published text and against a real tokenizer's chat template."""

from typing import Any

import pytest

from clean_bench.errors import UserError
from clean_bench.prompts import TEMPLATES, Prompt, render, resolve

CHAT = (
    "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel({"<u>": 0}, unk_token="<u>")), unk_token="<u>"
    )


@pytest.fixture
def chatty(tokenizer: Any) -> Any:
    tokenizer.chat_template = CHAT
    yield tokenizer
    tokenizer.chat_template = None


def test_plain_templates(tokenizer: Any) -> None:
    assert render("What is {1, 2}?", "raw", tokenizer) == Prompt("What is {1, 2}?", True)
    assert render("2+2?", "boxed", tokenizer).text == (
        "2+2?\nPlease reason step by step, and put your final answer within \\boxed{}."
    )


def test_r1_is_the_published_string_with_real_newlines(tokenizer: Any) -> None:
    prompt = render("2+2?", "r1", tokenizer)
    assert prompt.special_tokens
    assert prompt.text.startswith(
        "A conversation between User and Assistant. The user asks a quest"
    )
    assert prompt.text.endswith(
        "i.e., <think> reasoning process here </think> <answer> answer here </answer>."
        "\n\n<|user|>\n2+2?\n<|assistant|>\n<think>"
    )
    assert "solves it. The assistant first thinks" in prompt.text
    assert "the user with the answer. The reasoning process and answer" in prompt.text
    assert "  " not in prompt.text and "\\n" not in prompt.text


@pytest.mark.parametrize("problem", ["{problem}", "a {problem} b {problem}", "{}", "%s \\n"])
def test_a_problem_is_never_read_as_a_template(tokenizer: Any, problem: str) -> None:
    assert render(problem, "raw", tokenizer).text == problem
    assert render(problem, "boxed", tokenizer).text.startswith(problem + "\nPlease")


def test_chat_uses_the_tokenizers_template(chatty: Any) -> None:
    assert render("2+2?", "chat", chatty) == Prompt("<user>2+2?</s><assistant>", False)
    assert render("2+2?", "auto", chatty) == render("2+2?", "chat", chatty)


def test_auto(tokenizer: Any) -> None:
    assert resolve("auto", tokenizer) == "raw"
    tokenizer.chat_template = CHAT
    assert resolve("auto", tokenizer) == "chat"
    tokenizer.chat_template = None


def test_errors_name_the_remedy(tokenizer: Any) -> None:
    with pytest.raises(UserError, match=r"no template named 'boxd': .*auto, raw, chat, boxed, r1"):
        resolve("boxd", tokenizer)
    with pytest.raises(UserError, match="no chat template; use raw"):
        render("x", "chat", tokenizer)


def test_a_chat_template_that_refuses_is_a_user_error(tokenizer: Any) -> None:
    tokenizer.chat_template = "{{ raise_exception('a system message comes first') }}"
    with pytest.raises(UserError, match="a system message comes first"):
        render("x", "chat", tokenizer)
    tokenizer.chat_template = None


def test_every_template_is_listed_with_one_line() -> None:
    assert list(TEMPLATES) == ["raw", "chat", "boxed", "r1"]
    for name, template in TEMPLATES.items():
        assert template.name == name
        assert 0 < len(template.summary) < 90 and "\n" not in template.summary
        assert template.text is None or template.text.count("{problem}") == 1
