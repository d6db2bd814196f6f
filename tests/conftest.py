"""Fixtures of all tests: a small random checkpoint, made here and never downloaded."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from clean_bench.cli import progress_lines

# As in `clean_bench.cli.main`: spinning threads are slow on shared cores; torch reads it on import.
os.environ.setdefault("GOMP_SPINCOUNT", "3000")


# Examples take as long as the machine is busy; what is tested is their outcome.
settings.register_profile("any duration", deadline=None)
settings.load_profile("any duration")


# The garbage collector walks every object of torch, sympy and scipy, hundreds of thousands, each time;
# statsmodels calls it for every table of p-values. It is run less often, and over what tests made alone.
gc.set_threshold(20_000, 20, 20)
_modules_at_freeze = 0


def pytest_runtest_setup() -> None:
    """Takes what imports have made out of the garbage collector's sight, again after large imports."""
    global _modules_at_freeze
    if len(sys.modules) > _modules_at_freeze + 100:
        gc.collect()
        gc.freeze()
        _modules_at_freeze = len(sys.modules)


@pytest.fixture(autouse=True)
def no_progress_for_slow_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that takes long because the machine is busy prints what it prints on an idle one."""
    monkeypatch.setattr(progress_lines, "GRACE", 600.0)


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama of two layers with a tokenizer that encodes any text; context of 256 tokens."""
    import torch

    from clean_bench.organisms.corpus import ordinary_document
    from clean_bench.organisms.language import Size, new_model, train_tokenizer

    folder = tmp_path_factory.mktemp("checkpoint")
    tokenizer = train_tokenizer((ordinary_document("tests", i)[1].text for i in range(200)), 400)
    torch.manual_seed(0)
    model = new_model(
        Size(hidden=32, layers=2, heads=2, feed_forward=64, vocabulary=400, context=256), tokenizer
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
