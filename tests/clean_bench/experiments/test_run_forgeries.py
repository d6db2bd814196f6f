"""Forgeries of a finished run whose hashes were all recomputed: verification refuses each of them.

The run has every kind of part: generated, planted and public sets, trained arms, an existing checkpoint,
further temperatures and behaviors.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from forgeries import change_rows, resealed
from safetensors.numpy import load_file, save_file

from clean_bench.artifacts import Artifact, Failure, verification, verify
from clean_bench.artifacts import manifest as manifests
from clean_bench.errors import UserError
from clean_bench.experiments.checks.listing import check_listing
from clean_bench.experiments.checks.run import check_parts, check_run
from clean_bench.experiments.recipe import Recipe, parse_recipe
from clean_bench.experiments.run import run
from clean_bench.experiments.scopes import scopes
from clean_bench.experiments.verify import checks
from clean_bench.organisms.shipped import organism_folder
from clean_bench.progress import Bar

pytestmark = pytest.mark.processes

ProblemFile = Callable[..., Path]
RECIPE = """
title = "a run to forge"
models = [{{name = "tiny", checkpoint = "{checkpoint}"}}]
seeds = [1]
data = {{family = "word-problems", steps = "1-2", count = 8}}
score = {{samples = 2, max_tokens = 6}}
engine = {{engine = "transformers"}}
probe = {{prefixes = [0.6]}}
training_free = {{temperatures = [0.5]}}
behaviors = true
sets = [
    {{role = "planted", source = "organism:reciter/planted", limit = 4}},
    {{role = "twin", source = "organism:reciter/twin", limit = 4}},
    {{role = "public", source = "contest={public}"}},
    {{role = "fresh", family = "word-problems", steps = "1-2", count = 4}},
]
arms = [
    {{name = "random", reward = "random"}},
    {{name = "truth", reward = "truth"}},
    {{name = "theirs", checkpoint = "{other}"}},
]
limits = ["Only a test."]

[train]
steps = 2
learning_rate = 1e-3
prompts_per_step = 2
group_size = 2
minibatches = 2
max_tokens = 6
"""


@pytest.fixture(scope="module")
def whole(
    tiny_checkpoint: Path,
    problem_file: ProblemFile,
    tmp_path_factory: pytest.TempPathFactory,
    bar: Bar,
) -> Path:
    other = tmp_path_factory.mktemp("other") / "theirs"
    shutil.copytree(tiny_checkpoint, other)
    tensors = load_file(other / "model.safetensors")
    tensors = {name: np.asarray(tensor) * np.float32(1.01) for name, tensor in tensors.items()}
    save_file(tensors, other / "model.safetensors", metadata={"format": "pt"})
    text = RECIPE.format(checkpoint=tiny_checkpoint, other=other, public=problem_file("contest", 4))
    folder = tmp_path_factory.mktemp("forged") / "run"
    return run(parse_recipe(text, "r.toml"), folder, bar).folder


RUN_ALONE = dict.fromkeys(checks(), lambda artifact: []) | {"run": check_run}
"""The check of the run alone: what its parts hold by themselves is not recomputed."""
Forge = Callable[[Callable[[Path], object]], list[Failure]]


@pytest.fixture
def forge(whole: Path, tmp_path: Path) -> Iterator[Forge]:
    """Edits a copy of the run, seals it anew from the inside out, and returns the failures."""

    def forged(edit: Callable[[Path], object]) -> list[Failure]:
        copy = shutil.copytree(whole, tmp_path / "copy", symlinks=True)
        edit(copy)
        return verify(resealed(copy), RUN_ALONE)

    return forged


def configure(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Edit the manifest of an artifact; `forge` seals it anew."""
    path = folder / manifests.NAME
    manifest = json.loads(path.read_bytes())
    change(manifest)
    path.write_bytes(manifests.text_of(manifest))


def setting(key: str, value: Any) -> Callable[[dict[str, Any]], object]:
    return lambda manifest: manifest["config"].__setitem__(key, value)


def rows(folder: Path, table: str, change: Callable[[list[dict[str, Any]]], Any]) -> None:
    artifact = Artifact(folder, json.loads((folder / manifests.NAME).read_bytes()))
    change_rows(artifact, table, change)


def parts(folder: Path, kind: str) -> list[Path]:
    return sorted((folder / "tiny" / kind).iterdir())


def text_of(failures: list[Failure]) -> str:
    return "\n".join(map(str, failures))


def test_the_honest_run_verifies(whole: Path, forge: Forge) -> None:
    assert verify(whole, checks()) == []
    assert forge(lambda folder: None) == []


def test_gold_answers_changed_in_the_set_and_in_every_score(forge: Forge) -> None:
    """Set, scores, probes and behaviors agree with each other, and every hash follows."""

    def edit(folder: Path) -> None:
        old = manifests.read_manifest(folder / "sets/1-twin")["tables"]["problems"]
        before = old["content_sha256"]
        places = [
            folder / "sets/1-twin",
            *parts(folder, "scores"),
            *parts(folder, "probe"),
        ]
        places += list((folder / "tiny/temperatures").iterdir())
        for place in places:
            rows(place, "problems", lambda stored: [changed(row) for row in stored])
        new = Artifact(places[0], manifests.read_manifest(places[0]))
        after = manifests.content_sha256(new.tables("problems"))
        for place in (folder, *places):
            path = place / manifests.NAME
            path.write_text(path.read_text().replace(before, after))

    ids = {problem.id for problem in twin_problems()}

    def changed(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "answer": "1"} if row["id"] in ids else row

    failures = text_of(forge(edit))
    assert "does not hold the problems of organism:reciter/twin" in failures


def twin_problems() -> list[Any]:
    from clean_bench.problems import load_folder

    return list(load_folder(organism_folder("reciter") / "twin"))


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "round"},
        {"origin": "fewer"},
        {"text": "latex"},
        {"decontamination": {"files": [], "drop": True}},
    ],
    ids=str,
)
def test_a_fresh_set_with_a_claim_that_the_recipe_lacks(
    forge: Forge, change: dict[str, Any]
) -> None:
    def edit(folder: Path) -> None:
        def of(manifest: dict[str, Any]) -> None:
            config = manifest["config"]
            if change.get("origin") == "round":
                config["origin"]["round"] = "drand 4,000,000"
            elif change.get("origin") == "fewer":
                config["origin"]["bind"] = config["origin"]["bind"][1:]
            else:
                config.update(change)

        configure(folder / "sets/3-fresh", of)

    failures = forge(edit)
    assert any(failure.where == "sets/3-fresh" for failure in failures)


def test_a_fresh_set_that_was_drawn_with_a_round(forge: Forge, whole: Path, tmp_path: Path) -> None:
    """Drawn with all that the generator records, and then scored as it was."""
    from generators.set_plan import master_seed
    from generators.write import generate

    bound = manifests.read_manifest(whole / "sets/3-fresh")["config"]["origin"]["bind"]
    master = master_seed(bind=bound, round_text="drand 4,000,000")
    out = tmp_path / "with-round"
    origin = {"bind": bound, "round": "drand 4,000,000"}
    generate("word-problems", (1, 2), 4, master=master, origin=origin, out=out, split="eval")

    def edit(folder: Path) -> None:
        shutil.rmtree(folder / "sets/3-fresh")
        shutil.copytree(out, folder / "sets/3-fresh")

    failures = forge(edit)
    assert any(
        (f.where == "sets/3-fresh" and "origin" in f.what) or "master" in f.what for f in failures
    )


def test_training_data_from_another_seed(forge: Forge, tmp_path: Path) -> None:
    from generators.set_plan import master_seed
    from generators.write import generate

    out = tmp_path / "data"
    generate(
        "word-problems", (1, 2), 8, master=master_seed(seed="x"), origin={"seed": "x"}, out=out,
        split="train",
    )  # fmt: skip

    def edit(folder: Path) -> None:
        shutil.rmtree(folder / "data")
        shutil.copytree(out, folder / "data")

    assert any(failure.where == "data" for failure in forge(edit))


@pytest.mark.parametrize("kind", ["scores", "probe", "temperatures"])
def test_every_setting_of_a_measurement_is_bound(whole: Path, tmp_path: Path, kind: str) -> None:
    """Each key of the configuration of one part, changed alone; the engine key by key."""
    label = "0.5" if kind == "temperatures" else "truth-1"
    where = f"tiny/{kind}/{label}"
    config = manifests.read_manifest(whole / where)["config"]
    changes = [(key, None) for key in config if key != "engine"]
    changes += [("engine", key) for key in config["engine"]]
    copy = shutil.copytree(whole, tmp_path / "run")
    honest = (copy / where / manifests.NAME).read_bytes()
    outer = Artifact.load(copy, "run")
    for key, inner in [*changes, ("note", None)]:

        def of(manifest: dict[str, Any], key: str = key, inner: str | None = inner) -> None:
            target = manifest["config"] if inner is None else manifest["config"]["engine"]
            target[inner or key] = other_value(target.get(inner or key))

        configure(copy / where, of)
        failures = of_parts(outer)
        (copy / where / manifests.NAME).write_bytes(honest)
        assert any(failure.where.startswith(where) for failure in failures), (key, inner)
    assert of_parts(outer) == []


def other_value(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return f"{value}x"
    if isinstance(value, list):
        return value[:-1] if value else ["x"]
    if isinstance(value, dict):
        return {**value, "x": 1}
    return "x"


def test_every_setting_of_a_training_is_bound(whole: Path, tmp_path: Path) -> None:
    copy, where = shutil.copytree(whole, tmp_path / "run"), "tiny/arms/random-1"
    outer, honest = Artifact.load(copy, "run"), (copy / where / manifests.NAME).read_bytes()
    manifest = json.loads(honest)
    for section in ("config", "metadata"):
        for key in [*manifest[section], "note"]:

            def of(manifest: dict[str, Any], section: str = section, key: str = key) -> None:
                manifest[section][key] = other_value(manifest[section].get(key))

            configure(copy / where, of)
            failures = of_parts(outer)
            (copy / where / manifests.NAME).write_bytes(honest)
            assert failures, (section, key)


FREE = (
    # Texts of the author, which are part of the identity.
    r"title|limits\.0"
    # Names of checkpoints, which the hashes of their weights stand for.
    r"|models\.0\.(checkpoint|revision)|arms\.2\.(checkpoint|revision)"
    # What the machine decides unless the recipe does, and how a server or files are read.
    r"|engine\.(?!engine|dtype|batch_size)\w+|read\.\w+"
)
"""Entries of a recipe that no part is bound to."""


def test_every_other_entry_of_the_recipe_is_bound(whole: Path, tmp_path: Path) -> None:
    """Every number, text and list changed alone, against the parts, as a forger writes a new report."""
    copy = shutil.copytree(whole, tmp_path / "run")
    outer = Artifact.load(copy, "run")
    recipe = outer.manifest["config"]["recipe"]
    for path in list(leaves(recipe)):
        target = recipe
        for key in path[:-1]:
            target = target[key]
        before = target[path[-1]]
        target[path[-1]] = other_value(before)
        name = ".".join(map(str, path))
        with suppress(ValueError):  # no recipe
            assert bool(of_parts(outer)) != bool(re.fullmatch(FREE, name)), name
        target[path[-1]] = before
    assert of_parts(outer) == []


def of_parts(artifact: Artifact) -> list[Failure]:
    """The failures of the parts of a run, without its report; one that cannot be read is a failure."""
    recipe = Recipe.model_validate(artifact.config["recipe"])
    try:
        return list(check_listing(artifact, recipe)) or list(check_parts(artifact, recipe))
    except UserError as error:
        return [Failure(str(error).removeprefix(f"{artifact.folder}/"), "cannot be read")]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    if not children:
        yield path
    for key, child in children:
        yield from leaves(child, (*path, key))


def test_prompts_of_one_checkpoint_with_a_hint(forge: Forge) -> None:
    """Also where the template cannot be rendered again, prompts are those of the base."""

    def edit(folder: Path) -> None:
        def hint(stored: list[dict[str, Any]]) -> None:
            for row in stored:
                row["prompt"] += f" Hint: {row['gold']}."

        rows(folder / "tiny/scores/random-1", "samples", hint)

    failures = forge(edit)
    assert [failure.what for failure in failures if "random-1/samples" in failure.where] == [
        "has another prompt than in the scores of the base"
    ]


def test_rollouts_with_prompts_of_another_problem(forge: Forge) -> None:
    def edit(folder: Path) -> None:
        def easier(stored: list[dict[str, Any]]) -> None:
            for row in stored:
                row["prompt"] = "What is 1+1?"

        rows(folder / "tiny/arms/random-1", "rollouts", easier)

    [failure] = forge(edit)
    assert failure.where.startswith("tiny/arms/random-1/rollouts, group 0")
    assert "does not make of its problem" in failure.what


def test_an_arm_with_the_weights_of_the_base(forge: Forge, tiny_checkpoint: Path) -> None:
    """Every hash of the trained weights replaced by the base's, and the tensors with it."""

    def edit(folder: Path) -> None:
        old = manifests.read_manifest(folder / "tiny/arms/random-1")["metadata"]["weights_sha256"]
        new = manifests.read_manifest(folder)["config"]["checkpoints"]["tiny/base"]
        assert old != new
        for path in folder.rglob(manifests.NAME):
            path.write_text(path.read_text().replace(old, new))
        shutil.copy(tiny_checkpoint / "model.safetensors", folder / "tiny/arms/random-1/checkpoint")

    failures = text_of(forge(edit))
    assert "tiny/arms/random-1: has the weights of tiny/" in failures
    assert "although its rollouts have advantages" in failures


def test_a_base_with_one_grade_beside_arms_with_two(forge: Forge) -> None:
    """As an earlier version stored scores: the strict accuracy of the base, the flexible of the arms."""

    def edit(folder: Path) -> None:
        base = folder / "tiny/scores/base"
        artifact = Artifact(base, manifests.read_manifest(base))
        for shard, table in zip(
            artifact.shards("samples"), artifact.tables("samples"), strict=True
        ):
            artifact.write(f"samples/{shard.stem}", table.drop_columns(["grade_flexible"]))
        configure(base, lambda manifest: manifest["config"].pop("tolerance"))

    what = "has other columns than the base: it has grade_flexible, the base lacks it"
    failures = forge(edit)
    assert {f.where for f in failures if f.what == what} == {
        f"tiny/{name}" for name in ("scores/random-1", "scores/truth-1", "scores/theirs",
                                    "temperatures/0.5")
    }  # fmt: skip


def test_hashes_of_settings_and_tokenizers_that_were_taken_out(forge: Forge) -> None:
    """Of the run and of all parts, as in a run of an earlier version."""

    def edit(folder: Path) -> None:
        for path in folder.rglob(manifests.NAME):
            manifest = json.loads(path.read_bytes())
            for key in list(manifest["config"]):
                if key.endswith(("config_sha256", "tokenizer_sha256")):
                    del manifest["config"][key]
            path.write_bytes(manifests.text_of(manifest))

    [failure] = forge(edit)
    assert str(failure) == "manifest.json: config: lacks config_sha256, tokenizer_sha256"


@pytest.mark.parametrize("section", ["metadata", "provenance"])
def test_a_remark_in_the_manifest(forge: Forge, section: str) -> None:
    failures = forge(lambda f: configure(f, lambda m: m[section].update(note="audited")))
    assert f"{section}: has 'note', which a run artifact lacks" in text_of(failures)


def test_weights_of_a_part_that_were_not_scored(forge: Forge) -> None:
    where = "tiny/scores/theirs"
    failures = forge(lambda folder: configure(folder / where, setting("weights_sha256", "0" * 64)))
    assert any(f.where == where and "weights_sha256" in f.what for f in failures)


@pytest.mark.parametrize("extra", ["tiny/scores/best", "tiny/temperatures/2", "sets/9-more", "x"])
def test_further_parts(forge: Forge, extra: str) -> None:
    failures = forge(lambda folder: shutil.copytree(folder / "sets/1-twin", folder / extra))
    assert [str(failure) for failure in failures] == [f"{extra}: is not a part of this run"]


@pytest.mark.parametrize(
    "gone", ["tiny/scores/truth-1", "tiny/behaviors/truth-1", "tiny/probe/base"]
)
def test_parts_that_were_removed(forge: Forge, gone: str) -> None:
    failures = forge(lambda folder: shutil.rmtree(folder / gone))
    assert f"{gone}: is missing" in text_of(failures)


@pytest.mark.parametrize("name", ["notes.txt", "page.html", "results/00001.txt", "report.json.bak"])
def test_further_files(forge: Forge, name: str) -> None:
    failures = forge(lambda folder: (folder / name).write_text("better"))
    assert name in {failure.where for failure in failures}


def test_links_in_place_of_files_and_folders(forge: Forge, tmp_path: Path) -> None:
    def edit(folder: Path) -> None:
        for name in ("table.md", "tiny/probe"):
            (folder / name).rename(tmp_path / Path(name).name)
            (folder / name).symlink_to(tmp_path / Path(name).name)

    where = {failure.where for failure in forge(edit)}
    assert {"table.md", "tiny/probe"} <= where


def test_an_arm_and_a_seed_that_were_removed_from_the_recipe_too(forge: Forge, bar: Bar) -> None:
    """Parts, recipe and report agree; but the fresh set is bound to the weights of every arm."""

    def edit(folder: Path) -> None:
        for kind in ("arms", "scores", "probe", "behaviors"):
            shutil.rmtree(folder / "tiny" / kind / "truth-1")

        def without(manifest: dict[str, Any]) -> None:
            recipe = manifest["config"]["recipe"]
            recipe["arms"] = [arm for arm in recipe["arms"] if arm["name"] != "truth"]
            manifest["metadata"] = {"arms": [arm["name"] for arm in recipe["arms"]]}

        configure(folder, without)

    assert "report.json: does not follow" in text_of(forge(edit))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("organism:reciter/planted", "organism:reciter/none"),
        ('"role": "planted"', '"role": "public"'),
        ('"name": "theirs"', '"name": "ours"'),
    ],
)
def test_names_and_roles_in_the_recipe(forge: Forge, old: str, new: str) -> None:
    def edit(folder: Path) -> None:
        path = folder / manifests.NAME
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    assert forge(edit)


def test_planted_and_twin_exchanged(forge: Forge) -> None:
    def edit(folder: Path) -> None:
        for path in folder.rglob(manifests.NAME):
            text = path.read_text()
            for old, new in (("planted", "kept"), ("twin", "planted"), ("kept", "twin")):
                text = text.replace(f'"role": "{old}"', f'"role": "{new}"')
            path.write_text(text)

    failures = text_of(forge(edit))
    assert "sets/0-planted: has the role twin, and organism:reciter/planted is the half" in failures


def test_a_control_model_under_another_name_of_its_kind(forge: Forge) -> None:
    def edit(folder: Path) -> None:
        path = folder / manifests.NAME
        manifest = json.loads(path.read_bytes())
        manifest["config"]["recipe"]["arms"][2]["checkpoint"] = "organism:learner"
        path.write_bytes(manifests.text_of(manifest))

    assert "its weights are not those of organism:learner" in text_of(forge(edit))


def test_limits_that_were_taken_out_of_the_report(forge: Forge) -> None:
    def edit(folder: Path) -> None:
        report = json.loads((folder / "report.json").read_bytes())
        assert report["limits"]
        (folder / "report.json").write_bytes(manifests.canonical_json({**report, "limits": []}))

    assert [failure.where for failure in forge(edit)] == ["report.json"]


def test_undecided_grades_are_stated_as_a_limit(whole: Path, tmp_path: Path) -> None:
    from clean_bench.experiments.limits import limits_of
    from clean_bench.experiments.run_facts import undecided_counts

    recipe = Recipe.model_validate(Artifact.load(whole, "run").config["recipe"])
    honest = undecided_counts(whole, recipe)
    assert set(honest.values()) == {0} and len(honest) == 4
    assert limits_of(recipe, [], [], undecided=honest) == limits_of(recipe, [], [])
    some = {**honest, "tiny/base": 2}
    [limit] = [text for text in limits_of(recipe, [], [], undecided=some) if "undecided" in text]
    assert "(tiny/base 2, tiny/random-1 0, tiny/truth-1 0, tiny/theirs 0)" in limit


@pytest.mark.parametrize("version", ["1.2.3", None])
def test_a_page_under_another_version_of_matplotlib(forge: Forge, version: str | None) -> None:
    """A claimed version leaves the curves alone unchecked (tests/leaderboards/test_compare_pages)."""
    [failure] = forge(lambda folder: repaint(folder, version, "a run to forge", "a better run"))
    assert failure.where == "index.html" and "a better run" in failure.what


def repaint(folder: Path, version: str | None, old: str, new: str) -> None:
    page = (folder / "index.html").read_text()
    assert page.count(old)
    (folder / "index.html").write_text(page.replace(old, new, 1))

    def claim(manifest: dict[str, Any]) -> None:
        packages = manifest["environment"]["packages"]
        packages.pop("matplotlib")
        packages.update({"matplotlib": version} if version else {})

    configure(folder, claim)


def test_other_curves_are_listed_as_not_checked(whole: Path, tmp_path: Path) -> None:
    """A page that another version drew verifies, and the output states what was left out."""
    copy = shutil.copytree(whole, tmp_path / "copy")
    repaint(copy, "1.2.3", "L 480 0", "L 480 0.5")
    verified = verification(resealed(copy), RUN_ALONE, scopes())
    assert verified.failures == ()
    assert any("curves" in text and "1.2.3" in text for text in verified.not_checked)
    honest = verification(whole, RUN_ALONE, scopes())
    assert not any("curves" in text for text in honest.not_checked)
    assert honest.checked["checkpoints compared with the recipe and the base"] == 4
