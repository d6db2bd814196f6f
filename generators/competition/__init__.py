"""Problems in the style of competition mathematics, matched to MATH-500 and drawn from templates.

template.py    `Template`: numbers, filter, texts, `solve`, an independent `check`, and what follows
numbers.py     `Numbers`: the box from which the numbers of a template are drawn
printed.py     how numbers, polynomials, vectors and phrases are printed in a text and read back
texts.py       a template's texts: printing, and reading by regular expressions
printing.py    the typographic styles of MATH (blanks, `$7$` or 7, line breaks), and their removal
answers.py     answer types (fraction, interval, matrix, ...) and how MATH prints them
algebraic.py   exact values that are no rational numbers: polynomials, surds
words.py       names and things for stories
registry.py    the templates by name; a template is registered by its file in the folder of its subject
"""
