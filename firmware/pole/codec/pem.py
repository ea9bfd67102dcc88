"""Certificates and keys for TLS: a board's wants the bytes within the text (RFC 7468)."""

import binascii

from pole.errors import ConfigError


def der(source):
    """PEM text, or the file (PEM or DER) at a path, as DER; None for nothing. ConfigError when it is broken."""
    if not source:
        return None
    data = source.encode()
    if data[:5] != b"-----":
        try:
            with open(source, "rb") as file:
                data = file.read()
        except OSError:
            raise ConfigError("no file " + source)
    parts = data.split(b"-----")
    if not parts[0]:
        body = b"".join(parts[2].split()) if len(parts) > 3 and parts[3] == b"END" + parts[1][5:] else b""
        data = b"" if len(body) % 4 else binascii.a2b_base64(body)  # not every MicroPython looks
    if not data:
        raise ConfigError("PEM")
    return data


def tls(options):
    """What net.connect takes, from the options of an uplink: ca, cert, key, verify, server_name, host."""
    if options["verify"] and not options["ca"]:
        raise ConfigError("ca")
    return {
        "cadata": der(options["ca"]) if options["verify"] else None,
        "cert": der(options["cert"]),
        "key": der(options["key"]),
        "server_hostname": options["server_name"] or options["host"],
    }


def server(options):
    """What net.serve takes, from the options ca, cert, key of an uplink that serves: all of them, never less."""
    found = {
        "cadata": der(options.get("ca")),
        "cert": der(options.get("cert")),
        "key": der(options.get("key")),
    }
    if None in found.values():
        raise ConfigError("tls")
    return found
