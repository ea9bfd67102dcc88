"""TLS for those who connect, as MicroPython has it: the pole shows its certificate, and they theirs.

MicroPython 1.24 and later: mbedTLS with TLS 1.2, certificates and keys as DER. It can demand a client's certificate and
check it, dates too. It shows it to the program (`getpeercert`) where mbedTLS keeps it: by ESP-IDF's default in the images
for ESP32, not in those for RP2 and not in the unix port (extmod/modtls_mbedtls.c, extmod/mbedtls).
"""

import ssl


def context(tls):
    """tls: {cert, key, cadata: bytes}. With cadata a client without a certificate of that authority is refused."""
    tls["shown"] = _shown
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(tls["cert"], tls["key"])
    if tls.get("cadata"):
        made.verify_mode = ssl.CERT_REQUIRED  # type: ignore[attr-defined]
        made.load_verify_locations(cadata=tls["cadata"])
    return made


def _shown(stream):
    sock = stream._socket
    return sock.getpeercert(True) if hasattr(sock, "getpeercert") else None


def secure(made, sock):
    """The accepted socket, encrypted from its next byte on; the handshake takes place as it is read."""
    sock = made.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
    sock.setblocking(False)
    return sock
