"""Every draw that a family can make, with its exact probability."""

from fractions import Fraction
from math import prod


class _Scripted:
    """A `Draw` that gives the numbers of a script and then zeros, and notes the sizes asked for."""

    def __init__(self, script):
        self.script, self.taken, self.sizes = script, [], []

    def below(self, n):
        value = self.script[len(self.taken)] if len(self.taken) < len(self.script) else 0
        self.taken.append(value)
        self.sizes.append(n)
        return value

    def choice(self, options):
        return options[self.below(len(options))]


def every_draw(family, tier):
    """All the forms that `family.draw` can give, each with its probability."""
    script = []
    while True:
        draw = _Scripted(script)
        form = family.draw(draw, tier)
        yield form, Fraction(1, prod(draw.sizes))
        script = draw.taken
        while script and script[-1] == draw.sizes[len(script) - 1] - 1:
            script.pop()
        if not script:
            return
        script[-1] += 1
