"""Sums wider than a small int, as two words of an array: hundreds of thousands of readings of 30 bits, and no allocation."""


def put(words, at, value, times):
    """Add `value * times` to the sum words[at] * 65536 + words[at + 1]. |value| < 2**30, 0 <= times <= 3600."""
    low = words[at + 1] + (value & 65535) * times
    words[at + 1] = low & 65535
    words[at] += (value >> 16) * times + (low >> 16)


def merge(words, at, there):
    """Add the sum at `there` to the one at `at`."""
    low = words[at + 1] + words[there + 1]
    words[at + 1] = low & 65535
    words[at] += words[there] + (low >> 16)


def total(words, at):
    return (words[at] << 16) + words[at + 1]


def ratio(a, b):
    """a / b as an integer, halves to the even one (as GB/T 8170 and HJ 212-2025 round)."""
    whole, rest = divmod(a, b)
    return whole + (2 * rest > b or 2 * rest == b and whole & 1)
