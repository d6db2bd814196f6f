"""Labels of a training set: made from a checkpoint's own majority answers, or read from a file."""

from trainers.labels.label import SCHEMA, TABLE, Label, Labels, stored_labels

__all__ = ["SCHEMA", "TABLE", "Label", "Labels", "stored_labels"]
