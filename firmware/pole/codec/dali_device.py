"""DALI frames for control devices: sensors, push buttons, application controllers, 24 bits each.

Source: IEC 62386-103:2014. Names are the standard's. Device short addresses live beside those of the gear: two
parts with number 5 may share a line, one of each.
"""

BROADCAST = 0xFE0000
UNADDRESSED = 0xFC0000
DEVICE = 0xFE  # instance byte: the device itself
ALL_INSTANCES = 0xFF

# Device commands; those below 0x30 come twice
IDENTIFY_DEVICE = 0x00
RESET_POWER_CYCLE_SEEN = 0x01
RESET = 0x10
SET_SHORT_ADDRESS = 0x14
ENABLE_APPLICATION_CONTROLLER = 0x16
DISABLE_APPLICATION_CONTROLLER = 0x17
START_QUIESCENT_MODE = 0x1D
STOP_QUIESCENT_MODE = 0x1E
QUERY_DEVICE_STATUS = 0x30
QUERY_MISSING_SHORT_ADDRESS = 0x33
QUERY_VERSION_NUMBER = 0x34
QUERY_NUMBER_OF_INSTANCES = 0x35
QUERY_RANDOM_ADDRESS_H = 0x39
QUERY_RANDOM_ADDRESS_M = 0x3A
QUERY_RANDOM_ADDRESS_L = 0x3B
READ_MEMORY_LOCATION = 0x3C
QUERY_DEVICE_CAPABILITIES = 0x46
# Instance commands; 0x61 to 0x68 come twice
ENABLE_INSTANCE = 0x62
DISABLE_INSTANCE = 0x63
SET_EVENT_SCHEME = 0x67
SET_EVENT_FILTER = 0x68
QUERY_INSTANCE_TYPE = 0x80
QUERY_RESOLUTION = 0x81
QUERY_INSTANCE_ENABLED = 0x86
QUERY_INPUT_VALUE = 0x8C
QUERY_INPUT_VALUE_LATCH = 0x8D

# Special commands: 0xC1, this, data
TERMINATE = 0x00
INITIALISE = 0x01
RANDOMISE = 0x02
COMPARE = 0x03
WITHDRAW = 0x04
SEARCHADDR_H = 0x05
SEARCHADDR_M = 0x06
SEARCHADDR_L = 0x07
PROGRAM_SHORT_ADDRESS = 0x08
VERIFY_SHORT_ADDRESS = 0x09
QUERY_SHORT_ADDRESS = 0x0A
WRITE_MEMORY_LOCATION = 0x20
DTR0 = 0x30
DTR1 = 0x31
DTR2 = 0x32


def short(address):
    """Whom: one device, 0 to 63."""
    return address << 17


def command(to, opcode, instance=DEVICE):
    """A command for a device, or for one of its instances, 0 to 31."""
    return to | 0x10000 | instance << 8 | opcode


def special(opcode, data=0):
    """A special command: everybody hears it."""
    return 0xC10000 | opcode << 8 | data


def event(frame):
    """(short address, instance type, event) of an event message in the scheme of device and type, else None.

    62386-103, 7.2.2: 0AAAAAA0 0TTTTTEE EEEEEEEE; a sensor speaks unasked.
    """
    if frame & 0x810000 or frame & 0x8000:
        return None
    return frame >> 17 & 63, frame >> 10 & 31, frame & 0x3FF


def sends_twice(frame):
    """Whether a 24-bit frame is obeyed only if it comes again within 100 ms."""
    if frame >> 16 == 0xC1:
        return frame >> 8 & 0xFF in (INITIALISE, RANDOMISE)
    if not frame & 0x10000 or frame >> 16 >= 0xC0 and frame >> 16 < 0xFC:
        return False
    opcode, instance = frame & 0xFF, frame >> 8 & 0xFF
    return opcode < 0x30 if instance == DEVICE else 0x61 <= opcode <= 0x68
