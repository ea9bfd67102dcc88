"""Who may write by the role in its certificate. Loaded for `role = "certificate"` only."""

from pole import seldom

_WARN = 2  # a level, as in the log


class Roles:
    """`options`: `writer_roles`. `tls`: what net.serve got, and gave `shown`."""

    def __init__(self, pole, options, tls):
        self._log = pole.log
        self._writers = options["writer_roles"]
        self._tls = tls

    def may_write(self, stream):
        """Whether the role of who called, and has just made its first request, may."""
        from pole.codec import certificate_role

        shown = self._tls["shown"](stream)
        if shown is None:
            self._log.add(_WARN, "modbus_tcp", "this image shows no certificates: all may only read")
        try:
            return bool(shown) and certificate_role.role(shown) in self._writers
        except ValueError:  # what the handshake took and nobody can read
            return False
        finally:
            seldom.forget(certificate_role)
