"""The tokenizer and the context length of a checkpoint whose weights are not loaded."""

from __future__ import annotations

from clean_bench.checkpoints import Checkpoint
from clean_bench.checkpoints.load_errors import explain_load_error
from clean_bench.engines import special_tokens as tokens
from clean_bench.engines.open import EngineConfig
from clean_bench.errors import UserError
from clean_bench.progress import phase


class WithoutWeights:
    """What checks and estimates need of an engine: `name`, `tokenizer`, `context_length`, `encode`.

    Raises:
        UserError: if the folder holds no checkpoint, or the engine is not available.
    """

    def __init__(self, checkpoint: Checkpoint, config: EngineConfig) -> None:
        with phase(f"reading the tokenizer of {checkpoint.name}", imports="torch"):
            self.name, _ = config.choice()
            from transformers import AutoConfig, AutoTokenizer

            options = {
                "local_files_only": True,
                "trust_remote_code": config.trust_remote_code,
            }
            try:
                self.tokenizer = AutoTokenizer.from_pretrained(str(checkpoint.folder), **options)
                settings = AutoConfig.from_pretrained(str(checkpoint.folder), **options)
            # As in `load_model`: each library has errors of its own.
            except Exception as error:
                raise UserError(
                    f"{checkpoint.folder}: expected a checkpoint that transformers can load, got one "
                    f"it cannot ({explain_load_error(checkpoint.folder, error)})"
                ) from None
        self.context_length = tokens.context_length(settings, self.tokenizer)

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]:
        """The token ids of a text, as the engine reads it."""
        return tokens.encode(self.tokenizer, text, special_tokens=special_tokens)

    def length(self, text: str, special_tokens: bool) -> int:
        """The number of tokens of a text."""
        return len(self.encode(text, special_tokens=special_tokens))
