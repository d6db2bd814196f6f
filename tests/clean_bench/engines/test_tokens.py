"""Ends, beginnings and lengths of texts for three families, against ids written by hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from families import FAMILIES, MATH_SYSTEM, QWEN_SYSTEM, UNSET, checkpoint, special
from transformers import AutoConfig, AutoTokenizer, LlamaConfig, Olmo2Config, Qwen2Config

from clean_bench import prompts
from clean_bench.engines.base import Request
from clean_bench.engines.special_tokens import (
    UNBOUNDED,
    begin_notice,
    context_length,
    decode,
    encode,
    end_tokens,
    missing_begin,
)
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.organisms.shipped import organism_folder

ENDS = {
    "qwen2.5": ("<|endoftext|>", "<|im_end|>"),
    "qwen2.5-math": ("<|endoftext|>", "<|im_end|>"),
    "qwen2.5-chat": ("<|endoftext|>", "<|im_end|>"),
    "qwen2.5-chat-yarn": ("<|endoftext|>", "<|im_end|>"),
    "llama-3": ("<|end_of_text|>", "<|eom_id|>", "<|eot_id|>"),
    "llama-3-chat": ("<|end_of_text|>", "<|eom_id|>", "<|eot_id|>"),
    "olmo-2": ("<|endoftext|>", "<|im_end|>"),  # its vocabulary has both
    "olmo-2-chat": ("<|endoftext|>", "<|im_end|>"),
}
LENGTHS = {
    "qwen2.5": 131072,
    "qwen2.5-math": 4096,  # its tokenizer says 131072
    "qwen2.5-chat": 32768,
    "qwen2.5-chat-yarn": 131072,
    "llama-3": 131072,
    "llama-3-chat": 131072,
    "olmo-2": 4096,
    "olmo-2-chat": 4096,
}
CHATS = ("qwen2.5", "qwen2.5-math", "qwen2.5-chat", "llama-3-chat", "olmo-2-chat")
FIRST, TAB, NEWLINE, EQUALS, FOUR, FIVE = 259, 9, 10, 61, 52, 53


def qwen_turns(system: str) -> list[int]:
    """`2+2` as the only message, by hand: 260 opens a turn, 261 ends it."""
    return [
        *(260, *b"system\n", *system.encode(), 261, NEWLINE),
        *(260, *b"user\n2+2", 261, NEWLINE),
        *(260, *b"assistant\n"),
    ]


CHAT_IDS = {
    "qwen2.5": qwen_turns(QWEN_SYSTEM),
    "qwen2.5-math": qwen_turns(MATH_SYSTEM),
    "qwen2.5-chat": qwen_turns(QWEN_SYSTEM),
    "llama-3-chat": [
        *(259, 261, *b"system", 262, *b"\n\nCutting Knowledge Date: December 2023\n"),
        *(*b"Today Date: 26 Jul 2024\n\n", 264),
        *(261, *b"user", 262, *b"\n\n2+2", 264),
        *(261, *b"assistant", 262, *b"\n\n"),
    ],
    "olmo-2-chat": [259, *b"<|user|>\n2+2\n<|assistant|>\n"],
}
RAW = [50, 43, 50, 61, 258, 32, 101, 110, 100]
"""`2+2= the end`: bytes, with ` the` merged."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("families")
    return {name: checkpoint(root / name, name) for name in FAMILIES}


@pytest.fixture(scope="module")
def engines(folders: dict[str, Path]) -> dict[str, TransformersEngine]:
    return {name: TransformersEngine.load(folder) for name, folder in folders.items()}


def merged(ids: list[int]) -> list[int]:
    """Bytes with the vocabulary's merges applied: ` t`+`he`, ` t` and `he`, where a word holds them."""
    text: list[int] = []
    for value in ids:
        text.append(value)
        for pair, one in (((32, 116), 256), ((104, 101), 257), ((256, 257), 258)):
            if tuple(text[-2:]) == pair:
                text[-2:] = [one]
    return text


@pytest.mark.parametrize("name", FAMILIES)
def test_every_end_of_a_family_ends_a_completion(
    name: str, engines: dict[str, TransformersEngine]
) -> None:
    engine = engines[name]
    found = end_tokens(engine.tokenizer, engine.model.config, engine.model.generation_config)
    assert found == {special(name, token) for token in ENDS[name]}


@pytest.mark.parametrize("name", FAMILIES)
def test_raw_text_begins_as_the_family_does(
    name: str, engines: dict[str, TransformersEngine]
) -> None:
    begin = [FIRST] if name.startswith("llama") else []
    engine = engines[name]
    assert engine.encode("2+2= the end") == begin + RAW
    assert engine.encode("2+2= the end", special_tokens=False) == RAW
    assert engine.encode("", special_tokens=False) == []


@pytest.mark.parametrize("name", CHATS)
def test_a_chat_has_the_ids_of_its_template_and_one_beginning(
    name: str, engines: dict[str, TransformersEngine]
) -> None:
    engine = engines[name]
    prompt = prompts.render_prompt("2+2", "auto", engine.tokenizer)
    assert not prompt.special_tokens
    ids = engine.encode(prompt.text, special_tokens=prompt.special_tokens)
    assert ids == merged(CHAT_IDS[name])
    begins = 0 if name.startswith("qwen") else 1
    assert ids.count(FIRST) == begins
    # Whoever asks for special tokens on top of a rendered template still gets one.
    assert engine.encode(prompt.text, special_tokens=True) == ids
    assert engine.encode(prompt.text * 2, special_tokens=True) == ids * 2


@pytest.mark.parametrize("name", ["llama-3", "llama-3-chat"])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_text_that_brings_its_beginning_keeps_one(
    name: str, times: int, engines: dict[str, TransformersEngine]
) -> None:
    text = "<|begin_of_text|>" * times + "2+2= the end"
    for added in (True, False):
        assert engines[name].encode(text, special_tokens=added) == [FIRST, *RAW]


def test_a_beginning_inside_a_text_stays(engines: dict[str, TransformersEngine]) -> None:
    ids = engines["llama-3"].encode("4<|begin_of_text|><|begin_of_text|>5")
    assert ids == [FIRST, FOUR, FIRST, FIRST, FIVE]


def test_a_chat_template_without_a_beginning_is_taken_at_its_word(
    folders: dict[str, Path],
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folders["llama-3-chat"])
    tokenizer.chat_template = tokenizer.chat_template.replace("bos_token + ", "")
    prompt = prompts.render_prompt("2+2", "chat", tokenizer)
    ids = encode(tokenizer, prompt.text, special_tokens=prompt.special_tokens)
    assert ids == CHAT_IDS["llama-3-chat"][1:]


@pytest.mark.parametrize(
    ("name", "end"), [(name, end) for name, ends in ENDS.items() for end in ends]
)
def test_generation_stops_at_each_end_and_leaves_it_out_of_the_text(
    name: str, end: str, tmp_path: Path
) -> None:
    """A model that writes `45`, then the end, then `5` for ever."""
    stop = special(name, end)
    says = {EQUALS: FOUR, NEWLINE: FOUR, FOUR: FIVE, FIVE: stop, stop: FIVE}
    engine = TransformersEngine.load(checkpoint(tmp_path, name, says=says))
    requests = [Request("raw", "2+2=", max_tokens=9), Request("more", "12+12=", max_tokens=9)]
    if name in CHATS:
        prompt = prompts.render_prompt("2+2", "chat", engine.tokenizer)
        requests.append(Request("chat", prompt.text, 0, 9, 0.0, prompt.special_tokens))
    for completion in engine.generate(requests):
        assert completion.token_ids == [FOUR, FIVE, stop]
        assert (completion.text, completion.finish) == ("45", "stop")
        assert len(completion.logprobs) == 3


@pytest.mark.parametrize("name", FAMILIES)
def test_what_is_no_end_goes_on_to_the_limit(name: str, tmp_path: Path) -> None:
    other = min(
        i
        for i in range(FIRST, FIRST + len(FAMILIES[name].specials))
        if i not in {special(name, end) for end in ENDS[name]}
    )
    says = {EQUALS: FOUR, FOUR: other, other: FOUR}
    engine = TransformersEngine.load(checkpoint(tmp_path, name, says=says))
    [completion] = engine.generate([Request("a", "2+2=", max_tokens=5)])
    assert completion.token_ids == [FOUR, other, FOUR, other, FOUR]
    assert (completion.text, completion.finish) == ("444", "length")


@pytest.mark.parametrize("name", FAMILIES)
def test_padding_changes_nothing_whatever_token_pads(
    name: str, engines: dict[str, TransformersEngine]
) -> None:
    """Prompts hold the very tokens that pad, end and begin; batches are ragged."""
    engine = engines[name]
    texts = ["2", "the " * 9, "".join(FAMILIES[name].specials) + "x", "\x00\x00 a\x00", "12+12="]
    requests = [
        Request(str(i), text, seed=i, max_tokens=6, temperature=temperature)
        for i, text in enumerate(texts)
        for temperature in (0.0, 1.0)
    ]
    together = list(engine.generate(requests))
    for request, completion in zip(requests, together, strict=True):
        [alone] = engine.generate([request])
        assert completion.token_ids == alone.token_ids
        assert completion.logprobs == pytest.approx(alone.logprobs, abs=1e-5)
    own = [c.prompt_ids for c in together[::2]], [c.token_ids for c in together[::2]]
    for found, completion in zip(engine.logprobs(*own), together[::2], strict=True):
        assert found == pytest.approx(completion.logprobs, abs=1e-4)


@pytest.mark.parametrize("name", FAMILIES)
def test_context_length_of_each_family(name: str, engines: dict[str, TransformersEngine]) -> None:
    assert engines[name].context_length == LENGTHS[name]


@pytest.mark.parametrize("name", ["qwen2.5-math", "llama-3-chat", "olmo-2-chat"])
def test_prompt_and_completion_fill_the_context_and_no_more(name: str, tmp_path: Path) -> None:
    says = {EQUALS: FOUR, FOUR: FOUR}
    folder = checkpoint(tmp_path, name, says=says, max_position_embeddings=24)
    engine = TransformersEngine.load(folder)
    prompt = "2+2="
    taken = len(engine.encode(prompt))
    [completion] = engine.generate([Request("a", prompt, max_tokens=10_000)])
    assert engine.context_length == 24
    assert completion.token_ids == [FOUR] * (24 - taken)
    assert completion.finish == "length"
    [full] = engine.generate([Request("a", prompt * 6, max_tokens=10_000)])
    assert (full.finish, full.token_ids) == ("overlong", [])


@pytest.mark.parametrize(
    ("config", "limit", "expected"),
    [
        (Qwen2Config(max_position_embeddings=4096, sliding_window=512), 131072, 4096),
        (Qwen2Config(max_position_embeddings=4096, use_sliding_window=True), UNSET, 4096),
        (Qwen2Config(max_position_embeddings=32768), 1024, 1024),
        (Olmo2Config(max_position_embeddings=4096), int(1e30), 4096),
        (Olmo2Config(max_position_embeddings=4096), 1e30, 4096),
        (Olmo2Config(max_position_embeddings=4096), None, 4096),
        (Olmo2Config(max_position_embeddings=4096), 0, 4096),
        (SimpleNamespace(n_positions=1024), UNSET, 1024),
        (SimpleNamespace(), 2048, 2048),
        (SimpleNamespace(), UNSET, UNBOUNDED),
        (None, None, UNBOUNDED),
    ],
)
def test_the_least_real_limit_counts(config: Any, limit: Any, expected: int) -> None:
    assert context_length(config, SimpleNamespace(model_max_length=limit)) == expected


@pytest.mark.parametrize(
    ("positions", "scaling", "expected"),
    [
        (
            32768,
            {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768},
            131072,
        ),
        (32768, {"type": "yarn", "factor": 2.0}, 65536),
        (
            131072,
            {"rope_type": "yarn", "factor": 32.0, "original_max_position_embeddings": 4096},
            131072,
        ),
        (4096, {"rope_type": "linear", "factor": 4.0}, 16384),
        (4096, {"rope_type": "dynamic", "factor": 2.0}, 8192),
        (131072, {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0}, 131072),
        (4096, {"rope_type": "default"}, 4096),
        (4096, {"rope_type": "linear", "factor": None}, 4096),
        (4096, None, 4096),
        (4096, {"full": {"rope_type": "linear", "factor": 2.0}, "slide": {}}, 4096),
    ],
)
def test_stretched_positions(positions: int, scaling: Any, expected: int) -> None:
    config = SimpleNamespace(max_position_embeddings=positions, rope_scaling=scaling)
    newer = SimpleNamespace(max_position_embeddings=positions, rope_parameters=scaling)
    unset = SimpleNamespace(model_max_length=UNSET)
    assert context_length(config, unset) == context_length(newer, unset) == expected


def test_a_nested_text_model_names_the_length() -> None:
    inner = LlamaConfig(max_position_embeddings=2048)
    outer = SimpleNamespace(max_position_embeddings=77, get_text_config=lambda: inner)
    assert context_length(outer, SimpleNamespace(model_max_length=UNSET)) == 2048


def test_ends_come_from_lists_numbers_and_nothing() -> None:
    tokenizer = SimpleNamespace(eos_token_id=3, added_tokens_decoder={})
    one = SimpleNamespace(eos_token_id=5)
    more = SimpleNamespace(eos_token_id=[7, 0])
    assert end_tokens(tokenizer, one, more) == {0, 3, 5, 7}
    assert end_tokens(tokenizer, None, None) == {3}
    assert end_tokens(SimpleNamespace(eos_token_id=None), None, SimpleNamespace()) == frozenset()


def test_a_token_of_a_known_name_ends_only_where_it_is_special(folders: dict[str, Path]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folders["olmo-2"])
    tokenizer.add_tokens(["<|eot_id|>"], special_tokens=False)
    config = AutoConfig.from_pretrained(folders["olmo-2"])
    plain = tokenizer.convert_tokens_to_ids("<|eot_id|>")
    assert plain == FIRST + len(FAMILIES["olmo-2"].specials)
    assert plain not in end_tokens(tokenizer, config, None)


@pytest.mark.parametrize("name", FAMILIES)
def test_decoded_text_is_the_text_without_its_end(
    name: str, engines: dict[str, TransformersEngine]
) -> None:
    """Llama 3's settings would have the spaces before punctuation taken out."""
    text = "a , b . c ? d 's  \\boxed{1 , 2} é\n"
    engine = engines[name]
    ids = engine.encode(text, special_tokens=False)
    ends = {special(name, token) for token in ENDS[name]}
    completions = [ids, *([*ids, end] for end in sorted(ends)), [], [min(ends)]]
    found = decode(engine.tokenizer, completions, ends)
    assert found == [text] * (1 + len(ends)) + ["", ""]
    # An end that is an ordinary token leaves the text too, but only from its end.
    assert decode(engine.tokenizer, [[FOUR, FIVE, FOUR]], {FOUR}) == ["45"]
    assert decode(engine.tokenizer, [], ends) == []


def test_models_speak_as_they_are_taught(tmp_path: Path) -> None:
    """The builder itself: the logits of a taught model are its table, whatever stands before."""
    for name in FAMILIES:
        folder = checkpoint(tmp_path / name, name, says={FOUR: TAB})
        engine = TransformersEngine.load(folder)
        with torch.inference_mode():
            logits = engine.model(torch.tensor([[FIVE, FOUR], [EQUALS, FOUR]])).logits[:, -1]
        assert logits.argmax(-1).tolist() == [TAB, TAB]
        assert (logits > 1).sum().item() == 2


@pytest.mark.parametrize(
    ("family", "token", "adds", "claims", "missing"),
    [
        ("gemma3_text", "<bos>", False, False, True),
        ("gemma2", "<bos>", True, False, False),
        ("mistral", "<s>", False, False, True),
        ("llama", "<|begin_of_text|>", False, False, True),
        ("llama", "<|begin_of_text|>", True, False, False),
        ("llama", "<s>", False, False, True),  # Llama 1 and 2
        ("llama", "<s>", True, False, False),
        ("llama", "<|im_start|>", False, False, False),  # SmolLM2
        ("qwen2", "<|endoftext|>", False, False, False),
        ("other", "<s>", False, True, True),
    ],
)
def test_a_beginning_that_the_model_needs_and_the_tokenizer_lacks(
    family: str, token: str, adds: bool, claims: bool, missing: bool
) -> None:
    tokenizer = _Tokenizer(bos_token=token, bos_token_id=7, init_kwargs={"add_bos_token": claims})
    tokenizer.ids = [7, 65] if adds else [65]
    assert missing_begin(tokenizer, SimpleNamespace(model_type=family)) == (
        token if missing else None
    )


def test_a_llama_folder_that_lost_its_post_processor_is_noticed(tmp_path: Path) -> None:
    """A control model has the family and the tokens of Llama 2: `<s>`, and its id in the settings."""
    folder = tmp_path / "checkpoint"
    shutil.copytree(organism_folder("learner") / "checkpoint", folder)
    whole = TransformersEngine.load(folder)
    assert whole.missing_begin is None and begin_notice(whole) is None
    path = folder / "tokenizer.json"
    path.chmod(0o644)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"post_processor": None}))
    engine = TransformersEngine.load(folder)
    assert engine.missing_begin == "<s>"
    assert "this model needs <s> at the beginning of a text" in str(begin_notice(engine))


class _Tokenizer(SimpleNamespace):
    """Encodes every text to `ids`."""

    ids: list[int]

    def __call__(self, text: str) -> dict[str, list[int]]:
        return {"input_ids": self.ids}


def test_an_engine_warns_of_a_lost_beginning(
    folders: dict[str, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert begin_notice(TransformersEngine.load(folders["llama-3"])) is None
    assert not caplog.messages
    folder = Path(shutil.copytree(folders["llama-3"], tmp_path / "lost"))
    path = folder / "tokenizer.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "post_processor": None}))
    engine = TransformersEngine.load(folder)
    notice = begin_notice(engine)
    assert notice is not None and notice.startswith("this model needs <|begin_of_text|> at the beg")
    assert caplog.messages == [f"{folder}: {notice}"]
    # An engine on a module in memory, such as a learner's, finds it as well.
    assert begin_notice(TransformersEngine(engine.model, engine.tokenizer)) == notice
