"""GRPO, its rewards, and the organisms that the instrument is checked on."""
