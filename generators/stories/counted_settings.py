"""The settings of `stories`: what is told of things that are counted.

The marks are those of `generators.stories.engine`. A sentence that divides says that only one of the
equal parts is kept, and one that multiplies says to how many times the number before it grows.
"""

from __future__ import annotations

from generators.stories.engine import Setting

SHOP = Setting(
    "lamps mugs kites umbrellas candles vases",
    ("The shop of & has # @ in stock.", "& runs a shop that begins the week with # @."),
    (
        "a supplier delivers # @",
        "the shop buys # @ from ~",
        "# more @ arrive from the maker",
        "customers bring back # @",
    ),
    (
        "the shop sells # @",
        "# of the @ break and are thrown away",
        "~ buys # @ from the shop",
        "the shop sends # @ back to the maker",
    ),
    (
        "the shop restocks until it has # times as many @ as before",
        "a merger makes the stock of @ # times as large as it was",
        "the number of @ in the shop grows to # times what it was",
    ),
    (
        "the shop divides its @ equally among # branches and keeps only the share of one branch",
        "& packs all the @ into # equal crates, keeps one crate and sells the others",
        "the @ are split into # equal lots, and the shop keeps only one lot",
    ),
    (
        "How many @ does the shop have in the end?",
        "How many @ are there in the shop now?",
    ),
)

FARM = Setting(
    "eggs potatoes pumpkins carrots melons onions",
    ("& begins the season on the farm with # @.", "On the farm of & there are # @ in the barn."),
    (
        "# more @ are brought in from the fields",
        "& gets # @ from a farmer next door",
        "the harvest of the day adds # @",
        "~ brings # @ to the farm",
    ),
    (
        "& sells # @ at the market",
        "# of the @ rot and are thrown away",
        "~ takes # @ home",
        "the farm loses # @ to thieves",
    ),
    (
        "a rich week raises the number of @ to # times what it was",
        "& collects @ until there are # times as many as before",
        "the farm fills its barn and then has # times as many @ as before",
    ),
    (
        "the @ are packed equally into # carts, and all carts but one are driven away",
        "& divides all the @ equally among # stalls and keeps only those of one stall",
        "& puts the @ into # equal heaps, keeps one heap and gives the others away",
    ),
    (
        "How many @ does the farm have in the end?",
        "How many @ are on the farm now?",
    ),
)

LIBRARY = Setting(
    "books maps magazines novels atlases comics",
    ("The library that & leads owns # @.", "& counts # @ in the town library."),
    (
        "a school gives # @ to the library",
        "the library buys # @",
        "~ leaves # @ to the library",
        "# @ that were thought lost turn up again",
    ),
    (
        "the library sells # @ at a fair",
        "# of the @ are damaged by water and thrown away",
        "the library hands # @ over to ~",
        "a museum takes over # of the @",
    ),
    (
        "a large gift raises the number of @ to # times what it was",
        "the library takes in a private collection and then has # times as many @ as before",
        "after a reform the library owns # times as many @ as before",
    ),
    (
        "the @ are shared equally among # towns, and the library keeps the share of one town",
        "& spreads all the @ equally over # rooms, and the library keeps only those of one room",
        "the library sorts its @ into # equal series, keeps one series and gives up the others",
    ),
    (
        "How many @ does the library own in the end?",
        "How many @ are in the library now?",
    ),
)

BAKERY = Setting(
    "rolls cookies muffins waffles bagels biscuits",
    ("& has baked # @ for the day.", "In the morning & lays out # @ in the bakery."),
    (
        "& takes # more @ out of the oven",
        "a second baker brings # @",
        "~ bakes # @ and adds them",
        "# @ come in from another bakery",
    ),
    (
        "& sells # @ to a hotel",
        "# of the @ burn and are thrown away",
        "the bakery sends # @ to a school",
        "~ buys # @ for a party",
    ),
    (
        "& bakes through the night until there are # times as many @ as before",
        "for a fair the number of @ is raised to # times what it was",
        "the bakers get to work, and the bakery then has # times as many @ as before",
    ),
    (
        "& packs all the @ equally into # boxes, keeps one box and sells the others",
        "the @ are laid on # trays with the same number on each, and only one tray stays",
        "& shares all the @ equally among # cafes, and all but the share of one cafe leave the bakery",
    ),
    (
        "How many @ does the bakery have in the end?",
        "How many @ are in the bakery now?",
    ),
)

SAVINGS = Setting(
    "dollars euros crowns francs pesos rupees",
    ("& has saved # @.", "There are # @ in the savings account of &."),
    (
        "& earns # @ and saves them",
        "& receives # @ from ~",
        "the bank pays # @ into the account",
        "& sells a bicycle and saves the # @ that it brings",
    ),
    (
        "& spends # @ on a journey",
        "& pays # @ to ~",
        "a repair costs & # @ of the savings",
        "& gives # @ of the savings to charity",
    ),
    (
        "a lucky investment makes the savings # times as large as they were",
        "the number of @ that & has grows to # times what it was",
        "over the years the savings become # times what they were",
    ),
    (
        "& divides all the savings into # equal shares and keeps only one share",
        "the savings are split into # equal parts, and & keeps only one part",
        "& spreads all the savings equally over # accounts and gives away all accounts but one",
    ),
    (
        "How many @ does & have in the end?",
        "How many @ has & saved now?",
    ),
)

VOYAGE = Setting(
    "passengers sailors pilgrims tourists settlers travelers",
    ("The fleet of captain & sets out with # @.", "Captain & sails with # @ in the fleet."),
    (
        "in a port # more @ come aboard",
        "the fleet picks up # @ from an island",
        "# @ join the fleet",
        "captain ~ sends # @ over to the fleet",
    ),
    (
        "# of the @ go ashore",
        "the fleet leaves # @ on an island",
        "# @ stay behind in a port",
        "captain ~ takes # of the @ away from the fleet",
    ),
    (
        "other ships join, and the fleet then has # times as many @ as before",
        "in the capital the number of @ in the fleet grows to # times what it was",
        "the fleet takes in @ until it has # times as many as before",
    ),
    (
        "the @ are shared equally among # ships, and only one of the ships sails on with &",
        "the fleet divides its @ into # equal groups, and & goes on with one group only",
        "& splits the @ into # equal crews and keeps only one crew",
    ),
    (
        "How many @ does & have in the fleet in the end?",
        "How many @ are in the fleet of & now?",
    ),
)
