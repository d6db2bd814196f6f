"""Supervised fine-tuning on worked solutions: the warm-up before reinforcement learning."""
