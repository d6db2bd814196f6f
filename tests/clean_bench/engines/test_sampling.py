"""Token choice against the distribution itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from clean_bench.engines.sampling import Restriction, choose_tokens, restrict, uniforms

NO_LIMIT = torch.iinfo(torch.long).max


def restriction(rows: list[tuple[int, float]]) -> Restriction:
    """Top-k and top-p of each row; top-k 0 for no limit."""
    ks, ps = zip(*rows, strict=True)
    return Restriction(
        torch.tensor([k or NO_LIMIT for k in ks]), torch.tensor(ps, dtype=torch.float64)
    )


def truncated(p: npt.NDArray[np.float64], k: int, top_p: float) -> npt.NDArray[np.float64]:
    """One row in plain Python: the tokens from the most likely one, until k of them or the mass."""
    order = sorted(range(len(p)), key=lambda i: (-p[i], i))[: k or len(p)]
    whole, mass, kept = sum(p[i] for i in order), 0.0, []
    for i in order:
        kept.append(i)
        mass += p[i]
        if mass >= top_p * whole:
            break
    return np.array([p[i] / mass if i in kept else 0.0 for i in range(len(p))])


def test_a_grid_of_uniforms_gives_each_token_its_probability() -> None:
    """With u on an even grid of N points the count of a token is N p, up to one at either edge."""
    probabilities, n = torch.tensor([0.1, 0.45, 0.05, 0.4]), 1000
    logits = probabilities.log().expand(n, 4)
    grid = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    tokens, logp = choose_tokens(logits, torch.ones(n), grid)
    counts = torch.bincount(tokens, minlength=4)
    assert (counts - n * probabilities).abs().max() <= 1
    torch.testing.assert_close(logp, probabilities.log()[tokens])


def test_temperature_sharpens_as_the_formula_says() -> None:
    logits = torch.tensor([[1.0, 2.0, 0.5]])
    _, logp = choose_tokens(logits, torch.tensor([0.5]), torch.tensor([0.999999]))
    expected = torch.log_softmax(logits / 0.5, -1)[0, 2]
    torch.testing.assert_close(logp[0], expected)


def test_temperature_zero_is_the_most_likely_token_at_its_own_probability() -> None:
    logits = torch.tensor([[1.0, 3.0, 2.0], [5.0, 1.0, 1.0]])
    tokens, logp = choose_tokens(logits, torch.zeros(2), torch.tensor([0.99, 0.99]))
    assert tokens.tolist() == [1, 0]
    torch.testing.assert_close(logp, torch.log_softmax(logits, -1).amax(-1))


def test_the_ends_of_the_interval_stay_inside_the_vocabulary() -> None:
    logits = torch.zeros(2, 5)
    tokens, _ = choose_tokens(logits, torch.ones(2), torch.tensor([0.0, 1.0 - 2**-53]))
    assert tokens.tolist() == [0, 4]


def test_a_token_of_probability_zero_is_never_drawn() -> None:
    logits = torch.tensor([[float("-inf"), 0.0, float("-inf"), 0.0, float("-inf")]]).expand(101, 5)
    tokens, _ = choose_tokens(logits, torch.ones(101), torch.linspace(0, 1, 101).double())
    assert set(tokens.tolist()) == {1, 3}


def test_uniforms_of_a_seed_do_not_depend_on_the_others() -> None:
    alone, together = uniforms([7], 5), uniforms([1, 7, 2**62], 8)
    np.testing.assert_array_equal(alone[0].numpy(), together[1, :5].numpy())
    assert len(set(together.flatten().tolist())) == 24


@given(
    st.lists(st.floats(-8, 8, width=32), min_size=1, max_size=30),
    st.integers(0, 33),
    st.floats(0.01, 1),
)
def test_top_k_and_top_p_against_plain_python(numbers: list[float], k: int, top_p: float) -> None:
    logp = torch.log_softmax(torch.tensor([numbers]), -1)
    result = restrict(logp, restriction([(k, top_p)])).double().exp()[0].numpy()
    p = logp.double().exp()[0].numpy()
    expected = truncated(p, k, top_p)
    if set(result.nonzero()[0]) != set(expected.nonzero()[0]):
        # Sums of floats: only a mass within rounding of top_p may put one token on the other side.
        near = [truncated(p, k, top_p * (1 + sign * 1e-9)) for sign in (-1, 1)]
        assert any(set(result.nonzero()[0]) == set(other.nonzero()[0]) for other in near)
    else:
        np.testing.assert_allclose(result, expected, atol=1e-6)
    assert result.sum() == pytest.approx(1, abs=1e-5) and result.any()


@pytest.mark.parametrize(("k", "top_p"), [(0, 0.9), (5, 1.0), (7, 0.8), (1, 0.5), (0, 0.01)])
def test_top_k_and_top_p_keep_what_the_warpers_of_transformers_keep(k: int, top_p: float) -> None:
    from transformers import LogitsProcessorList, TopKLogitsWarper, TopPLogitsWarper

    logits = torch.randn(64, 50, generator=torch.Generator().manual_seed(1))
    warpers = LogitsProcessorList([TopKLogitsWarper(k)] if k else [])
    warpers += [TopPLogitsWarper(top_p)] if top_p < 1 else []
    expected = torch.log_softmax(warpers(torch.zeros(64, 1, dtype=torch.long), logits), -1)
    logp = restrict(torch.log_softmax(logits, -1), restriction([(k, top_p)] * 64))
    assert torch.equal(logp.isinf(), expected.isinf())
    torch.testing.assert_close(logp, expected)


def test_the_smallest_set_that_reaches_p_and_ties_by_id() -> None:
    """0.5 alone reaches 0.5; 0.55 needs one of three tokens of equal probability: the lowest id."""
    logp = torch.tensor([[1 / 6, 0.5, 1 / 6, 1 / 6]]).log().expand(4, 4)
    rows = restriction([(0, 0.5), (0, 0.55), (3, 1.0), (0, 1e-9)])
    kept = [row.isfinite().nonzero().flatten().tolist() for row in restrict(logp, rows)]
    assert kept == [[1], [0, 1], [0, 1, 2], [1]]


def test_a_row_without_limits_beside_limited_ones_is_the_same_to_the_bit() -> None:
    logits = torch.randn(3, 40, generator=torch.Generator().manual_seed(2))
    temperatures, uniform = torch.tensor([0.7, 0.7, 0.0]), torch.tensor([0.4, 0.4, 0.4]).double()
    tokens, logp = choose_tokens(logits, temperatures, uniform)
    rows = restriction([(0, 1.0), (2, 0.5), (2, 0.5)])
    beside, logp_beside = choose_tokens(logits, temperatures, uniform, rows)
    assert beside[[0, 2]].tolist() == tokens[[0, 2]].tolist()
    assert logp_beside[[0, 2]].tolist() == logp[[0, 2]].tolist()  # greedy ignores both limits


@pytest.mark.parametrize(("k", "top_p"), [(0, 0.7), (4, 1.0), (6, 0.9)])
def test_frequencies_are_those_of_the_truncated_distribution(k: int, top_p: float) -> None:
    n, temperature = 20000, 0.8
    logits = torch.randn(12, generator=torch.Generator().manual_seed(3))
    uniform = uniforms(list(range(n)), 1)[:, 0]
    tokens, logp = choose_tokens(
        logits.expand(n, 12),
        torch.full((n,), temperature),
        uniform,
        restriction([(k, top_p)] * n),
    )
    expected = truncated(torch.softmax(logits.double() / temperature, -1).numpy(), k, top_p)
    counts = torch.bincount(tokens, minlength=12).numpy()
    assert not counts[expected == 0].any() and 1 < (expected > 0).sum() < 12
    kept = expected > 0
    assert chisquare(counts[kept], n * expected[kept]).pvalue > 1e-3
    np.testing.assert_allclose(logp.numpy(), np.log(expected[tokens.numpy()]), atol=1e-5)
