"""The scorer compiled to machine code with numba (extra `fast`): the same features and numbers, faster.

`tables` holds the model as flat arrays, `words` what each distinct word stands for, `kernel` the
loops; `scorer` joins them. The definition stays in `riskscore.features`: whatever needs Unicode or a
string is asked of it, once for each distinct word, and a text that is odd in any way is left to it.
"""
