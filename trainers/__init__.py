"""GRPO: rewards, objectives, the policy and the training loop."""
