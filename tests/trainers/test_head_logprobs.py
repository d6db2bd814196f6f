"""Log-probabilities and entropy in chunks, against all logits at once and numerical gradients."""

from __future__ import annotations

import pytest
import torch

from clean_bench.errors import UserError
from tests.trainers.padded_policy import random_model
from trainers.head_logprobs import HeadTransform, head_logprobs

TRANSFORMS = [
    HeadTransform(),
    HeadTransform(multiplier=0.3),
    HeadTransform(softcap=2.0),
    HeadTransform(multiplier=1.7, softcap=3.0),
]


def tensors(
    dtype: torch.dtype = torch.float64, tokens: int = 7
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Hidden states, weights, bias and targets, all random."""
    generator = torch.Generator().manual_seed(0)
    shapes = ((tokens, 5), (11, 5), (11,))
    made = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
    hidden, weight, bias = (tensor.to(dtype).requires_grad_() for tensor in made)
    return hidden, weight, bias, torch.randint(0, 11, (tokens,), generator=generator)


def dense(
    hidden: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    target: torch.Tensor,
    transform: HeadTransform,
    temperature: float,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probability and entropy from the logits of all tokens."""
    logits = torch.nn.functional.linear(hidden, weight, bias) * transform.multiplier
    if transform.softcap is not None:
        logits = transform.softcap * torch.tanh(logits / transform.softcap)
    spread = torch.distributions.Categorical(logits=logits / temperature)
    return spread.log_prob(target), spread.entropy()


@pytest.mark.parametrize("transform", TRANSFORMS, ids=str)
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_values_and_gradients_are_those_of_all_logits_at_once(
    transform: HeadTransform, biased: bool, chunk: int
) -> None:
    hidden, weight, bias, target = tensors()
    inputs = (hidden, weight, bias) if biased else (hidden, weight)
    own = head_logprobs(
        hidden,
        weight,
        target,
        bias=bias if biased else None,
        transform=transform,
        temperature=0.7,
        chunk=chunk,
    )
    expected = dense(hidden, weight, bias if biased else None, target, transform, 0.7)
    factors = [torch.linspace(-1, 2, 7), torch.linspace(3, -2, 7)]
    for places in ([0], [1], [0, 1]):  # log-probability, entropy, and both
        gradients = []
        for values in (own, expected):
            loss = sum((values[place] * factors[place]).sum() for place in places)
            gradients.append(torch.autograd.grad(loss, inputs, retain_graph=True))
        for left, right in zip(*gradients, strict=True):
            torch.testing.assert_close(left, right, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(own, expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("transform", TRANSFORMS, ids=str)
def test_gradients_are_the_numerical_ones(transform: HeadTransform) -> None:
    hidden, weight, bias, target = tensors(tokens=4)
    assert torch.autograd.gradcheck(
        lambda *inputs: head_logprobs(
            inputs[0],
            inputs[1],
            target,
            bias=inputs[2],
            transform=transform,
            temperature=1.3,
            chunk=3,
        ),
        (hidden, weight, bias),
    )


def test_a_frozen_head_gets_no_gradient() -> None:
    hidden, weight, _, target = tensors()
    weight.requires_grad_(False)
    logp, _ = head_logprobs(hidden, weight, target)
    logp.sum().backward()
    assert weight.grad is None
    assert hidden.grad is not None


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.bfloat16, 2e-2), (torch.float16, 3e-3)])
def test_narrow_products_give_wide_values_and_sums(dtype: torch.dtype, tolerance: float) -> None:
    hidden, weight, _, target = tensors(torch.float32, tokens=300)
    logp, entropy = head_logprobs(hidden, weight, target, chunk=7, compute_dtype=dtype)
    assert logp.dtype == entropy.dtype == torch.float32
    (logp.mean() + entropy.mean()).backward()
    own = weight.grad
    weight.grad = None
    exact, exact_entropy = dense(hidden, weight, None, target, HeadTransform(), 1.0)
    (exact.mean() + exact_entropy.mean()).backward()
    assert own is not None
    assert weight.grad is not None
    assert own.dtype == torch.float32
    assert float((logp - exact).abs().max().detach()) < 3 * tolerance
    assert float((own - weight.grad).norm() / weight.grad.norm()) < tolerance


def test_no_token_gives_no_value() -> None:
    hidden, weight, _, target = tensors()
    logp, entropy = head_logprobs(hidden[:0], weight, target[:0])
    assert logp.shape == entropy.shape == (0,)


def test_a_chunk_of_nothing_is_refused() -> None:
    hidden, weight, _, target = tensors()
    with pytest.raises(ValueError, match="chunk: expected at least 1 token, got 0"):
        head_logprobs(hidden, weight, target, chunk=0)


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("llama", HeadTransform()),
        ("gemma2", HeadTransform(softcap=30.0)),
        ("cohere", HeadTransform(multiplier=0.3)),
        ("granite", HeadTransform(multiplier=1 / 3)),
    ],
)
def test_the_transform_is_read_from_the_configuration(family: str, expected: HeadTransform) -> None:
    assert HeadTransform.of(random_model(family)) == expected


def test_the_multiplier_of_falcon_h1_is_read() -> None:
    model = random_model("llama")
    model.config.lm_head_multiplier = 0.25
    assert HeadTransform.of(model) == HeadTransform(multiplier=0.25)


def test_an_unknown_transform_is_refused_by_name() -> None:
    model = random_model("llama")
    model.config.output_multiplier = 0.5
    with pytest.raises(UserError, match=r"LlamaForCausalLM: .* output_multiplier = 0.5"):
        HeadTransform.of(model)


def test_an_adapter_on_the_head_is_refused() -> None:
    from peft import LoraConfig, get_peft_model

    model = random_model("llama", tie_word_embeddings=False)
    adapted = get_peft_model(model, LoraConfig(target_modules=["lm_head", "q_proj"]))
    with pytest.raises(UserError, match=r"expected an output head that is a plain linear layer"):
        HeadTransform.of(adapted.get_base_model())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("tied", [False, True])
def test_the_gradient_that_is_added_in_place_is_the_one_that_is_returned(
    dtype: torch.dtype, tied: bool
) -> None:
    """Over two backward passes, with a weight that is also an embedding, and a 16-bit weight."""
    generator = torch.Generator().manual_seed(3)
    start = torch.randn(23, 6, generator=generator).to(dtype)
    ids, target = torch.randint(23, (2, 9), generator=generator)
    other = torch.randn(9, 6, generator=generator).to(dtype)
    gradients = []
    for in_place in (False, True):
        weight = torch.nn.Parameter(start.clone())
        for factor in (1.0, -0.3):
            hidden = (weight[ids] if tied else other).tanh()
            logp, entropy = head_logprobs(hidden, weight, target, chunk=4, in_place=in_place)
            (factor * logp.sum() + entropy.square().sum()).backward()
        assert weight.grad is not None and weight.grad.dtype == dtype
        gradients.append(weight.grad.double())
    error = (gradients[0] - gradients[1]).norm() / gradients[0].norm()
    assert error <= {torch.float32: 1e-6, torch.float64: 1e-14, torch.bfloat16: 0.0}[dtype]
    assert gradients[0].norm() > 0.1
