"""A serial terminal: bytes into readable lines, typed lines into bytes, a port that may go and come back.

Nothing here prints: what is to be seen goes to an output object (`yigan.cli` has it) with three calls,
`show(Heard)`, `note(text)` and `raw(text)`, from whatever thread.
"""
