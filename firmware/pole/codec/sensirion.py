"""Sensirion's words on I2C: 16 bits, high byte first, a CRC-8 behind each; and what they mean in integers.

Source: datasheets SHT3x-DIS V6 (4.12, 4.13), SHT4x (4.4, 4.6), SCD4x V1.3 (3.11): polynomial 31, initial FF, nothing
reflected or inverted; BE EF has 92. The quotients below are exact to the last hundredth: half of it is their error.
"""

from pole.errors import BAD_CHECKSUM, DeviceFault


def crc8(buf, at):
    """CRC-8 of the two bytes at `at`."""
    crc = 0xFF
    for k in range(at, at + 2):
        crc ^= buf[k]
        for _ in range(8):
            crc = crc << 1 ^ 0x131 if crc & 0x80 else crc << 1
    return crc


def check(buf, count):
    """DeviceFault unless each of the first `count` words has its CRC. A bus that hangs high fails: FFFF has AC."""
    for at in range(0, 3 * count, 3):
        if crc8(buf, at) != buf[at + 2]:
            raise DeviceFault(BAD_CHECKSUM)


def word(buf, k):
    """Word number `k`."""
    return buf[3 * k] << 8 | buf[3 * k + 1]


def pack(buf, at, value):
    """A word to be written, and its CRC, at `at`."""
    buf[at], buf[at + 1] = value >> 8, value & 255
    buf[at + 2] = crc8(buf, at)


def share(value, span):
    """`span` hundredths times value / 65535, rounded; span / 5 * 65535 must be a small int: span < 81920."""
    return (span // 5 * value + 6553) // 13107


def celsius(value):
    """Hundredths of a degree: -45 + 175 S / 65535, -45.00 to 130.00."""
    return share(value, 17500) - 4500
