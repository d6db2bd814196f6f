"""The state that a killed run resumes from: weights, optimizer state and step, in one safetensors file.

There is no random state: prompts, sampling and random rewards are functions of (seed, step, problem,
sample), and there is no dropout. The file is written atomically, after the rows of its steps; rows of
later steps are rewritten with the same content. `Artifact.finish` removes it after the final
manifest.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import torch
from safetensors import safe_open
from safetensors.torch import save

from clean_bench.artifacts import STATE, Artifact

Optimizers = Sequence[torch.optim.Optimizer]
_logger = logging.getLogger(__name__)


def save_state(
    artifact: Artifact, step: int, model: torch.nn.Module, optimizers: Optimizers
) -> None:
    """Save the state after `step` completed steps."""
    tensors = {}
    for name, parameter in model.named_parameters():
        tensors[f"weights/{name}"] = parameter.detach()
        for optimizer in optimizers:
            for key, value in optimizer.state.get(parameter, {}).items():
                tensors[f"{key}/{name}"] = value.detach()
    data = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    artifact.write_file(STATE, save(data, metadata={"step": str(step)}))


def load_state(artifact: Artifact, model: torch.nn.Module, optimizers: Optimizers) -> int:
    """Load the saved state in place.

    Returns:
        the number of completed steps, 0 if there is no saved state.
    """
    path = artifact.folder / STATE
    if not path.is_file():
        return 0
    owner = {
        id(parameter): optimizer
        for optimizer in optimizers
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    parameters = dict(model.named_parameters())
    with safe_open(path, framework="pt") as file, torch.no_grad():
        for entry in file.keys():  # noqa: SIM118 - the handle is not a mapping
            key, _, name = entry.partition("/")
            parameter, tensor = parameters[name], file.get_tensor(entry)
            if key == "weights":
                parameter.copy_(tensor)
            else:
                # torch's optimizers keep their step counters on the CPU.
                device = parameter.device if tensor.shape == parameter.shape else "cpu"
                owner[id(parameter)].state[parameter][key] = tensor.to(device)
        step = int(file.metadata()["step"])
    _logger.info("%s: resuming after step %d", artifact.folder, step)
    return step
