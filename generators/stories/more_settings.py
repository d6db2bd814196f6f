"""More settings of `stories`, in the manner of `generators.stories.counted_settings`."""

from __future__ import annotations

from generators.stories.counted_settings import BAKERY, FARM, LIBRARY, SAVINGS, SHOP, VOYAGE
from generators.stories.engine import Setting

COLLECTION = Setting(
    "stamps coins shells stickers cards marbles",
    ("& has a collection of # @.", "& starts out with # @."),
    (
        "& finds # @ in the attic",
        "& gets # @ from ~",
        "& buys # @ at a fair",
        "& swaps an old radio for # @",
    ),
    (
        "& gives # @ to ~",
        "& loses # @ on a journey",
        "& sells # @ to a dealer",
        "& sends # of the @ to a museum",
    ),
    (
        "& collects eagerly until there are # times as many @ as before",
        "an inheritance raises the number of @ that & has to # times what it was",
        "& works on the collection and then has # times as many @ as before",
    ),
    (
        "& packs all the @ equally into # albums, keeps one album and sells the others",
        "& divides all the @ into # equal shares, keeps one share and gives the others to friends",
        "& sorts the @ into # equal piles, keeps one pile and gives the others away",
    ),
    (
        "How many @ does & have in the end?",
        "How many @ are in the collection of & now?",
    ),
)

WAREHOUSE = Setting(
    "tires bolts bricks tiles pipes cables",
    ("& looks after a warehouse that holds # @.", "There are # @ in the warehouse of &."),
    (
        "a truck brings # @",
        "# more @ are unloaded from a train",
        "the warehouse takes over # @ from ~",
        "a count turns up # @ that were on no list",
    ),
    (
        "a truck takes # @ away",
        "the warehouse ships # @ to a builder",
        "# of the @ are found to be faulty and are scrapped",
        "~ fetches # @ from the warehouse",
    ),
    (
        "the warehouse is filled up until it holds # times as many @ as before",
        "a new contract makes the stock of @ # times as large as it was",
        "the number of @ in the warehouse rises to # times what it was",
    ),
    (
        "the @ are loaded equally onto # trains, and all trains but one leave",
        "& divides all the @ equally among # halls and empties all halls but one",
        "the @ are stacked on # pallets with the same number on each, and one pallet alone stays",
    ),
    (
        "How many @ does the warehouse hold in the end?",
        "How many @ are in the warehouse now?",
    ),
)

SCHOOL = Setting(
    "pencils notebooks erasers rulers crayons chairs",
    ("The school of & has # @ in its store.", "& finds # @ in the store of the school."),
    (
        "the school orders # @, and they arrive",
        "a company gives # @ to the school",
        "the parents bring # @",
        "~ adds # @ to the store",
    ),
    (
        "the classes use up # @",
        "the school gives # @ to another school",
        "# of the @ are broken and thrown out",
        "~ takes # @ out of the store",
    ),
    (
        "the town fills the store so that it holds # times as many @ as before",
        "a donation raises the number of @ in the store to # times what it was",
        "two schools join, and the store then holds # times as many @ as before",
    ),
    (
        "the @ are handed out equally to # classes, and all but the share of one class are used up",
        "& fills # boxes with the @, the same number in each, and the store keeps only one box",
        "the school shares all its @ equally among # schools, itself included, and keeps its share",
    ),
    (
        "How many @ does the store of the school hold in the end?",
        "How many @ are in the store of the school now?",
    ),
)

GAME = Setting(
    "points tokens chips gems crystals medals",
    ("& starts a long game with # @.", "In a game & begins with # @."),
    (
        "& wins # @ in a round",
        "& takes # @ from ~",
        "a bonus brings & # @",
        "& finds # @ in a hidden chest",
    ),
    (
        "& loses # @ in a round",
        "& hands # @ to ~",
        "a penalty costs & # @",
        "& trades # @ for a magic hat",
    ),
    (
        "a special card makes the @ of & # times as many as before",
        "a joker raises the number of @ that & has to # times what it was",
        "& wins a duel and then has # times as many @ as before",
    ),
    (
        "all the @ of & are shared equally among # players, one of whom is &",
        "& splits the @ into # equal parts, keeps one part and puts the others into the bank",
        "a trap divides the @ of & into # equal parts, of which & keeps only one",
    ),
    (
        "How many @ does & have in the end?",
        "How many @ are left to & after the game?",
    ),
)

NURSERY = Setting(
    "tulips seedlings roses bulbs lilies shrubs",
    ("The garden nursery of & grows # @.", "& has # @ in the garden nursery."),
    (
        "the nursery plants # more @",
        "& buys # @ from ~",
        "another gardener brings # @",
        "# new @ come up",
    ),
    (
        "the nursery sells # @",
        "frost kills # of the @",
        "~ buys # @ for a park",
        "rabbits eat # @",
    ),
    (
        "& plants a new field, so that there are # times as many @ as before",
        "a warm spring raises the number of @ to # times what it was",
        "the nursery grows until it has # times as many @ as before",
    ),
    (
        "the @ are set in # rows with the same number in each, and all rows but one are sold",
        "& divides all the @ equally among # parks and keeps only the share of one park",
        "& plants the @ in # equal beds, and a flood leaves just one bed",
    ),
    (
        "How many @ does the nursery have in the end?",
        "How many @ are in the nursery of & now?",
    ),
)

CHARITY = Setting(
    "blankets toys coats sweaters scarves tents",
    ("The aid group of & has collected # @.", "& keeps # @ for people in need."),
    (
        "a factory donates # @",
        "# more @ arrive by post",
        "~ collects # @ and brings them along",
        "the neighbors hand in # @",
    ),
    (
        "the group sends # @ to a village",
        "# of the @ prove too worn and are thrown away",
        "the group gives # @ to a shelter",
        "~ takes # @ to a hospital",
    ),
    (
        "after a call on the radio the group has # times as many @ as before",
        "a campaign raises the number of @ to # times what it was",
        "other towns help, and the group then has # times as many @ as before",
    ),
    (
        "the @ are shared equally among # towns, and only the share of one town is still there",
        "& packs all the @ equally into # trucks, and all trucks but one drive off",
        "the group makes # equal bundles of all the @ and keeps one bundle",
    ),
    (
        "How many @ does the group have in the end?",
        "How many @ are still with the group of & now?",
    ),
)

SETTINGS = (
    SHOP,
    FARM,
    LIBRARY,
    BAKERY,
    SAVINGS,
    VOYAGE,
    COLLECTION,
    WAREHOUSE,
    SCHOOL,
    GAME,
    NURSERY,
    CHARITY,
)
