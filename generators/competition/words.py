"""Words of the stories: people, things and letters. Forms of one word stand in a tuple."""

from __future__ import annotations

PEOPLE: tuple[tuple[str, str, str], ...] = (
    *(
        (name, "she", "her")
        for name in (
            "Ada",
            "Amara",
            "Bianca",
            "Carla",
            "Chiara",
            "Dana",
            "Edith",
            "Elif",
            "Fatima",
            "Greta",
            "Hana",
            "Ines",
            "Jelena",
            "Joy",
            "Keiko",
            "Lena",
            "Lucia",
            "Maren",
            "Mira",
            "Nadia",
            "Noor",
            "Olga",
            "Priya",
            "Rosa",
            "Ruth",
            "Salma",
            "Tess",
            "Uma",
            "Vera",
            "Yuki",
        )
    ),
    *(
        (name, "he", "his")
        for name in (
            "Adil",
            "Anton",
            "Bruno",
            "Carlos",
            "Dario",
            "Emil",
            "Femi",
            "Goran",
            "Hugo",
            "Ivan",
            "Jonas",
            "Kofi",
            "Lars",
            "Luca",
            "Marek",
            "Mateo",
            "Nils",
            "Omar",
            "Otto",
            "Paolo",
            "Quinn",
            "Rafael",
            "Samir",
            "Stefan",
            "Tariq",
            "Theo",
            "Viktor",
            "Walter",
            "Yusuf",
            "Zeno",
        )
    ),
)
"""First names, with the pronoun and the possessive."""

UNKNOWNS = ("x", "y", "z", "t", "n", "a", "w", "k")
"""Letters for an unknown."""

FUNCTIONS = ("f", "g", "h", "p", "q")
"""Letters for a function."""
