"""Prompts in verl have the token ids of those in clean-bench."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import AutoTokenizer

from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.open import EngineConfig
from clean_bench.engines.without_weights import WithoutWeights
from clean_bench.errors import UserError
from clean_bench.problems import Problem
from clean_bench.prompts import render_prompt
from trainers.verl.prompts import CHAT_TEMPLATES, render_prompts, unlisted_end_tokens

PROBLEMS = [Problem("a", "What is 3 + 4?", "7"), Problem("b", "  spaces {{ braces }}\n\n", "1")]
PLAIN, WITH_BEGINNING = CHAT_TEMPLATES


@pytest.fixture
def reader(tiny_checkpoint: Path) -> WithoutWeights:
    return WithoutWeights(Checkpoint("tiny", tiny_checkpoint), EngineConfig())


@pytest.mark.parametrize("template", ["raw", "boxed", "lorem-chat"])
def test_the_ids_are_equal(reader: WithoutWeights, template: str) -> None:
    if template == "lorem-chat":
        turns = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
        reader.tokenizer.chat_template = "{{ bos_token }}" + turns + "<assistant>"
        template = "simplerl"
    rendered = render_prompts(PROBLEMS, template, reader)
    lengths = []
    for problem in PROBLEMS:
        prompt = render_prompt(problem.problem, template, reader.tokenizer)
        ours = reader.encode(prompt.text, special_tokens=prompt.special_tokens)
        message = [{"role": "user", "content": rendered.texts[problem.id]}]
        text = reader.tokenizer.apply_chat_template(
            message,
            chat_template=rendered.chat_template,
            tokenize=False,
            add_generation_prompt=True,
        )
        assert reader.tokenizer(text, add_special_tokens=False)["input_ids"] == ours
        lengths.append(len(ours))
    assert rendered.longest == max(lengths)


def test_raw_text_gets_the_beginning_that_the_tokenizer_gives_it(reader: WithoutWeights) -> None:
    begins = reader.encode("x")[0] == reader.tokenizer.bos_token_id
    assert render_prompts(PROBLEMS, "raw", reader).chat_template == (
        WITH_BEGINNING if begins else PLAIN
    )


def test_a_tokenizer_that_adds_an_end_is_refused(
    reader: WithoutWeights, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = reader.encode
    monkeypatch.setattr(reader, "encode", lambda text, **k: [*encode(text, **k), 5])
    with pytest.raises(UserError, match=r"^a: verl would tokenize its prompt in another way"):
        render_prompts(PROBLEMS, "raw", reader)


def test_a_template_with_stop_texts_is_refused(reader: WithoutWeights) -> None:
    with pytest.raises(UserError, match="template = r1: verl passes no stop texts"):
        render_prompts(PROBLEMS, "r1", reader)


def test_end_tokens_that_vllm_does_not_have(tiny_checkpoint: Path, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_checkpoint)
    assert unlisted_end_tokens(tokenizer, tiny_checkpoint) == []
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_end|>"]})
    assert unlisted_end_tokens(tokenizer, tiny_checkpoint) == ["<|im_end|>"]
    number = tokenizer.convert_tokens_to_ids("<|im_end|>")
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "generation_config.json").write_text(f'{{"eos_token_id": [1, {number}]}}')
    assert unlisted_end_tokens(tokenizer, tmp_path) == []
