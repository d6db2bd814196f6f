"""`verify --regenerate` accepts what the checkpoint wrote, and refuses what it did not write."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from forge import (
    copy_of,
    forge_probe,
    forge_scores,
    forge_training,
    retold,
    seal,
    tokenizer_of,
    verify,
    verify_json,
)
from safetensors.torch import load_file, save_file

from clean_bench.artifacts import Artifact
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.experiments.regenerate.choose import choose, read_rows
from clean_bench.experiments.regenerate.parts import parts_of
from clean_bench.experiments.regenerate.regenerate import regenerate
from clean_bench.problems import ProblemSet
from clean_bench.samples import Sample

pytestmark = pytest.mark.processes


@pytest.mark.parametrize(
    ("fixture", "compared"), [("scores", [22]), ("probed", [10]), ("trained", [6, 41])]
)
def test_what_the_checkpoint_wrote_is_equal(
    fixture: str, compared: list[int], request: pytest.FixtureRequest
) -> None:
    artifact = request.getfixturevalue(fixture)
    output = verify_json(artifact.folder, "--regenerate", "100")
    assert output["ok"] and not output["failures"]
    parts = output["regenerated"]["parts"]
    assert [part["compared"] for part in parts] == [part["equal"] for part in parts] == compared
    assert all(part["logprob"] is None or part["logprob"] < 1e-6 for part in parts)


def test_rows_follow_from_the_identity_and_the_seed(scores: Artifact) -> None:
    chosen = choose(scores, 5, 22, "a")
    assert chosen == sorted(set(chosen)) == choose(scores, 5, 22, "a") and len(chosen) == 5
    assert len({tuple(choose(scores, 5, 22, seed)) for seed in "abcdefgh"}) > 6
    other = Artifact(scores.folder, {**scores.manifest, "identity_sha256": "0"})
    assert choose(other, 5, 22, "a") != chosen
    assert choose(scores, 99, 22, "a") == list(range(22))
    rows = [sample for table in scores.tables("samples") for sample in table.to_pylist()]
    for place, sample in read_rows(scores, "samples", [0, 7, 21]):
        assert (sample.problem_id, sample.index, sample.response) == (
            rows[place]["problem_id"], rows[place]["index"], rows[place]["response"],
        )  # fmt: skip


def test_the_seed_is_printed_and_takes_the_same_rows(scores: Artifact) -> None:
    first = verify_json(scores.folder, "--regenerate", "3")["regenerated"]
    again = verify_json(scores.folder, "--regenerate", "3", "--regenerate-seed", first["seed"])
    assert again["regenerated"] == first and first["count"] == first["parts"][0]["compared"] == 3
    text = verify(scores.folder, "--regenerate", "3", "--regenerate-seed", "x").stdout
    assert "regenerated 3 rows of each part; --regenerate-seed x takes the same:" in text
    assert "\n  3 of 3 completions equal; log-probabilities " in text


def boxed(sample: Sample) -> str:
    return f"It is \\boxed{{{sample.gold}}}."


def caught(folder: Path, *options: str) -> list[str]:
    """The failures of a forgery that the other checks accept."""
    assert verify(folder).exit_code == 0, verify(folder).stderr
    result = verify(folder, "--regenerate", "100", *options)
    assert result.exit_code == 1 and result.exception.__class__ is SystemExit
    failures = verify_json(folder, "--regenerate", "100", *options)["failures"]
    return [f"{failure['where']}: {failure['what']}" for failure in failures]


def test_a_response_that_was_edited_alone(scores: Artifact, tmp_path: Path) -> None:
    forged = copy_of(scores, tmp_path / "forged")
    forge_scores(forged, lambda sample: replace(sample, response=boxed(sample)))
    failures = caught(forged.folder)
    assert len(failures) == 22
    assert all("has a response that is not the text of its tokens" in f for f in failures)


def test_an_invented_response_with_its_tokens(
    scores: Artifact, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    forged, tokenizer = copy_of(scores, tmp_path / "forged"), tokenizer_of(tiny_checkpoint)
    forge_scores(
        forged,
        lambda s: retold(s, boxed(s), tokenizer) if (s.problem_id, s.index) == ("p3", 1) else s,
    )
    failures = caught(forged.folder)
    assert len({failure.partition(":")[0] for failure in failures}) == 1
    assert "(sums/p3, boxed, sample 1)" in failures[0]
    assert "is not the checkpoint's: the first difference is at token " in failures[0]
    assert any("log-probabilities that differ by" in failure for failure in failures)


def test_an_invented_response_with_the_log_probabilities_of_the_checkpoint(
    scores: Artifact, tmp_path: Path, tiny_checkpoint: Path, engine: TransformersEngine
) -> None:
    """The forger has the model; its own log-probabilities do not make it write the text."""
    forged, tokenizer = copy_of(scores, tmp_path / "forged"), tokenizer_of(tiny_checkpoint)

    def edit(sample: Sample) -> Sample:
        if sample.mode != "greedy":
            return sample
        invented = retold(sample, boxed(sample), tokenizer)
        [logprobs] = engine.logprobs([list(invented.prompt_ids)], [list(invented.token_ids)])
        return replace(invented, logprobs=logprobs)

    forge_scores(forged, edit)
    failures = caught(forged.folder)
    assert len(failures) == 5
    assert all("nats from the sampler's choice, expected at most 0.001" in f for f in failures)


def test_other_log_probabilities(scores: Artifact, tmp_path: Path) -> None:
    forged = copy_of(scores, tmp_path / "forged")
    forge_scores(forged, lambda s: replace(s, logprobs=[0.9 * float(p) for p in s.logprobs]))
    assert all("has log-probabilities that differ by" in f for f in caught(forged.folder))


@pytest.mark.parametrize("finish", ["stop", "length"])
def test_a_response_that_was_cut_off(scores: Artifact, tmp_path: Path, finish: str) -> None:
    forged = copy_of(scores, tmp_path / "forged")

    def edit(sample: Sample) -> Sample:
        return replace(
            sample, token_ids=sample.token_ids[:3], logprobs=sample.logprobs[:3], finish=finish
        )

    forge_scores(forged, edit)
    if finish == "length":  # the token limit contradicts it, without a model
        assert "ended by 'length' after 3 tokens, expected 12" in verify(forged.folder).stderr
        return
    failures = caught(forged.folder)
    assert len(failures) == 22
    assert all("at token 3, where only the stored one ends" in failure for failure in failures)


def test_other_prompt_tokens(scores: Artifact, tmp_path: Path) -> None:
    forged = copy_of(scores, tmp_path / "forged")
    forge_scores(forged, lambda sample: replace(sample, prompt_ids=sample.prompt_ids[1:]))
    assert all("has another prompt than" in failure for failure in caught(forged.folder))


def test_tokens_that_the_checkpoint_lacks(scores: Artifact, tmp_path: Path) -> None:
    forged = copy_of(scores, tmp_path / "forged")
    forge_scores(forged, lambda s: replace(s, token_ids=[2**31 - 1 - i for i in s.token_ids]))
    assert all("expected tokens of the vocabulary" in failure for failure in caught(forged.folder))


def test_an_invented_completion_of_a_probe(
    probed: Artifact, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    forged, tokenizer = copy_of(probed, tmp_path / "forged"), tokenizer_of(tiny_checkpoint)

    def edit(sample: Sample, suffix: str) -> Sample:
        return retold(sample, suffix, tokenizer) if sample.problem_id == "p2" else sample

    forge_probe(forged, edit)
    failures = [f for f in caught(forged.folder) if "is not the checkpoint's" in f]
    wheres = {"probes, sums/p2 at 0.4", "probes, sums/p2 at 0.6"}
    assert {failure.partition(": ")[0] for failure in failures} == wheres


def test_an_invented_probability_of_a_suffix(probed: Artifact, tmp_path: Path) -> None:
    forged = copy_of(probed, tmp_path / "forged")
    forge_probe(forged, lambda sample, suffix: sample, {"logprob": -0.5, "lowest": -0.5})
    failures = caught(forged.folder)
    assert len(failures) == 10
    assert all(
        "logprob of the suffix is stored as -0.5, the checkpoint gives -" in f for f in failures
    )


def test_rows_of_a_probe_that_are_said_to_be_too_long(probed: Artifact, tmp_path: Path) -> None:
    rows = probed.rows("probes")
    rows[4] |= {"reason": "longer than the context"}

    class Edited(Artifact):
        def rows(self, table: str) -> list[dict[str, Any]]:
            return rows if table == "probes" else super().rows(table)

    [part] = parts_of(probed, None)
    edited = replace(part, artifact=Edited(probed.folder, probed.manifest))
    [agreement] = regenerate([edited], 3, "seed")
    [failure] = agreement.failures
    assert "reason is stored as 'longer than the context', the tokenizer gives None" in str(failure)


def test_an_invented_rollout(
    trained: Artifact, tmp_path: Path, problems: ProblemSet, tiny_checkpoint: Path
) -> None:
    forged, tokenizer = copy_of(trained, tmp_path / "forged"), tokenizer_of(tiny_checkpoint)

    def edit(sample: Sample) -> Sample:
        return retold(sample, "It is 1.", tokenizer) if sample.index else sample

    forge_training(forged, problems, edit)
    failures = caught(forged.folder)
    assert sum("rollouts step 0 row" in f and "not the checkpoint's" in f for f in failures) == 3
    # The first update trains on row 2 alone, which is not invented: its group's rewards differ.
    assert any("updates step 0, update 1: grad_norm is stored as" in f for f in failures)


def test_an_invented_metric_of_an_update(
    trained: Artifact, tmp_path: Path, problems: ProblemSet
) -> None:
    forged = copy_of(trained, tmp_path / "forged")
    forge_training(forged, problems, lambda sample: sample, entropy=0.01)
    failures = caught(forged.folder)
    assert len(failures) == 2
    for number, (row, failure) in enumerate(zip(trained.rows("updates"), failures, strict=True)):
        stored = f"entropy is stored as {row['entropy'] + 0.01}, the update gives"
        assert f"updates step 0, update {number}: {stored}" in failure


def test_other_weights_are_refused_before_anything_runs(
    scores: Artifact, trained: Artifact, tmp_path: Path, tiny_checkpoint: Path, monkeypatch: Any
) -> None:
    other = Path(shutil.copytree(tiny_checkpoint, tmp_path / "other"))
    tensors = load_file(other / "model.safetensors")
    first = min(tensors)
    tensors[first] = tensors[first] + 1e-3 * torch.ones_like(tensors[first])
    save_file(tensors, other / "model.safetensors", metadata={"format": "pt"})
    monkeypatch.setattr("clean_bench.artifacts.verification", lambda *_: pytest.fail("it ran"))
    for artifact in (scores, trained):
        result = verify(artifact.folder, "--regenerate", "1", "--checkpoint", str(other))
        assert result.exit_code != 0
        assert (
            f"expected a checkpoint with weights {weights_of(artifact)[:12]}..., got {other}"
            in str(result.exception)
        )


def weights_of(artifact: Artifact) -> str:
    name = "base_weights_sha256" if artifact.kind == "training" else "weights_sha256"
    return str(artifact.config[name])


def test_another_tokenizer_is_refused(
    scores: Artifact, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    other = Path(shutil.copytree(tiny_checkpoint, tmp_path / "other"))
    path = other / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "chat_template": "x"}))
    result = verify(scores.folder, "--regenerate", "1", "--checkpoint", str(other))
    assert "expected a checkpoint with tokenizer" in str(result.exception)


def test_an_artifact_without_the_hashes_of_the_tokenizer_is_regenerated(
    scores: Artifact, tmp_path: Path
) -> None:
    old = copy_of(scores, tmp_path / "old")
    for name in ("config_sha256", "tokenizer_sha256"):
        del old.manifest["config"][name]
    seal(old, old.metadata)
    assert verify(old.folder, "--regenerate", "2").exit_code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--checkpoint", "x"], "--checkpoint: expected --regenerate N beside it"),
        (["--regenerate-seed", "x"], "--regenerate-seed: expected --regenerate N beside it"),
        (["--dtype", "bfloat16"], "--dtype: expected --regenerate N beside it"),
        (["--regenerate", "1", "--engine", "openai"], "needs the weights of the checkpoint"),
        (["--regenerate", "1", "--revision", "main"], "--revision: expected --checkpoint beside"),
        (["--regenerate", "1", "--checkpoint", "/absent"], "/absent: expected a checkpoint folder"),
    ],
)
def test_options_that_do_not_fit_are_one_line(
    scores: Artifact, options: list[str], message: str
) -> None:
    result = verify(scores.folder, *options)
    assert message in str(result.exception) and "\n" not in str(result.exception)


def test_a_checkpoint_that_is_no_longer_there_is_asked_for(
    scores: Artifact, tmp_path: Path
) -> None:
    moved = copy_of(scores, tmp_path / "moved")
    moved.manifest["provenance"]["checkpoint"] = "runs/gone/checkpoint"
    seal(moved, moved.metadata)
    result = verify(moved.folder, "--regenerate", "1")
    assert "its checkpoint cannot be used (runs/gone/checkpoint: expected a checkpoint" in str(
        result.exception
    )
    assert "name it with --checkpoint" in str(result.exception)


def test_a_forged_manifest_is_one_line(scores: Artifact, tmp_path: Path) -> None:
    broken = copy_of(scores, tmp_path / "broken")
    broken.manifest["provenance"] = []
    seal(broken, broken.metadata)
    result = verify(broken.folder, "--regenerate", "1")
    assert "expected an object, got a list at provenance" in str(result.exception)


@pytest.mark.parametrize("settings", [{"dtype": "float3"}, {"engine": "quantum"}])
def test_an_engine_that_does_not_exist_is_one_line(
    scores: Artifact, tmp_path: Path, settings: dict[str, str]
) -> None:
    broken = copy_of(scores, tmp_path / "broken")
    broken.manifest["config"]["engine"] |= settings
    seal(broken, broken.metadata)
    message = str(verify(broken.folder, "--regenerate", "1").exception)
    assert (
        "expected" in message and "\n" not in message and next(iter(settings.values())) in message
    )


def test_rows_that_break_the_comparison_are_a_failure(scores: Artifact) -> None:
    class Broken(Artifact):
        def tables(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("not a\ntable")

    [part] = parts_of(scores, None)
    [agreement] = regenerate(
        [replace(part, artifact=Broken(scores.folder, scores.manifest))], 3, "s"
    )
    [failure] = agreement.failures
    assert str(failure) == "manifest.json: cannot be regenerated (RuntimeError: not a table)"
