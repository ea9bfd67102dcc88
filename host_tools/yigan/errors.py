"""Every error the host tools raise on purpose: what happened, where, and what to try next.

Only `yigan.cli` turns them into text and an exit code.
"""


class YiganError(Exception):
    """`what` happened, `where` (file:line:key, port, frame), `hint`: what to try next."""

    exit_code = 1

    def __init__(self, what: str, where: str = "", hint: str = ""):
        super().__init__(what)
        self.what, self.where, self.hint = what, where, hint

    @property
    def kind(self) -> str:
        """The class of this file that it is: "LinkError" for all that fails at a port."""
        return next(base.__name__ for base in type(self).__mro__ if base.__module__ == __name__)

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  {self.hint}" if self.hint else head


class ConfigError(YiganError):
    """A file that a person wrote is wrong."""

    exit_code = 3


class LinkError(YiganError):
    """The way to a board is closed, busy, or answers nothing we understand."""

    exit_code = 4


class DeviceError(YiganError):
    """The board answered, and said no. `code` is the device's error code (pole/errors.py)."""

    exit_code = 5

    def __init__(self, what: str, where: str = "", hint: str = "", code: int = 0):
        super().__init__(what, where, hint)
        self.code = code


class VerifyError(YiganError):
    """What is there is not what should be there."""

    exit_code = 6


class Refused(YiganError):
    """We could, but must not."""

    exit_code = 7
