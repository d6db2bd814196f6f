"""Rewards and measurements for other trainers.

    trl_reward.py      reward function for TRL's GRPOTrainer
    verl_reward.py     reward file for verl
    verl_arm.py        reward of an arm that was exported to verl
    exported_set.py    grading function of a problem set that was exported to lm-eval or verifiers
    trl_callback.py    callback for TRL: accuracy on fresh and memorized problems during training

The rewards need neither torch nor the trainer itself.
"""
