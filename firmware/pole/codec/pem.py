"""Certificates and keys as text (RFC 7468): a board's TLS wants the bytes within."""

import binascii

from pole.errors import ConfigError

_MARK = b"-----"


def der(data):
    """The first object in PEM `data` as DER bytes; `data` itself when it is no PEM. ConfigError when it is broken."""
    if not data.startswith(_MARK):
        return data
    parts = data.split(_MARK)
    if len(parts) < 4 or parts[3] != b"END" + parts[1][5:]:
        raise ConfigError("PEM")
    body = parts[2].replace(b"\r", b"").replace(b"\n", b"")
    if len(body) % 4:  # not every MicroPython looks
        raise ConfigError("PEM")
    try:
        return binascii.a2b_base64(body)
    except ValueError:  # binascii.Error is one
        raise ConfigError("PEM")
