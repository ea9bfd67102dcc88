"""A board's float on an interpreter that has double precision: every step is rounded to 24 bits."""

import math
import struct


class F32(float):
    """IEC 60559 binary32. What a boards' `int` and `float` give as an operand is taken as it is there."""

    def __new__(cls, value):
        return float.__new__(cls, struct.unpack("<f", struct.pack("<f", value))[0])


def _stepwise(name):
    operation = getattr(float, name)
    setattr(F32, name, lambda self, other: F32(operation(float(self), float(F32(other)))))


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "rpow"):
    _stepwise("__%s__" % _name)


class Math:
    """`math` as a board has it."""

    @staticmethod
    def log10(x):
        return F32(math.log10(F32(x)))
