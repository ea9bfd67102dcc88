# Build the pole of this slot from its configuration, and run it.
import gc

try:
    with open("texts") as file:  # of the host's bundle/words.py: what was asked for is a name, and no name is kept twice
        for line in file:
            getattr(gc, line[:-1], None)
except OSError:
    pass
gc.collect()
if hasattr(gc, "threshold") and gc.mem_free() < 1 << 18:  # CPython has none; with megabytes it would only cost time
    # Bytes of garbage: what stays for good then lies close together, and what is free in larger pieces.
    gc.threshold(4096)
from pole import app  # noqa: E402

app.main()
