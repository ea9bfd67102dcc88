# Build the pole of this slot from its configuration, and run it.
import gc

gc.collect()
from pole import app  # noqa: E402

app.main()
