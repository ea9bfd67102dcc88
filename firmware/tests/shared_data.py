"""Where the shared test data lies, on whatever interpreter asks: `shared_data.path("nmea/sl869.log")`."""

import os


def path(name):
    """The path of shared/data/<name>."""
    return _root() + "/" + name


def _root():
    if hasattr(os, "getenv"):
        named = os.getenv("YIGAN_SHARED")
        if named:
            return named + "/data"
    try:
        os.stat("/data/nmea")
        return "/data"  # the 32-bit interpreter's file system in memory
    except OSError:
        return __file__.rsplit("/", 1)[0] + "/../../../shared/data"
