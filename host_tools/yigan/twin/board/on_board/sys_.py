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
    stderr,
    stdin,
    stdout,
    version,
    version_info,
)
from sys import implementation as _vm

maxsize = 0x7FFFFFFF
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
