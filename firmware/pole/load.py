"""Kind -> module, by name: `kind = "sht4x"` is drivers/sht4x.py, and nothing has to be registered."""

import gc
import sys

from pole import errors


def module(room, kind):
    """pole/<room>/<kind>. ConfigError when there is none; an ImportError inside it is not swallowed."""
    name = "pole.%s.%s" % (room, kind)
    gc.collect()  # what stays for good then lies close together, not between garbage
    try:
        __import__(name)
    except ImportError as error:
        text = str(error)
        if "'%s'" % name in text or "'pole.%s'" % room in text:  # a bundle without tools has no such room
            raise errors.ConfigError("kind %s" % kind)
        raise
    return sys.modules[name]
