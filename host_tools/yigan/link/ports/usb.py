"""USB identities of boards and of the adapters on them.

Sources: Linux, drivers/usb/serial/ch341.c, cp210x.c, ftdi_sio.c and class/cdc-acm.c (bridges); Raspberry Pi's list of
product ids and RP2350 datasheet 5.7.1 (2e8a); MicroPython, ports/rp2/mpconfigport.h (2e8a:0005); esptool-js,
USB_JTAG_SERIAL_PID (303a:1001). Confirmed in none of them: 303a:0002, 303a:4001, 1a86:55d4, 1a86:7522.
"""

from dataclasses import dataclass

BRIDGE, NATIVE, LOADER, DRIVE = "bridge", "native", "loader", "drive"


@dataclass(frozen=True)
class Kind:
    """`role`: a bridge to a chip's UART, a chip's own port, one that is a loader for sure, a boot drive.

    `driver`: what Windows and macOS may want for it; "" where the system has it.
    """

    name: str
    role: str
    driver: str = ""


_CH34X = "CH34x (CH341SER, wch-ic.com)"
_CP210X = "CP210x VCP (silabs.com)"
_FTDI = "FTDI VCP (ftdichip.com)"

_KINDS = {
    "1a86:7523": Kind("CH340", BRIDGE, _CH34X),
    "1a86:7522": Kind("CH340", BRIDGE, _CH34X),
    "1a86:5523": Kind("CH341", BRIDGE, _CH34X),
    "1a86:55d3": Kind("CH343", BRIDGE, "CH343 (CH343SER, wch-ic.com)"),
    "1a86:55d4": Kind("CH9102", BRIDGE, "CH343 (CH343SER, wch-ic.com)"),
    "10c4:ea60": Kind("CP210x", BRIDGE, _CP210X),
    "10c4:ea70": Kind("CP2105", BRIDGE, _CP210X),
    "10c4:ea71": Kind("CP2108", BRIDGE, _CP210X),
    "0403:6001": Kind("FT232R", BRIDGE, _FTDI),
    "0403:6010": Kind("FT2232", BRIDGE, _FTDI),
    "0403:6011": Kind("FT4232", BRIDGE, _FTDI),
    "0403:6014": Kind("FT232H", BRIDGE, _FTDI),
    "0403:6015": Kind("FT231X", BRIDGE, _FTDI),
    "303a:1001": Kind("ESP32 USB-Serial/JTAG", NATIVE),
    "303a:0002": Kind("ESP32-S2 ROM", LOADER),
    "303a:4001": Kind("ESP32-S2/S3 MicroPython", NATIVE),
    "2e8a:0003": Kind("RP2040 BOOTSEL", DRIVE),
    "2e8a:000f": Kind("RP2350 BOOTSEL", DRIVE),
    "2e8a:0005": Kind("RP2 MicroPython", NATIVE),
    "2e8a:000a": Kind("RP2 SDK", NATIVE),
    "2e8a:000b": Kind("RP2 CircuitPython", NATIVE),
    "f055:9800": Kind("pyboard", NATIVE),
}
_MAKERS = {"303a": Kind("Espressif", NATIVE), "2e8a": Kind("Raspberry Pi", NATIVE), "239a": Kind("Adafruit", NATIVE),
           "2341": Kind("Arduino", NATIVE)}  # fmt: skip


def kind(usb: str) -> Kind | None:
    """What "vid:pid" is; None for what is no board as far as we know, and is not to be written to unasked."""
    return _KINDS.get(usb) or _MAKERS.get(usb.partition(":")[0])


def name(usb: str) -> str:
    found = kind(usb)
    return found.name if found else ""


def role(usb: str) -> str:
    found = kind(usb)
    return found.role if found else ""
