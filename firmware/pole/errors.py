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
WORDS = (  # of the codes so far, as the console and MQTT say them
    "", "read_only", "out_of_range", "overridden", "not_owned", "unknown_point", "expired", "bad_request", "bad_value"
)

# What a bus or a device did.
NO_ANSWER = 20
BAD_CHECKSUM = 21
BAD_FRAME = 22
ISOLATED = 23  # a dead slave is on probation: not asked this time
DEVICE_EXCEPTION = 24  # + the device's own code in `detail`
SHORT_FRAME = 25

CONFIG = 40
PROTOCOL = 50
AUTH = 70


class PoleError(Exception):
    """`code` from the list above; `detail` is a small int or a short text, for the log."""

    usual = CONFIG

    def __init__(self, code=0, detail=""):
        super().__init__(code, detail)
        self.code = code or self.usual
        self.detail = detail


class BusError(PoleError):
    """Nobody answered: try again. The points become COMM_FAULT."""

    usual = NO_ANSWER


class DeviceFault(PoleError):
    """It answered, and wrongly. The points become FAULT."""

    usual = BAD_FRAME


class ConfigError(PoleError):
    """A field of the compiled configuration cannot be honoured."""

    def __init__(self, field):
        super().__init__(CONFIG, field)


class ProtocolError(PoleError):
    """What came from outside breaks the rules of its protocol."""

    usual = PROTOCOL

    def __init__(self, detail="", code=0):
        super().__init__(code, detail)


class AuthError(ProtocolError):
    """They do not know us, or we do not trust them."""

    usual = AUTH
