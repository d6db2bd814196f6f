"""Labels of a training set: made from a checkpoint's own majority answers, or read from a file."""

from trainers.labels.label import SCHEMA, TABLE, Label, Labels, stored_labels
from trainers.labels.read import load_labels

__all__ = ["SCHEMA", "TABLE", "Label", "Labels", "load_labels", "stored_labels"]
