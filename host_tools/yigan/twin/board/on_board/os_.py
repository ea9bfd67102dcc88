# `os` of a board: no environment, no shell.
from collections import namedtuple as _namedtuple
from os import (  # noqa: F401
    VfsFat,
    VfsLfs2,
    chdir,
    getcwd,
    ilistdir,
    listdir,
    mkdir,
    mount,
    remove,
    rename,
    rmdir,
    sep,
    stat,
    statvfs,
    umount,
    unlink,
    urandom,
)

_uname = _namedtuple("uname_result", ("sysname", "nodename", "release", "version", "machine"))
_facts = {}


def uname():
    import sys

    release = ".".join(str(n) for n in sys.implementation.version[:3])
    return _uname(_facts["port"], _facts["port"], release, sys.version, _facts["machine"])


def sync():
    pass


def dupterm(stream=None, index=0):
    if stream is not None:
        raise OSError(22)  # the second terminal is not played


def setup(facts):
    _facts.update(facts)
    del globals()["setup"]
