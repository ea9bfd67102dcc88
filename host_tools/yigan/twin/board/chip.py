"""What a chip's port says and refuses: identity, pins, UARTs, reset causes, limits.

Source: MicroPython 1.26 ports/esp32 (modmachine.c, machine_pin.c, machine_uart.c) and ports/rp2 (modmachine.c,
machine_uart.c, machine_wdt.c). The pins come from `boards/*.toml`.
"""

from dataclasses import dataclass, field

from yigan import boards

# What 128 KB hold on a board takes 176 KB on the 64-bit VM (an ESP32 with its Wi-Fi on).
_VM_FOR_BOARD = 176 / 128
_ESP32_WIFI = 36 * 1024  # of the heap, once the radio is on


@dataclass(frozen=True)
class Chip:
    """A board as the VM and its shims need it."""

    board: str
    port: str  # esp32 | rp2
    name: str
    machine: str  # sys.implementation._machine
    build: str
    mpy: int
    usb: bool  # the console has flow control
    radio: bool
    lan: bool
    uarts: tuple[int, ...]
    outputs: tuple[int, ...]
    inputs: tuple[int, ...]
    adc: tuple[int, ...]
    functions: dict[str, list[int]] = field(default_factory=dict)
    heap: int = 176 * 1024  # of the VM, for the pole alone
    flash: int = 0x200000
    page: int = 32  # littlefs program size of the port
    mhz: int = 160
    wdt_max_ms: int = 0

    def facts(self) -> dict:
        """What the shims are told."""
        keys = ("port", "name", "machine", "build", "mpy", "radio", "lan", "uarts", "page", "mhz", "wdt_max_ms", "functions")
        facts = {key: getattr(self, key) for key in keys}
        return {**facts, "out": self.outputs, "in": self.inputs, "adc": self.adc}


# chip -> (machine, build, .mpy version and native architecture as sys.implementation._mpy has them)
_NAMES = {
    "esp32": ("Generic ESP32 module with ESP32", "ESP32_GENERIC", 0x2B06),
    "esp32s3": ("Generic ESP32S3 module with ESP32S3", "ESP32_GENERIC_S3", 0x2B06),
    "rp2040": ("Raspberry Pi Pico W with RP2040", "RPI_PICO_W", 0x1306),
    "rp2350": ("Raspberry Pi Pico 2 W with RP2350", "RPI_PICO2_W", 0x1F06),
}


def load(name: str) -> Chip:
    """The chip of `boards/<name>.toml`; ConfigError when there is none, or it runs Linux."""
    board = boards.load(name)
    machine, build, mpy = _NAMES.get(board.chip, (f"{board.module} with {board.chip.upper()}", board.chip, 0x0306))
    usable = [p for p in board.all_pins.values() if not p.reserved]
    functions: dict[str, list[int]] = {}
    for pin in usable:
        for function in pin.functions or ():
            functions.setdefault(function, []).append(pin.number)
    rp2 = board.port == "rp2"
    return Chip(
        board=name,
        port=board.port,
        name=board.chip,
        machine=machine,
        build=build,
        mpy=mpy,
        usb=board.console.get("kind") == "usb",
        radio="wifi" in board.interfaces,
        lan="ethernet" in board.interfaces,
        uarts=(0, 1) if rp2 else (0, 1, 2),
        outputs=tuple(p.number for p in usable if p.output),
        inputs=tuple(p.number for p in usable if p.input),
        adc=tuple(p.number for p in usable if p.adc),
        functions=functions,
        heap=int((board.heap_bytes - (0 if rp2 else _ESP32_WIFI)) * _VM_FOR_BOARD),
        flash=board.flash.vfs[1] or 0x200000,
        page=256 if rp2 else 32,
        mhz=board.cpu_mhz,
        wdt_max_ms=board.watchdog_ms,
    )
