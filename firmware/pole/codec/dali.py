"""DALI frames: what a lamp controller says on the two wires of IEC 62386, and how to read the answers.

Source: IEC 62386-102 (control gear, 16-bit forward frames), 62386-103 (control devices, 24 bits), 62386-207 (LED
modules, device type 6), DiiA parts 251 to 253 (D4i memory banks). Names are the standard's; a frame is an int, the
most significant bit first on the wire. There is no checksum: an answer is one byte or nothing, and two answers at
once are a framing error, which still says that somebody answered.
"""

import math

# What an exchange gives when it is no byte.
NO = -1  # nobody answered
MIXED = -2  # somebody did, and no byte can be read: two gears at once, or noise
YES = 255
MASK = 255  # as a level: no change, or unknown
SHORT_ADDRESSES = 64

# Whom a 16-bit frame is for: the address byte, in place, with its selector bit clear.
BROADCAST = 0xFE00
UNADDRESSED = 0xFC00  # gear without a short address

# Commands (62386-102 table 15); level instructions first
OFF = 0x00
UP = 0x01
DOWN = 0x02
STEP_UP = 0x03
STEP_DOWN = 0x04
RECALL_MAX_LEVEL = 0x05
RECALL_MIN_LEVEL = 0x06
STEP_DOWN_AND_OFF = 0x07
ON_AND_STEP_UP = 0x08
ENABLE_DAPC_SEQUENCE = 0x09
GO_TO_LAST_ACTIVE_LEVEL = 0x0A
CONTINUOUS_UP = 0x0B
CONTINUOUS_DOWN = 0x0C
GO_TO_SCENE = 0x10  # + scene
# Configuration: each is obeyed only when it comes twice
RESET = 0x20
STORE_ACTUAL_LEVEL_IN_DTR0 = 0x21
SAVE_PERSISTENT_VARIABLES = 0x22
SET_OPERATING_MODE = 0x23
RESET_MEMORY_BANK = 0x24
IDENTIFY_DEVICE = 0x25
SET_MAX_LEVEL = 0x2A
SET_MIN_LEVEL = 0x2B
SET_SYSTEM_FAILURE_LEVEL = 0x2C
SET_POWER_ON_LEVEL = 0x2D
SET_FADE_TIME = 0x2E
SET_FADE_RATE = 0x2F
SET_EXTENDED_FADE_TIME = 0x30
SET_SCENE = 0x40  # + scene
REMOVE_FROM_SCENE = 0x50  # + scene
ADD_TO_GROUP = 0x60  # + group
REMOVE_FROM_GROUP = 0x70  # + group
SET_SHORT_ADDRESS = 0x80
ENABLE_WRITE_MEMORY = 0x81
# Queries
QUERY_STATUS = 0x90
QUERY_CONTROL_GEAR_PRESENT = 0x91
QUERY_LAMP_FAILURE = 0x92
QUERY_LAMP_POWER_ON = 0x93
QUERY_LIMIT_ERROR = 0x94
QUERY_RESET_STATE = 0x95
QUERY_MISSING_SHORT_ADDRESS = 0x96
QUERY_VERSION_NUMBER = 0x97
QUERY_CONTENT_DTR0 = 0x98
QUERY_DEVICE_TYPE = 0x99
QUERY_PHYSICAL_MINIMUM = 0x9A
QUERY_POWER_FAILURE = 0x9B
QUERY_CONTENT_DTR1 = 0x9C
QUERY_CONTENT_DTR2 = 0x9D
QUERY_OPERATING_MODE = 0x9E
QUERY_LIGHT_SOURCE_TYPE = 0x9F
QUERY_ACTUAL_LEVEL = 0xA0
QUERY_MAX_LEVEL = 0xA1
QUERY_MIN_LEVEL = 0xA2
QUERY_POWER_ON_LEVEL = 0xA3
QUERY_SYSTEM_FAILURE_LEVEL = 0xA4
QUERY_FADE_TIME_FADE_RATE = 0xA5
QUERY_MANUFACTURER_SPECIFIC_MODE = 0xA6
QUERY_NEXT_DEVICE_TYPE = 0xA7
QUERY_EXTENDED_FADE_TIME = 0xA8
QUERY_CONTROL_GEAR_FAILURE = 0xAA
QUERY_SCENE_LEVEL = 0xB0  # + scene
QUERY_GROUPS_ZERO_TO_SEVEN = 0xC0
QUERY_GROUPS_EIGHT_TO_FIFTEEN = 0xC1
QUERY_RANDOM_ADDRESS_H = 0xC2
QUERY_RANDOM_ADDRESS_M = 0xC3
QUERY_RANDOM_ADDRESS_L = 0xC4
READ_MEMORY_LOCATION = 0xC5  # of bank DTR1 at DTR0, which then steps on
# Device type 6, each behind ENABLE DEVICE TYPE (62386-207 table 3)
SELECT_DIMMING_CURVE = 0xE3  # DTR0: 0 logarithmic, 1 linear
QUERY_GEAR_TYPE = 0xED
QUERY_DIMMING_CURVE = 0xEE
QUERY_FAILURE_STATUS = 0xF1
QUERY_EXTENDED_VERSION_NUMBER = 0xFF

# Special commands (table 16): the opcode is the first byte, everybody hears them
TERMINATE = 0xA1
DTR0 = 0xA3
INITIALISE = 0xA5
RANDOMISE = 0xA7
COMPARE = 0xA9
WITHDRAW = 0xAB
PING = 0xAD
SEARCHADDR_H = 0xB1
SEARCHADDR_M = 0xB3
SEARCHADDR_L = 0xB5
PROGRAM_SHORT_ADDRESS = 0xB7
VERIFY_SHORT_ADDRESS = 0xB9
QUERY_SHORT_ADDRESS = 0xBB
ENABLE_DEVICE_TYPE = 0xC1
DTR1 = 0xC3
DTR2 = 0xC5
WRITE_MEMORY_LOCATION = 0xC7
WRITE_MEMORY_LOCATION_NO_REPLY = 0xC9

# The bits of QUERY STATUS
GEAR_FAILURE = 1
LAMP_FAILURE = 2
LAMP_ON = 4
LIMIT_ERROR = 8
FADE_RUNNING = 16
RESET_STATE = 32
NO_SHORT_ADDRESS = 64
POWER_CYCLE_SEEN = 128

LATCH = 0xAA  # written into location 2: the bank stands still, all its bytes of one moment
LED = 6  # device type


def short(address):
    """Whom: one gear, 0 to 63."""
    return address << 9


def group(number):
    """Whom: a group, 0 to 15."""
    return 0x8000 | number << 9


def level(to, arc):
    """DAPC: arc power level 1 to 254, 0 off, 255 stops a fade."""
    return to | arc


def command(to, opcode):
    """A command from the table for an address."""
    return to | 0x100 | opcode


def special(opcode, data=0):
    """A special command; short addresses in `data` are as `short_data` makes them."""
    return opcode << 8 | data


def short_data(address):
    """A short address as PROGRAM and VERIFY SHORT ADDRESS, INITIALISE and DTR0 carry it; None: no address."""
    return MASK if address is None else address << 1 | 1


def is_special(frame):
    """Whether a 16-bit frame is a special command: 101x xxx1 or 110x xxx1."""
    return 0xA0 <= frame >> 8 <= 0xCB and frame & 0x100 != 0


def sends_twice(frame):
    """Whether a 16-bit frame is obeyed only if it comes again within 100 ms (62386-102, 9.3 and 11)."""
    if is_special(frame):
        return frame >> 8 in (INITIALISE, RANDOMISE)
    opcode = frame & 0xFF
    return frame & 0x100 != 0 and (0x20 <= opcode <= 0x81 or 0xE0 <= opcode <= 0xE4)


def answers(frame):
    """Whether a 16-bit frame is a question."""
    if is_special(frame):
        return frame >> 8 in (COMPARE, VERIFY_SHORT_ADDRESS, QUERY_SHORT_ADDRESS, WRITE_MEMORY_LOCATION)
    return frame & 0x100 != 0 and (0x90 <= frame & 0xFF < 0xE0 or frame & 0xFF > 0xE4)


def number(data, at, count):
    """The big-endian number of `count` bytes at data[at], None where it is MASK or TMASK (unknown, not now)."""
    k, last = at, at + count - 1
    while k < last and data[k] == 0xFF:
        k += 1
    if k == last and data[k] >= 0xFE:
        return None
    value = 0
    for k in range(at, last + 1):
        value = value << 8 | data[k]
    return value


def scaled(value, exponent):
    """`value` times ten to the `exponent`, rounded; None stays None."""
    if value is None or exponent >= 0:
        return value if value is None else value * 10**exponent
    return (value + 10**-exponent // 2) // 10**-exponent


def signed(byte):
    """An int8."""
    return byte - 256 if byte & 0x80 else byte


def fade_code(ms):
    """The fade time, 0 to 15, nearest to so many milliseconds (62386-102, 9.5.2: half a second times 2 ** (n / 2))."""
    return 0 if ms < 595 else min(15, int(2 * math.log(ms / 500) / math.log(2) + 0.5))


def fade_ms(code):
    """Milliseconds of a fade time code; 0 is at once."""
    return int(500 * 2 ** (code / 2) + 0.5) if code else 0
