# What the chip's ROM and the port's main() do before anybody's code: the VM's first file.
import _launch

_run = _launch.prepare()
del _launch
_run(globals())
del _run
