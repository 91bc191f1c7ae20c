"""The examiner compiled to machine code with numba (extra `fast`): the same findings and numbers, faster.

The definition stays in `riskscore.features`, `riskscore.rationale` and their like: whatever needs Unicode or
a string is asked of them, once for each distinct word, and a text that is odd in any way is left to them.

    words.py        what each distinct word stands for       tables.py     model and knowledge as arrays
    workspace.py    the arrays that are worked in            layout.py     texts as code points
    examiner.py     calls the loops, batch by batch          findings.py   what they found, as records

The loops, compiled: tokens (with book), names, then for each text `examining`: reading (terms, word_features,
concept_features), decision, exposure, reasons (ranking, summing, places).
"""
