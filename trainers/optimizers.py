"""AdamW with clipping by the norm of the whole gradient; float32 masters for 16-bit weights.

    optimizer = make_optimizer(policy.trainable(), config, master_device="cpu")
    optimizer.zero_grad()
    for row in rows:
        optimizer.scaled(loss(row)).backward()
    norm = optimizer.step(config.max_grad_norm)

No weight is updated in 16 bits: a step of 1e-6 on a bfloat16 weight of 0.02 is below its spacing and is
rounded away. 16-bit weights get a float32 copy, the master, which is updated and rounded back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.utils import get_total_norm

from trainers.policy_settings import PolicySettings

if TYPE_CHECKING:
    from trainers.policy import Policy

Named = Sequence[tuple[str, torch.nn.Parameter]]
WEIGHTS = "weights"
_SCALE = "loss_scale"


@dataclass(frozen=True, slots=True)
class Slot:
    """A float32 tensor that an optimizer updates, under the name of its parameter."""

    name: str
    weights: torch.Tensor
    optimizer: torch.optim.Optimizer

    def tensors(self) -> Iterator[tuple[str, torch.Tensor]]:
        """`weights/NAME` and, after the first step, `exp_avg/NAME` and the like."""
        yield f"{WEIGHTS}/{self.name}", self.weights.detach()
        for key, value in self.optimizer.state.get(self.weights, {}).items():
            yield f"{key}/{self.name}", value.detach()

    @torch.no_grad()
    def load(self, key: str, tensor: torch.Tensor) -> None:
        """Set what `tensors` gives under `KEY/NAME`."""
        if key == WEIGHTS:
            self.weights.copy_(tensor)
            return
        # Counters of steps have no dimension; torch keeps them on the CPU unless it is fused.
        fused = any(group.get("fused") for group in self.optimizer.param_groups)
        device = self.weights.device if fused or tensor.ndim else "cpu"
        self.optimizer.state[self.weights][key] = tensor.to(device, copy=True)


class Slots:
    """The state of torch's optimizers, by the names of the parameters."""

    def __init__(self, slots: Iterable[Slot]) -> None:
        self._slots = {slot.name: slot for slot in slots}

    @classmethod
    def of(
        cls,
        named_parameters: Iterable[tuple[str, torch.nn.Parameter]],
        optimizers: Sequence[torch.optim.Optimizer],
    ) -> Slots:
        """The slots of parameters, each with the optimizer that updates it."""
        owner = {
            id(parameter): optimizer
            for optimizer in optimizers
            for group in optimizer.param_groups
            for parameter in group["params"]
        }
        return cls(Slot(name, p, owner[id(p)]) for name, p in named_parameters)

    def state_tensors(self) -> Iterator[tuple[str, torch.Tensor]]:
        """Weights and optimizer state, not copied."""
        for slot in self._slots.values():
            yield from slot.tensors()

    def load_tensor(self, entry: str, tensor: torch.Tensor) -> None:
        """Set one tensor of `state_tensors`.

        Raises:
            KeyError: for an entry of another parameter.
        """
        key, _, name = entry.partition("/")
        self._slots[name].load(key, tensor)


class LossScale:
    """Factor on the loss against underflow of float16 gradients (1710.03740, section 3.2).

    Dynamic, as `torch.amp.GradScaler`: it is halved when the gradient overflows and doubled after
    `_INTERVAL` updates without overflow. Powers of two, so that scaling is exact. 1 without `dynamic`.
    """

    _INTERVAL = 2000
    _MOST = 2.0**24

    def __init__(self, *, dynamic: bool) -> None:
        self.dynamic = dynamic
        self.value = 2.0**16 if dynamic else 1.0
        self._updates = 0

    def lower(self) -> bool:
        """Halve the scale; False if it is 1 already, so that scaling is not what overflowed."""
        if self.value <= 1:
            return False
        self.value, self._updates = self.value / 2, 0
        return True

    def count(self) -> None:
        """Note an update without overflow."""
        self._updates += 1
        if self.dynamic and self._updates >= self._INTERVAL:
            self.value, self._updates = min(2 * self.value, self._MOST), 0

    def tensor(self) -> torch.Tensor:
        return torch.tensor([self.value, self._updates], dtype=torch.float64)

    def load(self, tensor: torch.Tensor) -> None:
        self.value, self._updates = float(tensor[0]), int(tensor[1])


class Optimizer(ABC):
    """Updates named parameters from the gradients of one mini-batch."""

    def __init__(self, named: Named, loss_scale: LossScale) -> None:
        self.named = list(named)
        self.loss_scale = loss_scale

    def scaled(self, loss: torch.Tensor) -> torch.Tensor:
        """The loss to call `backward` on."""
        return loss * self.loss_scale.value if self.loss_scale.dynamic else loss

    @torch.no_grad()
    def step(self, max_norm: float) -> float | None:
        """Clip the gradient to a norm and update, then free the gradient.

        Without any gradient, as where all rows of a mini-batch are left out because theirs is zero, the
        update is that of a zero gradient: momentum and decay go on.

        Returns:
            the norm before clipping. If it is not finite nothing was updated. None if the scaled
            gradient overflowed float16: the scale was lowered and nothing was updated; compute the
            gradients of the mini-batch again.
        """
        scale = self.loss_scale.value
        if not self._gradients():
            self._set_zero_gradients()
        norm = get_total_norm(self._gradients()) / scale
        value = float(norm)
        if not isfinite(value):
            self.zero_grad()
            return None if self.loss_scale.lower() else value
        # The factor of torch's clip_grad_norm_.
        self._update(float((max_norm / (norm + 1e-6)).clamp(max=1.0) / scale))
        self.zero_grad()
        self.loss_scale.count()
        return value

    def set_rate(self, rate: float) -> None:
        """Set the learning rate of the following updates."""
        for optimizer in self._optimizers():
            for group in optimizer.param_groups:
                group["lr"] = rate

    def state_tensors(self) -> Iterator[tuple[str, torch.Tensor]]:
        """All that a resumed run needs, in float32 and by name; trained weights are part of it."""
        yield from self._slots().state_tensors()
        if self.loss_scale.dynamic:
            yield _SCALE, self.loss_scale.tensor()

    def load_tensor(self, entry: str, tensor: torch.Tensor) -> None:
        """Set one tensor of `state_tensors`; KeyError for an unknown one."""
        if entry == _SCALE:
            self.loss_scale.load(tensor)
        else:
            self._slots().load_tensor(entry, tensor)

    @abstractmethod
    def zero_grad(self) -> None:
        """Free the gradients."""

    @abstractmethod
    def _gradients(self) -> list[torch.Tensor]: ...

    @abstractmethod
    def _set_zero_gradients(self) -> None: ...

    @abstractmethod
    def _update(self, factor: float) -> None:
        """Update from the gradients times a factor."""

    @abstractmethod
    def _optimizers(self) -> Sequence[torch.optim.Optimizer]: ...

    @abstractmethod
    def _slots(self) -> Slots: ...


class PlainAdamW(Optimizer):
    """torch's fused AdamW on float32 parameters: bit for bit that after `clip_grad_norm_`."""

    def __init__(self, named: Named, loss_scale: LossScale, **options: Any) -> None:
        super().__init__(named, loss_scale)
        # Fused: one pass over weights, gradients and moments, and no temporary copies of them.
        self._adamw = torch.optim.AdamW([p for _, p in self.named], fused=True, **options)

    def zero_grad(self) -> None:
        self._adamw.zero_grad(set_to_none=True)

    def _gradients(self) -> list[torch.Tensor]:
        return [p.grad for _, p in self.named if p.grad is not None]

    def _set_zero_gradients(self) -> None:
        for _, parameter in self.named:
            parameter.grad = torch.zeros_like(parameter)

    def _update(self, factor: float) -> None:
        if factor != 1:
            for gradient in self._gradients():
                gradient.mul_(factor)
        self._adamw.step()

    def _optimizers(self) -> Sequence[torch.optim.Optimizer]:
        return [self._adamw]

    def _slots(self) -> Slots:
        return Slots.of(self.named, [self._adamw])


class MasterAdamW(Optimizer):
    """torch's fused AdamW on float32 masters of 16-bit parameters.

    Gradients are summed in float32, on the device of the parameters, as each is complete: a sum of
    many micro-batches in bfloat16 loses a percent of it. They are freed parameter by parameter during
    the update. Masters and moments are on `device`, 12 bytes per parameter; "cpu" for a model whose
    masters do not fit beside it.
    """

    def __init__(
        self, named: Named, loss_scale: LossScale, device: torch.device | str, **options: Any
    ) -> None:
        super().__init__(named, loss_scale)
        self._masters = [p.detach().to(device, torch.float32, copy=True) for _, p in self.named]
        # One optimizer per parameter: the gradient of only one is on the masters' device.
        self._inner = [
            torch.optim.AdamW([master], fused=True, **options) for master in self._masters
        ]
        self._sums: list[torch.Tensor | None] = [None] * len(self.named)
        self._staging: torch.Tensor | None = None
        for place, (_, parameter) in enumerate(self.named):
            parameter.register_post_accumulate_grad_hook(self._sum_into(place))  # type: ignore[no-untyped-call]

    def _sum_into(self, place: int) -> Callable[[torch.Tensor], None]:
        @torch.no_grad()
        def take(parameter: torch.Tensor) -> None:
            gradient, parameter.grad = parameter.grad, None
            assert gradient is not None
            total = self._sums[place]
            if total is None:
                self._sums[place] = gradient.float()
            else:
                total.add_(gradient)

        return take

    def zero_grad(self) -> None:
        self._sums = [None] * len(self.named)

    def _gradients(self) -> list[torch.Tensor]:
        return [total for total in self._sums if total is not None]

    def _set_zero_gradients(self) -> None:
        self._sums = [torch.zeros_like(p, dtype=torch.float32) for _, p in self.named]

    def _update(self, factor: float) -> None:
        for place, (_, parameter) in enumerate(self.named):
            total, self._sums[place] = self._sums[place], None
            if total is None:
                continue
            if factor != 1:
                total.mul_(factor)
            master = self._masters[place]
            master.grad = self._staged(total, master)
            self._inner[place].step()
            master.grad = None
            self._copy_back(master, parameter)

    def _staged(self, gradient: torch.Tensor, master: torch.Tensor) -> torch.Tensor:
        """The gradient on the master's device; from a GPU to the host through pinned memory."""
        if not (gradient.is_cuda and master.device.type == "cpu"):
            return gradient.to(master.device)
        if self._staging is None:
            largest = max(m.numel() for m in self._masters)
            self._staging = torch.empty(largest, dtype=torch.float32, pin_memory=True)
        return self._staging[: gradient.numel()].view(gradient.shape).copy_(gradient)

    def _copy_back(self, master: torch.Tensor, parameter: torch.Tensor) -> None:
        """Round the master into its parameter."""
        if self._staging is not None and parameter.is_cuda:
            # Rounded on the host: half of the bytes cross the bus.
            rounded = self._staging.view(parameter.dtype)[: master.numel()].view(master.shape)
            parameter.copy_(rounded.copy_(master))
        else:
            parameter.copy_(master)

    def _optimizers(self) -> Sequence[torch.optim.Optimizer]:
        return self._inner

    def _slots(self) -> Slots:
        parts = zip(self.named, self._masters, self._inner, strict=True)
        return Slots(Slot(name, master, inner) for (name, _), master, inner in parts)

    @torch.no_grad()
    def load_tensor(self, entry: str, tensor: torch.Tensor) -> None:
        super().load_tensor(entry, tensor)
        key, _, name = entry.partition("/")
        if key == WEIGHTS:
            dict(self.named)[name].copy_(tensor)


def optimizer_of(policy: Policy, settings: PolicySettings) -> Optimizer:
    """The optimizer of a policy, before its first update; see `make_optimizer`."""
    return make_optimizer(
        policy.trainable(),
        settings,
        master_device=policy.master_device,
        compute_dtype=policy.compute_dtype,
    )


def make_optimizer(
    named_parameters: Named,
    config: PolicySettings,
    *,
    master_device: torch.device | str,
    compute_dtype: torch.dtype = torch.float32,
) -> Optimizer:
    """The optimizer of a training, before its first update.

    Args:
        named_parameters: those to train.
        master_device: where the float32 masters of 16-bit parameters and their moments are.
        compute_dtype: that of the forward pass; float16 needs a scale of the loss.
    """
    options = {
        "lr": config.learning_rate,
        "betas": config.betas,
        "weight_decay": config.weight_decay,
    }
    loss_scale = LossScale(dynamic=compute_dtype == torch.float16)
    if all(parameter.dtype == torch.float32 for _, parameter in named_parameters):
        return PlainAdamW(named_parameters, loss_scale, **options)
    return MasterAdamW(named_parameters, loss_scale, master_device, **options)
