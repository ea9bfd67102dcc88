"""The role that a client's certificate gives it, for Modbus/TCP Security. Loaded for a connection's beginning.

Source: MODBUS/TCP Security Protocol Specification, role-based client authorization: the X.509 v3 extension
1.3.6.1.4.1.50316.802.1 holds a UTF8String. Where it lies: RFC 5280, 4.1; how it is written: X.690 (DER).
"""

_OID = b"\x2b\x06\x01\x04\x01\x83\x89\x0c\x86\x22\x01"
_SEQUENCE, _OCTETS, _UTF8, _EXTENSIONS = 0x30, 0x04, 0x0C, 0xA3


def role(der):
    """The role in a certificate that was checked already; "" when it has none. ValueError: it is broken, or has two."""
    end = len(der)
    _, at, end = _element(der, 0, end, _SEQUENCE)
    _, at, end = _element(der, at, end, _SEQUENCE)
    found = ""
    while at < end:
        tag, start, at = _element(der, at, end)
        if tag == _EXTENSIONS:
            _, start, stop = _element(der, start, at, _SEQUENCE)
            while start < stop:
                _, inner, start = _element(der, start, stop, _SEQUENCE)
                said = _role(der, inner, start)
                if said and found:
                    raise ValueError("two roles")
                found = found or said
    return found


def _role(der, at, end):
    """What an extension says, if it is that of the role: its name, perhaps whether it is critical, its value."""
    _, start, at = _element(der, at, end)
    if der[start:at] != _OID:
        return ""
    tag, start, at = _element(der, at, end)
    if tag != _OCTETS:
        _, start, at = _element(der, at, end, _OCTETS)
    _, start, at = _element(der, start, at, _UTF8)
    return bytes(der[start:at]).decode()


def _element(der, at, end, wanted=-1):
    """(tag, where its content begins, where it ends)."""
    if at + 2 > end:
        raise ValueError("certificate")
    tag, n, at = der[at], der[at + 1], at + 2
    if n > 127:
        size, n = n & 127, 0
        if size > 2 or at + size > end:  # 64 KB is longer than any
            raise ValueError("certificate")
        for _ in range(size):
            n = n << 8 | der[at]
            at += 1
    if at + n > end or wanted >= 0 and tag != wanted:
        raise ValueError("certificate")
    return tag, at, at + n
