"""Whether somebody is behind a network port, without a word to the board."""

import socket
from urllib.parse import urlsplit

_WAIT_S = 0.3


def answers(url: str) -> bool:
    """Whether the server of `socket://host:port` or `rfc2217://host:port` takes a connection, and keeps it."""
    parts = urlsplit(url)
    try:
        line = socket.create_connection((parts.hostname, parts.port), _WAIT_S)
    except (OSError, ValueError):
        return False
    with line:
        try:
            return bool(line.recv(1))  # b"": it hangs up at once
        except TimeoutError:
            return True  # a board that waits
        except OSError:
            return False
