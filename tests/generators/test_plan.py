"""Plans: master seeds, tiers of rows, and plans that no set can fulfil."""

import pytest

from clean_bench.errors import UserError
from clean_bench.seeds import digest
from generators.families.stories.word_problems import canonical_form, choices
from generators.registry import FAMILIES, family
from generators.set_plan import SetPlan, check_plan, master_seed, plan_from_config

CALCULATION, WORDS = family("random-calculation"), family("word-problems")
MASTER = master_seed(seed="a")


def plan(definition=CALCULATION, low=5, high=7, count=30, split="all", notation=None):
    return SetPlan(definition, low, high, count, split, MASTER, notation or definition.notations[0])


def refusal(*args, **kwargs):
    with pytest.raises(UserError) as caught:
        check_plan(plan(*args, **kwargs))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_master_seed_is_a_digest_of_its_origin():
    assert digest("master", "seed", "a", length=32) == MASTER
    assert len(MASTER) == 32
    bound = master_seed(bind=["aa", "bb"])
    assert bound == master_seed(bind=["bb", "aa", "bb"]) == master_seed(bind=("bb", "aa"))
    others = [
        MASTER,
        master_seed(seed="aa"),
        master_seed(bind=["aa"]),
        master_seed(bind=["aabb"]),
        master_seed(bind=["aa", "bb"], round_text="r"),
        master_seed(bind=["aa", "bb", "round", "r"]),
        master_seed(bind=["aa", "bb"], round_text="s"),
        master_seed(bind=["aa", "bb"], round_text=""),
    ]
    assert len({bound, *others}) == 9


@pytest.mark.parametrize(
    "options", [{}, {"seed": "a", "bind": ["b"]}, {"seed": "a", "round_text": "r"}]
)
def test_a_master_seed_has_one_origin(options):
    with pytest.raises(UserError):
        master_seed(**options)


def test_an_empty_seed_is_a_seed():
    assert master_seed(seed="") != MASTER


@pytest.mark.parametrize("count", [1, 2, 3, 29, 30, 31])
@pytest.mark.parametrize("high", [5, 6, 7, 11])
def test_sizes_are_counts_of_turns(count, high):
    made = plan(high=high, count=count)
    turns = [made.tier_of(i) for i in range(count)]
    assert turns[:8] == [5 + i % (high - 4) for i in range(count)][:8]
    assert made.tier_counts() == {tier: turns.count(tier) for tier in range(5, high + 1)}
    assert sum(made.tier_counts().values()) == count


@pytest.mark.parametrize("name", [*FAMILIES, "random-calculation-paper"])
def test_a_plan_is_read_back_from_its_configuration(name):
    definition = family(name)
    first, last = definition.tiers[0], definition.tiers[-1]
    made = plan(definition, first, last, 20, "eval", definition.notations[-1])
    assert plan_from_config(made.config()) == made


def test_another_version_of_a_family_is_refused():
    config = {**plan().config(), "version": 77}
    with pytest.raises(UserError, match=rf"version {CALCULATION.version}, got one of version 77"):
        plan_from_config(config)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"low": 0, "high": 0}, "--steps 0: random-calculation has tiers 1 to 20"),
        ({"high": 21}, "--steps 5-21: random-calculation has tiers 1 to 20"),
        ({"low": 7, "high": 5}, "--steps 7-5"),
        ({"count": 0}, "--count 0"),
        ({"count": -3}, "--count -3: expected at least 1"),
        ({"split": "test"}, "--split test: expected all, train, eval"),
        ({"notation": "html"}, "--text html: expected latex or plain for random-calculation"),
    ],
)
def test_impossible_plans_are_refused(change, line):
    assert line in refusal(**change)


def small_forms():
    """Every canonical form of one gain or loss, by enumeration."""
    forms = set()
    for start in range(10, 100):
        gains, losses = choices(start)
        forms.update(canonical_form(start, (n,)) for n in gains)
        forms.update(canonical_form(start, (-n,)) for n in losses)
    return forms


def test_more_problems_than_exist_are_refused_with_their_exact_number():
    most = len(small_forms())
    check_plan(plan(WORDS, 1, 1, most))
    for count in (most + 1, 10**9):
        assert f"{count:,} problems of 1 steps are too many" in refusal(WORDS, 1, 1, count)
        assert f"word-problems has {most:,} different ones" in refusal(WORDS, 1, 1, count)
    # With two tiers every second row has one step.
    check_plan(plan(WORDS, 1, 2, 2 * most))
    assert f"{most + 1:,} problems of 1 steps" in refusal(WORDS, 1, 2, 2 * most + 1)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_number_of_forms_bounds_the_count(name):
    definition = FAMILIES[name]
    tier = definition.tiers[0]
    space, most = definition.space(tier), definition.most(tier)
    message = refusal(definition, tier, tier, most + 1)
    limit = f"{most:,} different ones"
    assert message.endswith(f"{name} has {limit}" if space == most else f"has at most {limit}")
    check_plan(plan(definition, tier, tier, most))


@pytest.mark.parametrize("name", FAMILIES)
def test_a_hundred_problems_of_every_tier_are_a_plan(name):
    definition = FAMILIES[name]
    tiers = definition.tiers
    check_plan(plan(definition, tiers[0], tiers[-1], 100 * len(tiers)))
