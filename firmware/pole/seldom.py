"""Code that is seldom needed: a function imports it for one piece of work, and it is forgotten behind it."""

import sys


def forget(module):
    """Let go of `module`; its next import loads it anew. On a board its bytecode is free heap again."""
    room, _, name = module.__name__.rpartition(".")
    sys.modules.pop(module.__name__, None)
    if hasattr(sys.modules[room], name):
        delattr(sys.modules[room], name)
