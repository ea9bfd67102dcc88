"""HMAC-SHA-256 (RFC 2104, FIPS 198-1), which MicroPython has no module for."""

import hashlib

_BLOCK = 64


class Key:
    """Two hashes a message; the padded key is made once."""

    def __init__(self, key):
        if len(key) > _BLOCK:
            key = hashlib.sha256(key).digest()
        key = key + bytes(_BLOCK - len(key))
        self._inner = bytes([b ^ 0x36 for b in key])
        self._outer = bytes([b ^ 0x5C for b in key])

    def sign(self, message):
        """The 32 bytes that only who has the key can make of `message`."""
        inner = hashlib.sha256(self._inner)
        inner.update(message)
        outer = hashlib.sha256(self._outer)
        outer.update(inner.digest())
        return outer.digest()


def equal(a, b):
    """Whether two signatures are the same, in a time that does not tell where they differ."""
    if len(a) != len(b):
        return False
    differ = 0
    for k in range(len(a)):
        differ |= a[k] ^ b[k]
    return differ == 0
