"""Replicas of published graders, for comparison with published numbers; not used by the default."""
