"""The error tree. Each error is a small code: text lives on the host, by code.

Codes are wire identities (console protocol, MQTT results): append only.
"""

# What asked for something may be told no, and why.
READ_ONLY = 1
OUT_OF_RANGE = 2
OVERRIDDEN = 3  # somebody at the pole has the last word just now
NOT_OWNED = 4  # no driver or service serves this point
UNKNOWN_POINT = 5
EXPIRED = 6
BAD_REQUEST = 7
BAD_VALUE = 8

# What a bus or a device did.
NO_ANSWER = 20
BAD_CHECKSUM = 21
BAD_FRAME = 22
ISOLATED = 23  # a dead slave is on probation: not asked this time
DEVICE_EXCEPTION = 24  # + the device's own code in `detail`
SHORT_FRAME = 25

CONFIG = 40
PROTOCOL = 50
STORAGE = 60
AUTH = 70


class PoleError(Exception):
    """`code` from the list above; `detail` is a small int or a short text, for the log."""

    def __init__(self, code, detail=""):
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


class BusError(PoleError):
    """Nobody answered: try again. The points become COMM_FAULT."""

    def __init__(self, code=NO_ANSWER, detail=""):
        super().__init__(code, detail)


class DeviceFault(PoleError):
    """It answered, and wrongly. The points become FAULT."""

    def __init__(self, code=BAD_FRAME, detail=""):
        super().__init__(code, detail)


class ConfigError(PoleError):
    """A field of the compiled configuration cannot be honoured."""

    def __init__(self, field):
        super().__init__(CONFIG, field)


class ProtocolError(PoleError):
    def __init__(self, detail="", code=PROTOCOL):
        super().__init__(code, detail)


class StorageError(PoleError):
    def __init__(self, detail=""):
        super().__init__(STORAGE, detail)


class AuthError(PoleError):
    def __init__(self, detail=""):
        super().__init__(AUTH, detail)
