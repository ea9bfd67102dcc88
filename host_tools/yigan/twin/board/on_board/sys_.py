# `sys` of a board.
from collections import namedtuple as _namedtuple
from sys import (  # noqa: F401
    argv,
    byteorder,
    exit,
    modules,
    path,
    print_exception,
    ps1,
    ps2,
    stdin,
    version,
    version_info,
)
from sys import implementation as _vm
from sys import stdout as _cooked

import _hub
import io as _io

maxsize = 0x7FFFFFFF


class _Raw(_io.IOBase):
    """`stdout.buffer`: unlike print, a port changes no line end in it."""

    def write(self, data):
        for at in range(0, len(data), 4096):
            _hub.call(_hub.RAW, 0, 0, memoryview(data)[at : at + 4096])
        return len(data)


class _Stdout(_io.IOBase):
    buffer = _Raw()

    def write(self, data):
        return _cooked.write(data)


stdout = stderr = _Stdout()
_fields = ("name", "version", "_machine", "_mpy", "_build", "_thread")
platform = ""


def setup(facts):
    global platform, implementation
    platform = facts["port"]
    make = _namedtuple("implementation", _fields)
    thread = "GIL" if facts["port"] == "esp32" else "unsafe"
    implementation = make(_vm.name, _vm.version, facts["machine"], facts["mpy"], facts["build"], thread)
    del argv[:]
    argv.append("")
    del globals()["setup"]
