"""Bosch BME280: what its counts mean, in integers that stay small (30 bits) for any calibration seen in the field.

Source: Bosch BST-BME280-DS002 rev. 1.6, 4.2.2 (calibration), 4.2.3 (temperature and humidity, step by step as there),
8.1 (pressure as there in floats; the 64-bit formula of 4.2.3 would make a dozen big integers a reading).
Pressure differs from the 64-bit formula by less than 1 Pa from 300 to 1100 hPa and -40 to 85 degrees: tested.
"""

import struct


def calibration(first, second):
    """(T1, T2, T3, P1 ... P9, H1, H2, H3, H4, H5, H6) of the registers 88 to A1 and E1 to E7."""
    h2, h3, e4, e5, e6, h6 = struct.unpack("<hBbBbb", second)
    return struct.unpack("<HhhHhhhhhhhhxB", first) + (h2, h3, e4 * 16 + (e5 & 15), e6 * 16 + (e5 >> 4), h6)


def fine(counts, c):
    """The temperature as the other formulas want it: 5120 a degree."""
    v1 = (((counts >> 3) - 2 * c[0]) * c[1]) >> 11
    v2 = (counts >> 4) - c[0]
    return v1 + (((v2 * v2 >> 12) * c[2]) >> 14)


def celsius(fine):
    """Hundredths of a degree."""
    return (5 * fine + 128) >> 8


def pressure(counts, fine, c):
    """Eighths of a pascal; 0 when the calibration makes none."""
    x = fine - 128000  # twice var1 of 8.1
    y = x >> 4
    square = (x + 8 >> 4) * (x + 8 >> 4) >> 11  # x x / 2^19
    offset = c[6] * 256 + (x * c[7] >> 10) + (square * c[8] >> 8)  # 16 var2 / 4096
    one = (
        16777216 + ((y * c[4] + ((x & 15) * c[4] >> 4)) >> 7) + (square * c[5] >> 12)
    )  # 2^24 (1 + var1 / 32768)
    divisor = ((one >> 12) * c[3] + ((one & 4095) * c[3] >> 12) + 64) >> 7  # 32 P1 of it
    if divisor <= 0:
        return 0
    # 100000 / divisor of this, in steps whose remainders stay small
    left = (1048576 - counts) * 16 - offset
    p = left // divisor * 100000
    left = left % divisor * 400
    p += left // divisor * 250 + left % divisor * 250 // divisor
    quarter = (p + 16) >> 5  # of the pascals
    curve = (quarter * quarter >> 14) * c[11] >> 13
    return p + ((curve + (quarter * c[10] >> 13) + c[9]) >> 1)


def humidity(counts, fine, c):
    """Hundredths of a per cent, 0 to 10000."""
    h = fine - 76800
    d = counts - 64 * c[15]  # counts 2^14 - H4 2^20, of which half is taken at once
    first = (d >> 1) + ((((d & 1) << 14) - c[16] * h + 16384) >> 15)
    second = ((h * c[17] >> 10) * ((h * c[14] >> 11) + 32768) >> 10) + 2097152
    v = first * ((second * c[13] + 8192) >> 14)
    v -= ((v >> 15) * (v >> 15) >> 7) * c[12] >> 4
    v = max(0, min(419430400, v)) >> 12  # 1024 a per cent
    return (25 * v + 128) >> 8
