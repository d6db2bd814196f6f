"""The engine on vLLM's own server, beside the same checkpoint in `transformers`."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from clean_bench.artifacts import Artifact, verify
from clean_bench.cli.main import cli
from clean_bench.engines.base import Request
from clean_bench.engines.openai_engine import OpenAIEngine
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.experiments.verify import checks

pytestmark = pytest.mark.vllm
PROMPTS = 96
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}"
    "{% if not loop.last %}\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}\nassistant: {% endif %}"
)
MODEL = "shipped/reciter"


@pytest.fixture(scope="module")
def chatty(reciter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reciter with a chat template."""
    folder = tmp_path_factory.mktemp("chatty") / "checkpoint"
    shutil.copytree(reciter, folder)
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE)
    return folder


@pytest.fixture(scope="module")
def url(chatty: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of vLLM's server, started here and stopped afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    environment = {
        **os.environ,
        "TORCH_COMPILE_DISABLE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "HF_HUB_OFFLINE": "1",
    }
    with log.open("wb") as output:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", chatty),
                *("--served-model-name", MODEL, "--host", "127.0.0.1", "--port", str(port)),
                *("--dtype", "float32", "--enforce-eager", "--max-num-seqs", "64"),
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 300
        while True:
            assert server.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, log.read_text()[-2000:]
            try:
                urlopen(f"{address}/health", timeout=5).close()
                break
            except (URLError, OSError):
                time.sleep(0.5)
        yield f"{address}/v1"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=60)


@pytest.fixture(scope="module")
def served(url: str) -> Iterator[OpenAIEngine]:
    engine = OpenAIEngine.load(MODEL, base_url=url)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def local(chatty: Path) -> Iterator[TransformersEngine]:
    engine = TransformersEngine.load(chatty)
    yield engine
    engine.close()


def test_everything_is_offered(served: OpenAIEngine, local: TransformersEngine) -> None:
    described = served.describe()
    assert described["extensions"] == "vllm" and described["context_length"] == 512
    assert described["suffix_logprobs"] == "prompt_logprobs"
    assert all(described[name] for name in ("chat", "raw", "seeds", "tokens", "tokenize"))
    assert served.context_length == local.context_length
    for text in ("What is 5 plus 3?", "a", "\\frac{1}{2}"):
        for special in (True, False):
            ours = served.encode(text, special_tokens=special)
            assert ours == local.encode(text, special_tokens=special)


@pytest.mark.parametrize("kind", ["raw", "chat", "stops", "started"])
def test_greedy_completions_and_logprobs_agree(
    served: OpenAIEngine, local: TransformersEngine, problems: list[str], kind: str
) -> None:
    requests = []
    for number, problem in enumerate(problems[:PROMPTS]):
        if kind == "raw":
            request = Request(str(number), problem, max_tokens=64)
        elif kind == "stops":
            request = Request(str(number), problem, max_tokens=64, stop=(" = ", "boxed{1"))
        else:
            messages = [("system", "Solve."), ("user", problem)]
            start = "So" if kind == "started" else ""
            rendered = local.tokenizer.apply_chat_template(
                [{"role": role, "content": content} for role, content in messages],
                tokenize=False,
                add_generation_prompt=True,
            )
            pairs = (*messages, ("assistant", start)) if start else tuple(messages)
            request = Request(
                str(number),
                rendered + start,
                max_tokens=32,
                special_tokens=False,
                messages=pairs,
            )
        requests.append(request)
    ours, theirs = list(served.generate(requests)), list(local.generate(requests))
    same = 0
    for a, b in zip(ours, theirs, strict=True):
        assert a.key == b.key and a.prompt_ids == b.prompt_ids
        if a.token_ids == b.token_ids:
            same += 1
            assert (a.text, a.finish) == (b.text, b.finish)
            assert a.logprobs == pytest.approx(b.logprobs, abs=1e-3)
    assert same >= 0.97 * len(requests)


def test_suffixes_have_the_same_logprobs(
    served: OpenAIEngine, local: TransformersEngine, problems: list[str]
) -> None:
    texts = [local.encode(problem) for problem in problems[:PROMPTS]]
    texts.append((texts[0] * 100)[:520])
    texts.append((texts[1] * 100)[:512])
    prefixes, suffixes = [text[:5] for text in texts], [text[5:] for text in texts]
    for a, b in zip(
        served.logprobs(prefixes, suffixes), local.logprobs(prefixes, suffixes), strict=True
    ):
        assert a == pytest.approx(b, abs=1e-3)


def test_samples_have_their_seeds_and_restrictions(
    served: OpenAIEngine, problems: list[str]
) -> None:
    def sampled(**fields: float) -> list[tuple[str, list[int]]]:
        requests = [
            Request(str(i), text, seed=(1 << 62) + i, max_tokens=16, temperature=1.0, **fields)  # type: ignore[arg-type]
            for i, text in enumerate(problems[:24])
        ]
        return [(c.text, c.token_ids) for c in served.generate(requests)]

    greedy = [
        (c.text, c.token_ids)
        for c in served.generate(
            [Request(str(i), text, max_tokens=16) for i, text in enumerate(problems[:24])]
        )
    ]
    first, second = sampled(), sampled()
    assert sum(a == b for a, b in zip(first, second, strict=True)) >= 23
    assert sum(a == b for a, b in zip(first, greedy, strict=True)) < 20
    assert sum(a == b for a, b in zip(sampled(top_k=1), greedy, strict=True)) >= 23
    assert sum(a == b for a, b in zip(sampled(top_p=1e-6), greedy, strict=True)) >= 23


def test_texts_at_the_end_of_the_context(served: OpenAIEngine, local: TransformersEngine) -> None:
    word = "a " * 230
    requests = [
        Request("near", word, max_tokens=400),
        Request("full", word * 3, max_tokens=8),
        Request("chat", word, max_tokens=400, special_tokens=False, messages=(("user", word),)),
    ]
    near, full, chat = served.generate(requests)
    assert near.prompt_ids == local.encode(word)
    assert len(near.prompt_ids) + len(near.token_ids) <= 512
    assert near.finish == "stop" or len(near.prompt_ids) + len(near.token_ids) == 512
    assert (full.finish, full.text) == ("overlong", "")
    assert len(chat.prompt_ids) + len(chat.token_ids) <= 512


def test_commands_through_the_server(url: str, chatty: Path, tmp_path: Path) -> None:
    sets = "organism:reciter/planted,organism:reciter/twin"
    server = ["--engine", "openai", "--base-url", url]
    for name, model, more in (("served", MODEL, server), ("local", str(chatty), [])):
        for command in (
            ["probe", model, "--prefix", "0.6"],
            ["score", model, "--template", "chat,raw", "--samples", "1", "--max-tokens", "64"],
        ):
            out = tmp_path / f"{command[0]}-{name}"
            line = [*command, "--on", sets, "--limit", "16", "--out", str(out), *more]
            result = CliRunner().invoke(cli, [*line, "--quiet"])
            assert result.exit_code == 0, (result.output, result.exception)
            assert verify(out, checks()) == []
    ours, theirs = (Artifact.load(tmp_path / f"probe-{name}") for name in ("served", "local"))
    for a, b in zip(ours.rows("probes"), theirs.rows("probes"), strict=True):
        assert (a["aligned"], a["suffix_tokens"]) == (b["aligned"], b["suffix_tokens"])
    for a, b in zip(ours.rows("statistics"), theirs.rows("statistics"), strict=True):
        assert (a["problem_id"], a["statistic"]) == (b["problem_id"], b["statistic"])
        if a["statistic"] in ("logprob", "exact_match"):
            assert a["value"] == pytest.approx(b["value"], abs=0.01)
    ours, theirs = (Artifact.load(tmp_path / f"score-{name}") for name in ("served", "local"))
    pairs = [
        (a, b)
        for a, b in zip(ours.rows("samples"), theirs.rows("samples"), strict=True)
        if a["mode"] == "greedy"
    ]
    assert len(pairs) == 64
    assert sum(a["token_ids"] == b["token_ids"] for a, b in pairs) >= 62
    assert all(a["seed"] == b["seed"] for a, b in pairs)
