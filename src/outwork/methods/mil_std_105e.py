"""The tables of MIL-STD-105E (1989): code letters, and single, double and multiple plans.

MIL-STD-105E, "Sampling Procedures and Tables for Inspection by Attributes", 10 May 1989, is a work
of the United States government, approved for public release. The numbers were read from the tables
that the R package AQLSchemes 1.7-2 (J. Lawson, CRAN 2023) carries, and held against a second
source where there is one: E-24 ff. of the facility contracts' AC-TABLE.ASC for normal inspection at
level II and tightened at level III (AQL .65 to 15), and the rows of Table II-A as printed in copies
of the standard. Double and multiple plans have one source; their second check is that each has the
operating characteristic of the single plan of its cell. A cell whose source contradicts itself is
refused (`REFUSED`). Table VIII (limit numbers) has no legible source at hand and is not here.

"v" and "^" are the standard's arrows: use the first plan below, above. A number alone is an
acceptance number whose rejection number is one more.
"""

from __future__ import annotations

AQLS = [
    "0.010",
    "0.015",
    "0.025",
    "0.040",
    "0.065",
    "0.10",
    "0.15",
    "0.25",
    "0.40",
    "0.65",
    "1.0",
    "1.5",
    "2.5",
    "4.0",
    "6.5",
    "10",
    "15",
    "25",
    "40",
    "65",
    "100",
    "150",
    "250",
    "400",
    "650",
    "1000",
]
"""Per cent defective up to 10; above, and if agreed below too, defects per hundred units."""

LEVELS = ["S-1", "S-2", "S-3", "S-4", "I", "II", "III"]
LOTS = (8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000)
"""The largest lot of each row of Table I but the last."""

LETTERS = [
    "AAAAAAB",
    "AAAAABC",
    "AABBBCD",
    "ABBCCDE",
    "BBCCCEF",
    "BBCDDFG",
    "BCDEEGH",
    "BCDEFHJ",
    "CCEFGJK",
    "CDEGHKL",
    "CDFGJLM",
    "CDFHKMN",
    "DEGJLNP",
    "DEGJMPQ",
    "DEHKNQR",
]
"""Table I: a row a range of lots, a column a level."""

NORMAL = """
A 2 v v v v v v v v v v v v v v 0 v v 1 2 3 5 7 10 14 21 30
B 3 v v v v v v v v v v v v v 0 ^ v 1 2 3 5 7 10 14 21 30 44
C 5 v v v v v v v v v v v v 0 ^ v 1 2 3 5 7 10 14 21 30 44 ^
D 8 v v v v v v v v v v v 0 ^ v 1 2 3 5 7 10 14 21 30 44 ^ ^
E 13 v v v v v v v v v v 0 ^ v 1 2 3 5 7 10 14 21 30 44 ^ ^ ^
F 20 v v v v v v v v v 0 ^ v 1 2 3 5 7 10 14 21 ^ ^ ^ ^ ^ ^
G 32 v v v v v v v v 0 ^ v 1 2 3 5 7 10 14 21 ^ ^ ^ ^ ^ ^ ^
H 50 v v v v v v v 0 ^ v 1 2 3 5 7 10 14 21 ^ ^ ^ ^ ^ ^ ^ ^
J 80 v v v v v v 0 ^ v 1 2 3 5 7 10 14 21 ^ ^ ^ ^ ^ ^ ^ ^ ^
K 125 v v v v v 0 ^ v 1 2 3 5 7 10 14 21 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
L 200 v v v v 0 ^ v 1 2 3 5 7 10 14 21 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
M 315 v v v 0 ^ v 1 2 3 5 7 10 14 21 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
N 500 v v 0 ^ v 1 2 3 5 7 10 14 21 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
P 800 v 0 ^ v 1 2 3 5 7 10 14 21 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
Q 1250 0 ^ v 1 2 3 5 7 10 14 21 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
R 2000 ^ ^ 1 2 3 5 7 10 14 21 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
"""

TIGHTENED = """
A 2 v v v v v v v v v v v v v v v v v v 1 2 3 5 8 12 18 27
B 3 v v v v v v v v v v v v v v 0 v v 1 2 3 5 8 12 18 27 41
C 5 v v v v v v v v v v v v v 0 v v 1 2 3 5 8 12 18 27 41 ^
D 8 v v v v v v v v v v v v 0 v v 1 2 3 5 8 12 18 27 41 ^ ^
E 13 v v v v v v v v v v v 0 v v 1 2 3 5 8 12 18 27 41 ^ ^ ^
F 20 v v v v v v v v v v 0 v v 1 2 3 5 8 12 18 ^ ^ ^ ^ ^ ^
G 32 v v v v v v v v v 0 v v 1 2 3 5 8 12 18 ^ ^ ^ ^ ^ ^ ^
H 50 v v v v v v v v 0 v v 1 2 3 5 8 12 18 ^ ^ ^ ^ ^ ^ ^ ^
J 80 v v v v v v v 0 v v 1 2 3 5 8 12 18 ^ ^ ^ ^ ^ ^ ^ ^ ^
K 125 v v v v v v 0 v v 1 2 3 5 8 12 18 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
L 200 v v v v v 0 v v 1 2 3 5 8 12 18 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
M 315 v v v v 0 v v 1 2 3 5 8 12 18 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
N 500 v v v 0 v v 1 2 3 5 8 12 18 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
P 800 v v 0 v v 1 2 3 5 8 12 18 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
Q 1250 v 0 v v 1 2 3 5 8 12 18 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
R 2000 0 ^ v 1 2 3 5 8 12 18 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
S 3150 - - 1 - - - - - - - - - - - - - - - - - - - - - - -
"""

REDUCED = """
A 2 v v v v v v v v v v v v 0 0 0 0/2 0/2 1 2 3 5 7 10 14 21 30
B 2 v v v v v v v v v v v v 0 0 0 0/2 0/2 1/3 2/4 3/5 5 7 10 14 21 30
C 2 v v v v v v v v v v v v 0 0 v 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 14/17 21/24 30
D 3 v v v v v v v v v v v 0 ^ v 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 14/17 21/24 ^ ^
E 5 v v v v v v v v v v 0 ^ v 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 14/17 21/24 ^ ^ ^
F 8 v v v v v v v v v 0 ^ v 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 ^ ^ ^ ^ ^ ^
G 13 v v v v v v v v 0 ^ v 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 ^ ^ ^ ^ ^ ^ ^
H 20 v v v v v v v 0 ^ v 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 ^ ^ ^ ^ ^ ^ ^ ^
J 32 v v v v v v 0 ^ v 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 ^ ^ ^ ^ ^ ^ ^ ^ ^
K 50 v v v v v 0 ^ v 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
L 80 v v v v 0 ^ v 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
M 125 v v v 0 ^ v 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
N 200 v v 0 ^ v 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
P 315 v 0 ^ v 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
Q 500 0 ^ v 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
R 800 ^ ^ 0/2 1/3 1/4 2/5 3/6 5/8 7/10 10/13 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^
"""

DOUBLE_SIZES = {
    "normal": "B 2 C 3 D 5 E 8 F 13 G 20 H 32 J 50 K 80 L 125 M 200 N 315 P 500 Q 800 R 1250",
    "tightened": "B 2 C 3 D 5 E 8 F 13 G 20 H 32 J 50 K 80 L 125 M 200 N 315 P 500 Q 800 R 1250"
    " S 2000",
    "reduced": "D 2 E 3 F 5 G 8 H 13 J 20 K 32 L 50 M 80 N 125 P 200 Q 315 R 500",
}
"""First and second sample are of one size; a letter that is not named has no double plans."""

MULTIPLE_SIZES = {
    "normal": "D 2 E 3 F 5 G 8 H 13 J 20 K 32 L 50 M 80 N 125 P 200 Q 315 R 500",
    "tightened": "D 2 E 3 F 5 G 8 H 13 J 20 K 32 L 50 M 80 N 125 P 200 Q 315 R 500 S 800",
    "reduced": "F 2 G 3 H 5 J 8 K 13 L 20 M 32 N 50 P 80 Q 125 R 200",
}
"""Seven samples of one size."""

DOUBLE = {
    "normal": {
        "1": "0 1/2 2", "2": "0 3/3 4", "3": "1 4/4 5", "5": "2 6/5 7", "7": "3 8/7 9",
        "10": "5 12/9 13", "14": "7 18/11 19", "21": "11 26/16 27", "30": "17 37/22 38",
        "44": "25 56/31 57",
    },
    "tightened": {
        "1": "0 1/2 2", "2": "0 3/3 4", "3": "1 4/4 5", "5": "2 6/5 7", "8": "3 11/7 12",
        "12": "6 15/10 16", "18": "9 23/14 24", "27": "15 34/20 35", "41": "23 52/29 53",
    },
    "reduced": {
        "0/2": "0 0/2 2", "1/3": "0 0/3 4", "1/4": "0 1/4 5", "2/5": "0 3/4 6", "3/6": "1 4/5 7",
        "5/8": "2 6/7 9", "7/10": "3 8/8 12", "10/13": "5 12/10 16", "14/17": "7 18/12 22",
        "21/24": "11 26/17 30",
    },
}  # fmt: skip
"""By the single plan of the cell: acceptance numbers / rejection numbers, sample after sample."""

MULTIPLE = {
    "normal": {
        "1": "- - 0 0 1 1 2/2 2 2 3 3 3 3", "2": "- 0 0 1 2 3 4/2 3 3 4 4 5 5",
        "3": "- 0 1 2 3 4 6/3 3 4 5 6 6 7", "5": "- 1 2 3 5 7 9/4 5 6 7 8 9 10",
        "7": "0 1 3 5 7 10 13/4 6 8 10 11 12 14", "10": "0 3 6 8 11 14 18/5 8 10 13 15 17 19",
        "14": "1 4 8 12 17 21 25/7 10 13 17 20 23 26",
        "21": "2 7 13 19 25 31 37/9 14 19 25 29 33 38",
        "30": "4 11 19 27 36 45 53/12 19 27 34 40 47 54",
        "44": "6 17 29 40 53 65 77/16 27 39 49 58 68 78",
    },
    "tightened": {
        "1": "- - 0 0 1 1 2/2 2 2 3 3 3 3", "2": "- 0 0 1 2 3 4/2 3 3 4 4 5 5",
        "5": "- 1 2 3 5 7 9/4 5 6 7 8 9 10", "8": "0 2 4 6 9 12 14/4 7 9 11 12 14 15",
        "12": "0 3 7 10 14 18 21/6 9 12 15 17 20 22",
        "18": "1 6 11 16 22 27 32/8 12 17 22 25 29 33",
        "27": "3 10 17 24 32 40 48/10 17 24 31 37 43 49",
        "41": "6 16 26 37 49 61 72/15 25 36 46 55 64 73",
    },
    "reduced": {
        "0/2": "- - 0 0 0 0 1/2 2 2 3 3 3 3", "1/3": "- - 0 0 0 1 1/2 3 3 4 4 5 5",
        "1/4": "- - 0 0 1 1 2/3 3 4 5 6 6 7", "2/5": "- 0 0 1 2 3 4/3 4 5 6 7 7 8",
        "3/6": "- 0 1 2 3 4 6/4 5 6 7 8 9 10", "5/8": "- 1 2 3 5 7 9/4 6 8 10 11 12 14",
        "7/10": "0 1 3 5 7 10 13/5 7 9 12 13 15 17",
        "10/13": "0 3 6 8 11 14 18/6 9 12 15 17 20 22",
    },
}  # fmt: skip
"""As `DOUBLE`; "-" is the standard's "#": no acceptance at this sample."""

REFUSED = {
    ("multiple", "tightened", "3"): "the source's first rejection number is 2 where its table of"
    " normal inspection has 3 for the same plan",
}
"""Cells whose one source contradicts itself: kind, severity, single plan of the cell."""
