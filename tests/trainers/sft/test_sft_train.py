"""Supervised fine-tuning: batches, losses and updates against a dense training; resumption; verify."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from forgeries import change_rows, edited
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from clean_bench.artifacts import STATE, Artifact, verify
from clean_bench.checkpoints import Checkpoint, resolve_checkpoint
from clean_bench.errors import UserError
from clean_bench.experiments.verify import checks
from clean_bench.problems import Problem, ProblemSet
from clean_bench.prompts import render_prompt
from trainers.sft.config import SftConfig, make_sft_config
from trainers.sft.train import batch_of, response_of, sft, to_document

SETTINGS = {
    "updates": 4, "batch_size": 3, "learning_rate": 1e-2, "seed": 7, "template": "raw",
    "token_budget": 40, "max_grad_norm": 0.5, "learning_rate_schedule": "linear",
    "warmup_updates": 1,
}  # fmt: skip
PROBLEMS = ProblemSet(
    "sums",
    [
        Problem(f"p{i}", f"What is {i} plus {i}?", str(2 * i), solution=f"{i} + {i} = {2 * i}." * i)
        for i in range(5)
    ],
)


class Killed(Exception):
    """Stands for a process that ends."""


@pytest.fixture(scope="module")
def base(tiny_checkpoint: Path) -> Checkpoint:
    return resolve_checkpoint(str(tiny_checkpoint))


@pytest.fixture(scope="module")
def whole(base: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return sft(base, PROBLEMS, SftConfig(**SETTINGS), tmp_path_factory.mktemp("whole") / "sft")


@pytest.mark.parametrize(
    ("solution", "response"),
    [
        (None, r"\boxed{7}"),
        ("", r"\boxed{7}"),
        ("3 + 4 = 7", r"3 + 4 = 7. \boxed{7}"),
        (" 3 + 4 = 7.\n", r"3 + 4 = 7. \boxed{7}"),
    ],
)
def test_the_response_is_the_solution_and_the_boxed_answer(
    solution: str | None, response: str
) -> None:
    assert response_of(Problem("p", "3 + 4?", "7", solution=solution)) == response


def test_a_document_reads_back_as_prompt_and_response(base: Checkpoint) -> None:
    tokenizer = AutoTokenizer.from_pretrained(str(base.folder))
    document = to_document(PROBLEMS.problems[2], "raw", tokenizer)
    prompt = render_prompt(PROBLEMS.problems[2].problem, "raw", tokenizer)
    assert tokenizer.decode(document.prompt, skip_special_tokens=True) == prompt.text
    *response, end = document.completion
    assert end == tokenizer.eos_token_id and end not in response
    text = prompt.gap + r"2 + 2 = 4.2 + 2 = 4. \boxed{4}"
    assert tokenizer.decode(response) == text


@pytest.mark.parametrize("batch_size", [1, 3, 5, 12])
def test_each_pass_has_every_problem_once_in_an_order_of_its_own(batch_size: int) -> None:
    config = SftConfig(updates=60, batch_size=batch_size, seed=3)
    drawn = [p.id for update in range(60) for p in batch_of(PROBLEMS.problems, config, update)]
    passes = [drawn[start : start + 5] for start in range(0, len(drawn), 5)]
    assert all(sorted(p) == sorted(problem.id for problem in PROBLEMS) for p in passes)
    assert len({tuple(p) for p in passes}) > 1
    other = config.model_copy(update={"seed": 4})
    assert (
        drawn[:60]
        != [p.id for update in range(60) for p in batch_of(PROBLEMS.problems, other, update)][:60]
    )


def test_losses_norms_and_weights_are_those_of_a_dense_training(
    base: Checkpoint, whole: Artifact
) -> None:
    """The oracle pads nothing and packs nothing: a forward pass per problem, torch's own AdamW."""
    tokenizer = AutoTokenizer.from_pretrained(str(base.folder))
    model = AutoModelForCausalLM.from_pretrained(str(base.folder), dtype=torch.float32)
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0)
    config = SftConfig(**SETTINGS)
    rows = whole.rows("metrics")
    # Warm-up over one update, then a linear decay to 0 after the last one.
    rates = [0.0, 1e-2, 1e-2 * 2 / 3, 1e-2 / 3]
    for update, (row, rate) in enumerate(zip(rows, rates, strict=True)):
        total, tokens = torch.zeros(()), 0
        for problem in batch_of(PROBLEMS.problems, config, update):
            document = to_document(problem, "raw", tokenizer)
            ids = torch.tensor([[*document.prompt, *document.completion]])
            logp = model(ids).logits[0].log_softmax(-1)
            for place in range(len(document.prompt), ids.shape[1]):
                total = total - logp[place - 1, ids[0, place]]
                tokens += 1
        optimizer.zero_grad()
        (total / tokens).backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        assert row["tokens"] == tokens
        assert row["loss"] == pytest.approx(float(total.detach()) / tokens, rel=1e-5)
        assert row["grad_norm"] == pytest.approx(float(norm), rel=1e-4)
        assert row["learning_rate"] == pytest.approx(rate, rel=1e-9, abs=1e-15)
    trained = load_file(whole.folder / "checkpoint" / "model.safetensors")
    for name, parameter in model.named_parameters():
        if name in trained:
            torch.testing.assert_close(trained[name], parameter.detach(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("settings", [{}, {"tuning": "lora", "lora_rank": 2}], ids=["full", "LoRA"])
def test_a_resumed_run_ends_bit_for_bit_the_same(
    base: Checkpoint, tmp_path: Path, settings: dict[str, Any]
) -> None:
    config = SftConfig(**{**SETTINGS, **settings, "checkpoint_seconds": 0})
    once = sft(base, PROBLEMS, config, tmp_path / "once")
    begun: list[int] = []

    def die(update: int, row: Mapping[str, float]) -> None:
        begun.append(update)
        raise Killed

    for _ in range(3):
        with pytest.raises(Killed):
            sft(base, PROBLEMS, config, tmp_path / "sft", progress=die)
        assert (tmp_path / "sft" / STATE).is_file()
    resumed = sft(base, PROBLEMS, config, tmp_path / "sft")
    assert begun == [1, 2, 3]
    assert resumed.metadata == once.metadata
    assert resumed.metadata["weights_sha256"] != base.weights_sha256
    assert resumed.manifest["identity_sha256"] == once.manifest["identity_sha256"]
    assert not (tmp_path / "sft" / STATE).exists()


def test_another_configuration_is_refused_by_its_key(
    base: Checkpoint, whole: Artifact, tmp_path: Path
) -> None:
    config = SftConfig(**{**SETTINGS, "learning_rate": 1e-3})
    with pytest.raises(UserError, match=r"was begun with learning_rate = 0\.01, got 0\.001"):
        sft(base, PROBLEMS, config, whole.folder)


def _change_a_weight(artifact: Artifact) -> None:
    path = artifact.folder / "checkpoint" / "model.safetensors"
    tensors = load_file(path)
    name = min(tensors)
    tensors[name] = tensors[name] + 1e-3
    save_file(tensors, path, metadata={"format": "pt"})


EDITS = {
    "a weight": (_change_a_weight, "checkpoint: its tensors are not those that the manifest names"),
    "a loss": (
        lambda artifact: change_rows(artifact, "metrics", lambda rows: rows[1].update(loss=-1.0)),
        "metrics update 1: has a number that no update gives",
    ),
    "a learning rate": (
        lambda artifact: change_rows(
            artifact, "metrics", lambda rows: rows[2].update(learning_rate=1e-2)
        ),
        "metrics update 2: learning_rate is 0.01, the configuration gives 0.00666667",
    ),
    "an update": (
        lambda artifact: change_rows(artifact, "metrics", lambda rows: rows[:-1]),
        "metrics: are not those of 4 updates in order",
    ),
    "a problem": (
        lambda artifact: change_rows(artifact, "problems", lambda rows: rows[0].update(answer="5")),
        "problems: are not the set sums that the configuration names",
    ),
    "the number of updates": (
        lambda artifact: artifact.manifest["metadata"].update(updates=5),
        "manifest.json: metadata: updates differs from that of the configuration",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_verify_finds_an_edit_that_is_sealed_anew(
    whole: Artifact, tmp_path: Path, name: str
) -> None:
    assert verify(whole.folder, checks()) == []
    edit, message = EDITS[name]
    assert message in "\n".join(
        map(str, verify(edited(whole.folder, tmp_path / "f", edit), checks()))
    )


def test_a_diverged_training_is_one_line(base: Checkpoint, tmp_path: Path) -> None:
    settings = {**SETTINGS, "learning_rate": 1.0, "max_grad_norm": 1e6, "updates": 40}
    config = SftConfig(**settings, weight_decay=1000.0)
    with pytest.raises(UserError, match=r"expected a finite loss and gradient, got .* diverged"):
        sft(base, PROBLEMS, config, tmp_path / "sft")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"updates": 1, "epochs": 2}, "sft: unknown key 'epochs'"),
        ({"updates": 0}, "sft: updates: "),
        ({"updates": 1, "learning_rate_floor": 0.1}, "learning_rate_floor has no effect at"),
    ],
)
def test_settings_that_cannot_be(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        make_sft_config(values, "sft")


def test_a_problem_without_an_answer_stops_before_anything_is_written(
    base: Checkpoint, tmp_path: Path
) -> None:
    problems = ProblemSet("sums", [*PROBLEMS, Problem("p9", "9 plus 9?")])
    with pytest.raises(UserError, match="expected a gold answer, got none"):
        sft(base, problems, SftConfig(updates=1), tmp_path / "sft")
    assert not (tmp_path / "sft").exists()
