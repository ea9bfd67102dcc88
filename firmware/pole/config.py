"""Reads the compiled configuration of a slot: `points.bin` and `config.json`.

Both are written by the host's `yigan build`, and carried with their hashes in the slot's manifest.
"""

import json

from pole import errors
from pole.store import Table

VERSION = 1


def read_points(folder=""):
    """The point table of this pole."""
    with open(folder + "points.bin", "rb") as file:
        return Table(file.read())


def read_config(folder=""):
    """The rest, as the dict of docs/bundle.md, with tuples for its lists. ConfigError when it is of another version."""
    with open(folder + "config.json") as file:
        conf = _tight(json.load(file))
    if conf.get("v") != VERSION:
        raise errors.ConfigError("v")
    return conf


def _tight(value):
    """It with tuples for its lists, which have room for more: nobody adds to a configuration."""
    if isinstance(value, dict):
        for key in value:
            value[key] = _tight(value[key])
    elif isinstance(value, list):
        value = tuple([_tight(one) for one in value])
    return value


def read_identity(folder=""):
    """(version, bundle hash) from the first line of the slot's manifest; ("", "") without one."""
    try:
        with open(folder + "manifest") as file:
            words = file.readline().split()
    except OSError:
        return "", ""
    return (words[4], words[5]) if len(words) == 6 and words[0] == "#" else ("", "")
