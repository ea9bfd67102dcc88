"""The check of an HJ 212 message."""


def check(buf, start=0, end=None):
    """HJ 212, annex A: the low byte is thrown away at each step, so it is not CRC-16/MODBUS."""
    crc = 0xFFFF
    for i in range(start, len(buf) if end is None else end):
        crc = (crc >> 8) ^ buf[i]
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
    return crc
