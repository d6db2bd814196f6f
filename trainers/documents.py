"""Sums and means of per-token values over the documents of a packed row."""

from __future__ import annotations

import torch


def document_sums(values: torch.Tensor, document: torch.Tensor, documents: int) -> torch.Tensor:
    """The sum of the values of each document.

    Args:
        values: (tokens,).
        document: (tokens,) the document of each token, from 0 to `documents` - 1.

    Returns:
        (documents,), 0 for a document without tokens.
    """
    return values.new_zeros(documents).index_add(0, document, values)


def document_means(values: torch.Tensor, document: torch.Tensor, documents: int) -> torch.Tensor:
    """The mean of the values of each document, (documents,); 0 for a document without tokens."""
    lengths = document_sums(torch.ones_like(values), document, documents)
    return document_sums(values, document, documents) / lengths.clamp(min=1)
