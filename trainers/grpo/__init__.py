"""GRPO: the objective as pure functions of tensors, and the loop around it."""
