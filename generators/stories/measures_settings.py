"""The settings of `measures`: what is told of time, lengths, masses, volumes and money.

The marks are those of `generators.stories.engine`; `%` is the unit in which the answer is wanted.
"""

from __future__ import annotations

from generators.stories.engine import Setting

PLANS = Setting(
    "training painting music gardening repairs chess",
    ("& sets aside # for @.", "The plan of & allows # for @."),
    (
        "& adds # to the time for @",
        "~ lets & have # more for @",
        "a canceled meeting leaves # more for @",
        "& finds another # for @",
    ),
    (
        "& takes # away from the time for @",
        "a visit of ~ costs # of the time for @",
        "a cold takes up # of the time for @",
        "& cuts the time for @ by #",
    ),
    (
        "& makes the time for @ # times as long as it was",
        "in a new plan the time for @ is # times what it was",
        "the time for @ grows to # times what it was",
    ),
    (
        "& splits the time for @ into # equal parts and keeps only one part",
        "the time for @ is shared equally among # people, and & keeps only one share",
        "& cuts the time for @ down to one of # equal parts",
    ),
    ("How many % does & have for @ in the end?", "How long is the time for @ now, in %?"),
)

ARCHIVE = Setting(
    "jazz opera film speech birdsong footage",
    ("The archive of & holds recordings of # of @.", "& looks after an archive with # of @."),
    (
        "& records # of @",
        "~ sends in # of @",
        "the archive buys # of @",
        "a cellar turns up # of @",
    ),
    (
        "& deletes # of @",
        "a fire destroys # of @",
        "~ takes # of @ away",
        "the archive sells # of @",
    ),
    (
        "& records until the archive holds # times as much @ as before",
        "a gift makes the amount of @ # times what it was",
        "the archive grows to # times as much @ as before",
    ),
    (
        "the @ is divided into # equal parts, and the archive keeps only one part",
        "& spreads all the @ equally over # disks and keeps only one disk",
        "the archive splits its @ equally among # stations and keeps only the share of one station",
    ),
    ("How many % of @ does the archive hold in the end?", "How long is all the @ now, in %?"),
)

ROPES = Setting(
    "rope wire cable ribbon hose yarn",
    ("& has # of @.", "In the workshop of & there is a stock of # of @."),
    (
        "& buys # of @",
        "~ gives & # of @",
        "& finds # of @ in a shed",
        "a delivery brings # of @",
    ),
    (
        "& uses up # of @",
        "& gives # of @ to ~",
        "mice ruin # of @",
        "& cuts off # of @ and sells it",
    ),
    (
        "& buys @ until there is # times as much as before",
        "a delivery makes the stock of @ # times as long as it was",
        "the stock of @ grows to # times its length",
    ),
    (
        "& cuts all the @ into # equal pieces and keeps only one piece",
        "all the @ is wound equally onto # drums, and & keeps only one drum",
        "& divides all the @ into # equal lengths, keeps one and sells the others",
    ),
    ("How many % of @ does & have in the end?", "How long is the stock of @ now, in %?"),
)

ROADS = Setting(
    "road canal fence railroad hedge wall",
    ("The town in which & lives has # of @.", "& counts # of @ in the valley."),
    (
        "# of @ is built",
        "~ and a few friends add # of @",
        "workers repair # of @ that was useless before",
        "a company builds # of @",
    ),
    (
        "a flood destroys # of @",
        "workers pull down # of @",
        "# of @ is given up",
        "~ takes over # of the @",
    ),
    (
        "the @ is extended to # times its length",
        "a new plan makes the @ # times as long as before",
        "the length of the @ grows to # times what it was",
    ),
    (
        "the @ is divided equally among # towns, and only the share of one town is kept",
        "& splits the @ into # equal sections and keeps only one section",
        "the @ is cut into # equal parts, all of which but one are given up",
    ),
    ("How long is the @ in the end, in %?", "How many % of @ are there now?"),
)

PANTRY = Setting(
    "flour sugar rice salt coffee cocoa",
    ("& has # of @ in the pantry.", "There is a stock of # of @ in the kitchen of &."),
    (
        "& buys # of @",
        "~ brings # of @",
        "the mill delivers # of @",
        "& adds # of @ to the stock",
    ),
    (
        "& uses # of @ for baking",
        "& gives # of @ to ~",
        "mice eat # of @",
        "& spills # of @",
    ),
    (
        "& buys @ until there is # times as much as before",
        "a delivery makes the stock of @ # times what it was",
        "the stock of @ grows to # times its mass",
    ),
    (
        "& fills all the @ into # bags in equal amounts and keeps only one bag",
        "& shares all the @ equally among # kitchens and keeps only the share of one kitchen",
        "the @ is split into # equal parts, and & keeps only one part",
    ),
    ("How many % of @ does & have in the end?", "What is the mass of the @ now, in %?"),
)

YARD = Setting(
    "sand gravel coal clay cement soil",
    ("& stores # of @ in the yard.", "On the building site of & there is a heap of # of @."),
    (
        "a truck unloads # of @",
        "~ brings # of @",
        "workers dig up # of @",
        "a barge delivers # of @",
    ),
    (
        "workers use up # of @",
        "~ takes # of @ away",
        "rain washes away # of @",
        "a truck drives off with # of @",
    ),
    (
        "deliveries raise the mass of the @ to # times what it was",
        "& orders @ until there is # times as much as before",
        "the heap of @ grows to # times its mass",
    ),
    (
        "the @ is loaded equally onto # trucks, and all trucks but one drive off",
        "& divides the @ into # equal heaps and sells all heaps but one",
        "the @ is shared equally among # sites, and only the share of one site stays",
    ),
    ("How many % of @ are there in the end?", "What is the mass of the @ now, in %?"),
)

CELLAR = Setting(
    "milk juice oil water vinegar lemonade",
    ("& has # of @ in a tank.", "A tank of & holds # of @."),
    (
        "& pours # of @ into the tank",
        "~ brings # of @, which go into the tank",
        "a pump adds # of @",
        "the tank receives # of @ from a cart",
    ),
    (
        "& draws # of @ off the tank",
        "# of @ leak out",
        "~ buys # of @ from the tank",
        "& bottles # of @ and sells the bottles",
    ),
    (
        "a pump runs until the tank holds # times as much @ as before",
        "& raises the amount of @ to # times what it was",
        "a delivery makes the amount of @ # times as large as before",
    ),
    (
        "& shares all the @ equally among # tanks and keeps only one tank",
        "all the @ is filled equally into # barrels, and & keeps only one barrel",
        "the @ is split into # equal parts, and only one part stays",
    ),
    ("How many % of @ does & have in the end?", "What is the volume of the @ now, in %?"),
)

PAINTS = Setting(
    "paint ink varnish glue dye resin",
    ("& has mixed # of @.", "The workshop of & starts the week with # of @."),
    (
        "& mixes another # of @",
        "~ gives & # of @",
        "the workshop orders # of @ and gets it",
        "& finds # of @ in a cupboard",
    ),
    (
        "& uses # of @ on a boat",
        "# of @ dry up",
        "the workshop sells # of @",
        "~ borrows # of @ and never returns it",
    ),
    (
        "& mixes until there is # times as much @ as before",
        "a large order raises the amount of @ to # times what it was",
        "a thinner makes the amount of @ # times what it was",
    ),
    (
        "& fills all the @ equally into # cans and keeps only one can",
        "the workshop shares its @ equally among # painters, and all but the share of one are used up",
        "the @ is split into # equal parts, of which & keeps only one",
    ),
    ("How many % of @ does & have in the end?", "What is the volume of the @ now, in %?"),
)

PURSE = Setting(
    "purse safe drawer wallet chest jar",
    ("& has # in a @.", "There is a sum of # in the @ of &."),
    (
        "& puts # into the @",
        "~ adds # to the money in the @",
        "& earns # and puts the money into the @",
        "& sells a lamp and puts the # for it into the @",
    ),
    (
        "& takes # out of the @",
        "& pays # to ~ from the @",
        "a thief steals # from the @",
        "& spends # of the money in the @",
    ),
    (
        "a lucky deal makes the money in the @ # times what it was",
        "the sum in the @ grows to # times what it was",
        "& puts money into the @ until it holds # times as much as before",
    ),
    (
        "& divides the money in the @ equally among # people, one of whom is &",
        "& splits the money in the @ into # equal sums and leaves only one sum there",
        "the money in the @ is shared out in # equal parts, and only one part stays",
    ),
    ("How many % does & have in the @ in the end?", "How much money is in the @ now, in %?"),
)

FUND = Setting(
    "museum choir theater orchestra zoo circus",
    ("The @ that & leads has a fund of #.", "& opens a fund for the @ with #."),
    (
        "a visitor gives # to the fund",
        "~ pays # into the fund",
        "a fair brings the fund #",
        "the town grants the fund #",
    ),
    (
        "the fund pays # for a new roof",
        "the fund spends # on a party",
        "a bill takes # from the fund",
        "~ is paid # by the fund",
    ),
    (
        "a sponsor makes the fund # times as large as it was",
        "the fund grows to # times what it was",
        "gifts raise the fund to # times what it was",
    ),
    (
        "the fund is divided equally among # clubs, and the @ keeps only one share",
        "& splits the fund into # equal parts, of which only one stays in it",
        "the fund is shared out in # equal sums, and the @ keeps only one sum",
    ),
    (
        "How many % does the fund of the @ hold in the end?",
        "How large is the fund of the @ now, in %?",
    ),
)

SETTINGS = {
    "time": (PLANS, ARCHIVE),
    "length": (ROPES, ROADS),
    "mass": (PANTRY, YARD),
    "volume": (CELLAR, PAINTS),
    "money": (PURSE, FUND),
}
