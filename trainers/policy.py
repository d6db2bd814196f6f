"""The policy that is trained: how it is loaded, and its log-probabilities of completion tokens."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from clean_bench.checkpoints import Checkpoint
from clean_bench.checkpoints.load_model import default_device, load_model
from clean_bench.engines.base import TrainingEngine
from clean_bench.errors import UserError
from trainers.batching import PackedRow
from trainers.head_chunks import tokens_per_chunk
from trainers.head_logprobs import HeadTransform, head_logprobs
from trainers.host_memory import map_large_tensors
from trainers.lora import (
    LoraSettings,
    add_adapter,
    base_sha256,
    require_base,
    save_adapter,
    save_merged,
)
from trainers.packed_attention import boundaries, gathered, use_packed_attention
from trainers.packing_check import check_packing
from trainers.policy_settings import BASE_SHA256

_LARGEST_LOSS = 0.1
"""Share of an adapter's update that rounding may take from a merged checkpoint without a warning."""
_logger = logging.getLogger(__name__)


class Policy:
    """A causal language model whose log-probabilities of packed rows carry gradients.

    `master_device` is where the float32 masters of 16-bit weights are. `model` is the live module,
    which an engine may share. At rest its attention is the packed one; whoever decodes with it restores
    `policy.attention` meanwhile. Dropout is off: the same row gives the same log-probabilities, in
    train mode too. Train mode is what switches gradient checkpointing on.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        compute_dtype: torch.dtype | None = None,
        lora: LoraSettings | None = None,
        gradient_checkpointing: bool = False,
    ) -> None:
        """Prepare a model that is loaded, in place.

        Args:
            compute_dtype: arithmetic of forward and backward pass; by default that of the weights.
            lora: an adapter to train in place of the weights. `model` stays the module itself, with
                adapted layers inside; `adapted` is peft's view of it.

        Raises:
            UserError: for a model whose documents cannot be packed, whose logits are not computed here,
                or whose weights are narrower than the arithmetic.
        """
        map_large_tensors()
        self.model = model
        self.adapted = None if lora is None else add_adapter(model, lora)
        self.tokenizer = tokenizer
        self.attention = str(model.config._attn_implementation)
        self.gradient_checkpointing = gradient_checkpointing
        weight = model.get_input_embeddings().weight
        self.device = weight.device
        self.weights_dtype = weight.dtype
        self.compute_dtype = compute_dtype or weight.dtype
        if weight.element_size() < self.compute_dtype.itemsize:
            raise UserError(
                f"weights_dtype: expected {_name(self.compute_dtype)} or wider, as compute_dtype, got "
                f"{_name(self.weights_dtype)}; set compute_dtype={_name(self.weights_dtype)}"
            )
        self.master_device = self.device
        self.transform = HeadTransform.of(model)
        self._reference: Any = None
        self._active = model
        _turn_dropout_off(model)
        check_packing(self)
        if gradient_checkpointing:
            model.gradient_checkpointing_enable(
                gradient_checkpointing_kwargs={"use_reentrant": False, "preserve_rng_state": False}
            )
        model.train()

    @classmethod
    def load(
        cls,
        checkpoint: Checkpoint,
        *,
        device: str | None = None,
        compute_dtype: torch.dtype = torch.float32,
        weights_dtype: torch.dtype = torch.float32,
        lora: LoraSettings | None = None,
        gradient_checkpointing: bool = False,
        trust_remote_code: bool = False,
    ) -> Policy:
        """Load a checkpoint.

        Raises:
            UserError: if the checkpoint cannot be loaded, or trained (see `Policy`).
        """
        model, tokenizer = load_model(
            checkpoint.folder,
            device=device or default_device(),
            dtype=weights_dtype,
            trust_remote_code=trust_remote_code,
        )
        return cls(
            model,
            tokenizer,
            compute_dtype=compute_dtype,
            lora=lora,
            gradient_checkpointing=gradient_checkpointing,
        )

    @property
    def lora(self) -> bool:
        """Whether an adapter is trained in place of the weights."""
        return self.adapted is not None

    def logprobs(
        self, row: PackedRow, *, temperature: float = 1.0, chunk: int = 512
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-probability of each completion token of a row, and entropy of its distribution.

        The logits are divided by the sampling temperature before the softmax, as they were for sampling.
        Gradients flow to both results.

        Args:
            chunk: most tokens whose logits are in memory at once; fewer where the vocabulary is large.

        Returns:
            both (N,), natural logarithms, in the order of `row.keep`; float32, or float64 where the
            model is.
        """
        row = row.to(self.device)
        model = self._active
        use_packed_attention(model)
        with self.autocast():
            output = model.base_model(
                input_ids=row.ids,
                position_ids=row.positions,
                attention_mask=None,
                use_cache=False,
                **boundaries(row),
            )
        head = model.get_output_embeddings()
        return head_logprobs(
            gathered(output.last_hidden_state[0], 0, row.keep),
            head.weight,
            row.target,
            bias=head.bias,
            transform=self.transform,
            temperature=temperature,
            chunk=tokens_per_chunk(chunk, head.weight.shape[0], gpu=self.device.type == "cuda"),
            compute_dtype=self.compute_dtype,
            in_place=True,
        )

    def autocast(self) -> AbstractContextManager[Any]:
        """The context of the forward pass: autocast where the weights are wider than the arithmetic."""
        if self.compute_dtype == self.weights_dtype:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=self.compute_dtype)

    def keep_reference(self) -> None:
        """Keep a frozen copy of the present weights for `reference`; under LoRA the base is there."""
        if self.adapted is None:
            self._reference = copy.deepcopy(self.model).requires_grad_(False).eval()

    @contextmanager
    def reference(self) -> Iterator[None]:
        """Inside, `logprobs` are those of the reference policy, without gradients.

        Raises:
            RuntimeError: if no reference was kept.
        """
        if self.adapted is not None:
            with torch.no_grad(), self.adapted.disable_adapter():
                yield
            return
        if self._reference is None:
            raise RuntimeError("reference: expected keep_reference() before training, got none")
        self._active = self._reference
        try:
            with torch.no_grad():
                yield
        finally:
            self._active = self.model

    def trainable(self) -> list[tuple[str, torch.nn.Parameter]]:
        """The parameters that training changes, by name; tied ones once."""
        return [(name, p) for name, p in self.model.named_parameters() if p.requires_grad]

    def sync(self, engine: TrainingEngine) -> None:
        """Give an engine the present weights, unless it runs on this very module.

        Under LoRA the adapter alone, which the engine reads from a temporary folder in peft's format.
        """
        if engine.shares(self.model):
            return
        if self.adapted is None:
            engine.update_weights(self.model.named_parameters())
            return
        with TemporaryDirectory(prefix="clean-bench-adapter-") as folder:
            save_adapter(self.adapted, Path(folder), base="")
            engine.update_adapter(folder)

    def save(self, folder: str | Path) -> float:
        """Write the weights, the configuration and the tokenizer as a checkpoint folder.

        Under LoRA the merged weights, in the data type of the base.

        Returns:
            the share of the update that rounding took from merged weights; see `save_merged`.
        """
        lost = 0.0
        if self.adapted is None:
            self.model.save_pretrained(folder)
        else:
            lost = save_merged(self.adapted, Path(folder))
            if lost > _LARGEST_LOSS:
                _logger.warning(
                    "%s: rounding to %s took %.0f%% of the adapter's update from the merged checkpoint: "
                    "score the adapter itself, or train with weights_dtype=float32",
                    folder,
                    _name(self.weights_dtype),
                    100 * lost,
                )
        self.tokenizer.save_pretrained(folder)
        return lost

    def save_adapter(self, folder: Path, base: Checkpoint) -> None:
        """Write the adapter in peft's format; `base` is the checkpoint that it belongs to."""
        name = base.name.partition("@")[0] if base.revision else base.name
        save_adapter(self.adapted, folder, base=name, revision=base.revision)

    def checked_base(self, sha256: str | None) -> dict[str, str]:
        """The hash of the weights under an adapter, as an entry of a record; nothing without one.

        Raises:
            UserError: if it is not `sha256`, the hash before training.
        """
        if self.adapted is None or sha256 is None:
            return {}
        require_base(self.adapted, sha256)
        return {BASE_SHA256: sha256}

    def describe(self) -> dict[str, Any]:
        """What decides the learner's numbers; part of the configuration of an artifact."""
        return {
            "weights_dtype": _name(self.weights_dtype),
            "compute_dtype": _name(self.compute_dtype),
            "device": self.device.type,
            "masters": self.master_device.type,
            "gradient_checkpointing": self.gradient_checkpointing,
            "trainable_parameters": sum(p.numel() for _, p in self.trainable()),
            **({} if self.adapted is None else {BASE_SHA256: base_sha256(self.adapted)}),
        }


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _turn_dropout_off(model: Any) -> None:
    """Set every probability of dropout in a model's modules to 0; its configuration stays as it is."""
    for module in model.modules():
        if isinstance(module, torch.nn.modules.dropout._DropoutNd):
            module.p = 0.0
        for name, value in list(vars(module).items()):
            if "drop" in name.lower() and isinstance(value, float):
                setattr(module, name, 0.0)
