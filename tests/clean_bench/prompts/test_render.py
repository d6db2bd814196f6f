"""Templates, against their published text and against a real tokenizer's chat template."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.errors import UserError
from clean_bench.prompts import TEMPLATES, Prompt, render_prompt, resolve_template

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
    assert render_prompt("What is {1, 2}?", "raw", tokenizer) == Prompt(
        "What is {1, 2}?", True, gap="\n"
    )
    assert render_prompt("2+2?", "boxed", tokenizer).text == (
        "2+2?\nPlease reason step by step, and put your final answer within \\boxed{}."
    )


def test_r1_is_the_published_string_with_real_newlines(tokenizer: Any) -> None:
    prompt = render_prompt("2+2?", "r1", tokenizer)
    assert prompt.special_tokens and prompt.stop == ("</answer>",) and not prompt.gap
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
    assert render_prompt(problem, "raw", tokenizer).text == problem
    assert render_prompt(problem, "boxed", tokenizer).text.startswith(problem + "\nPlease")


def test_chat_uses_the_tokenizers_template(chatty: Any) -> None:
    assert render_prompt("2+2?", "chat", chatty) == Prompt(
        "<user>2+2?</s><assistant>", False, messages=(("user", "2+2?"),)
    )
    assert render_prompt("2+2?", "auto", chatty) == render_prompt("2+2?", "chat", chatty)


def test_auto(tokenizer: Any) -> None:
    assert resolve_template("auto", tokenizer) == "raw"
    tokenizer.chat_template = CHAT
    assert resolve_template("auto", tokenizer) == "chat"
    tokenizer.chat_template = None


def test_errors_name_the_remedy(tokenizer: Any) -> None:
    with pytest.raises(UserError, match=r"no template named 'boxd': .*auto, raw, chat, boxed, r1"):
        resolve_template("boxd", tokenizer)
    with pytest.raises(UserError, match="no chat template; use one of raw, boxed, r1, "):
        render_prompt("x", "chat", tokenizer)
    with pytest.raises(UserError, match="template sober: the checkpoint's tokenizer has no chat"):
        resolve_template("sober", tokenizer)


def test_a_chat_template_that_writes_the_day_writes_the_same_one_every_day(chatty: Any) -> None:
    chatty.chat_template = "{{ strftime_now('%d %b %Y') }}: {{ messages[0]['content'] }}"
    assert render_prompt("2+2?", "chat", chatty).text == "26 Jul 2024: 2+2?"


def test_a_chat_template_that_refuses_is_a_user_error(tokenizer: Any) -> None:
    tokenizer.chat_template = "{{ raise_exception('a system message comes first') }}"
    with pytest.raises(UserError, match="a system message comes first"):
        render_prompt("x", "chat", tokenizer)
    tokenizer.chat_template = None


# The rows of the published table: system message, user message with the problem as {}.
QWEN = "Please reason step by step, and put your final answer within \\boxed{}."
PUBLISHED = {
    "qwen-default": (QWEN, "{}"),
    "math-problem": ("You are a helpful Assistant.", "Math Problem: {}"),
    "simplerl": ("You are a helpful Assistant.", "{}\n" + QWEN),
    "sober": (
        QWEN,
        "Solve the following math problem efficiently and clearly. The last line of your response "
        "should be of the following format: 'Therefore, the final answer is: \\boxed{ANSWER}. I hope "
        "it is correct' (without quotes) where ANSWER is just the final number or expression that "
        "solves the problem. Think step by step before answering.\n\n{}",
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_prompts(chatty: Any, name: str) -> None:
    system, user = PUBLISHED[name]
    before, after = user.split("{}", 1) if name != "sober" else (user[:-2], "")
    expected = f"<system>{system}</s><user>{before}2+2?{after}</s><assistant>"
    messages = (("system", system), ("user", f"{before}2+2?{after}"))
    assert render_prompt("2+2?", name, chatty) == Prompt(expected, False, messages=messages)


def test_the_spurious_prompt_is_a_paragraph_of_lorem_ipsum_and_no_system_message(
    chatty: Any,
) -> None:
    text = render_prompt("2+2?", "lorem", chatty).text
    assert text.startswith("<user>Lorem ipsum dolor sit amet, consectetuer adipiscing elit. Ut ")
    assert text.endswith("amet tortor gravida placerat.\n\n2+2?</s><assistant>")
    assert text.count(".") == 10 and "  " not in text


def test_the_request_for_a_bare_expression_is_the_generators() -> None:
    from generators.families.arithmetic.random_calculation.family import PROMPT

    assert TEMPLATES["random-calculation"].text == PROMPT + "{problem}"


def test_a_chat_template_without_system_messages_says_so(tokenizer: Any) -> None:
    refusal = "{{ raise_exception('no system role') }}"
    tokenizer.chat_template = "{% if messages[0]['role'] == 'system' %}" + refusal + "{% endif %}x"
    assert render_prompt("2+2?", "chat", tokenizer).text == "x"
    with pytest.raises(
        UserError, match=r"sober: .* a system and a user message \(no system role\)"
    ):
        render_prompt("2+2?", "sober", tokenizer)
    tokenizer.chat_template = None


@given(st.text(max_size=40), st.sampled_from([n for n, t in TEMPLATES.items() if not t.chat]))
def test_a_plain_prompt_is_the_problem_between_the_ends_of_its_template(
    problem: str, name: str
) -> None:
    before, after = TEMPLATES[name].text.split("{problem}")
    assert render_prompt(problem, name, None).text == before + problem + after


def test_every_template_is_listed_with_one_line() -> None:
    assert list(TEMPLATES) == [
        "raw", "chat", "boxed", "r1", "qwen-default", "math-problem", "simplerl", "sober", "lorem",
        "random-calculation", "minerva-4shot", "gsm8k-8shot",
    ]  # fmt: skip
    for name, template in TEMPLATES.items():
        assert template.name == name
        assert 0 < len(template.summary) < 90 and "\n" not in template.summary
        assert template.text.count("{problem}") == 1
        assert template.chat or template.system is None
