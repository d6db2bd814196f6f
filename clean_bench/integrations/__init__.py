"""Rewards and measurements for other trainers.

    trl_reward.py      reward function for TRL's GRPOTrainer
    verl_reward.py     reward file for verl
    trl_callback.py    callback for TRL: accuracy on fresh and memorized problems during training

The rewards need neither torch nor the trainer itself.
"""
