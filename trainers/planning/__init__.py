"""What a training takes in memory, time and disk, from the configuration of the model alone.

plan.py          settles the open settings, and refuses what does not fit
memory_model.py  memory by part at each instant of a step
activations.py   what a forward pass keeps for the backward pass
model_shape.py   widths and counts of a model, from its config.json
machines.py      GPUs of gpus.toml, or the machine at hand
plan_cost.py     seconds, tokens and disk
"""
