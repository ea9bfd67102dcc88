# Build the pole of this slot from its configuration, and run it.
import gc

try:
    with open("texts") as file:  # of the host's bundle/words.py: what was asked for is a name, and no name is kept twice
        for line in file:
            getattr(gc, line[:-1], None)
except OSError:
    pass
gc.collect()
from pole import app  # noqa: E402

app.main()
