"""TLS over a connected socket, as MicroPython has it."""

import ssl


def secure(sock, tls, host):
    """The socket, encrypted from its next byte on. `tls` as in hal/net.py; the handshake takes place as it is used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if tls.get("cadata"):
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=tls["cadata"])
    else:
        context.verify_mode = ssl.CERT_NONE
    if tls.get("cert"):
        context.load_cert_chain(tls["cert"], tls["key"])
    name = tls.get("server_hostname") or host
    return context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
