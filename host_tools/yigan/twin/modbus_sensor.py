"""Twins of Modbus sensors, each drawn from its maker's register table and not from the firmware's map of it.

A slave of one of the KINDS answers functions 3 or 4 for the registers that its table has, 6 for its settings, and
exceptions for all else, as MODBUS Application Protocol V1.1b3 says. Framing is the line's (twin/modbus_rtu.py).
"""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from yigan import near
from yigan.errors import ConfigError
from yigan.lang import t

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE = 1, 2, 3, 4
_MOST = 125


def _word(number: float) -> bytes:
    """One register, two's complement."""
    return struct.pack(">H", round(number) & 0xFFFF)


def _long(number: float) -> bytes:
    """Two registers, high word first."""
    return struct.pack(">I", round(number) & 0xFFFFFFFF)


def _float(number: float) -> bytes:
    """Two registers that hold a float, high word first."""
    return struct.pack(">f", number)


def _little_float(number: float) -> bytes:
    """Two registers that hold a float with its lowest byte first."""
    return struct.pack("<f", number)


@dataclass(frozen=True)
class Quantity:
    """What stands from `register` on: `encode(value * factor)`. `value` is in the unit of `name`'s point."""

    name: str
    register: int
    encode: Callable[[float], bytes]
    factor: float
    value: float  # what it shows when nobody set it


@dataclass(frozen=True)
class Kind:
    """A device: the function that reads it, its quantities, the registers that read as 0, and its settings.

    `settings`: registers that function 3 reads and 6 writes, with their values as delivered. `spans`: (first, last)
    of what may be read; outside is exception 02.
    """

    function: int
    quantities: tuple[Quantity, ...]
    spans: tuple[tuple[int, int], ...]
    settings: dict[int, int] = field(default_factory=dict)
    address_register: int = -1
    address: int = 1
    pairs: bool = False  # an odd start or count is exception 02


KINDS = {
    # Manual, register table: 0006 pH x 100; 0012 moisture x 10; 0013 temperature x 10, signed; 0015 conductivity;
    # 001E, 001F, 0020 N, P, K in mg/kg; 0100 address; 0101 baud.
    "jxbs_3001": Kind(
        3,
        (
            Quantity("ph", 0x06, _word, 100, 6.85),
            Quantity("moisture", 0x12, _word, 10, 31.4),
            Quantity("temperature", 0x13, _word, 10, 18.6),
            Quantity("conductivity", 0x15, _word, 1, 412),
            Quantity("nitrogen", 0x1E, _word, 1, 38),
            Quantity("phosphorus", 0x1F, _word, 1, 17),
            Quantity("potassium", 0x20, _word, 1, 95),
        ),
        ((0x06, 0x06), (0x12, 0x13), (0x15, 0x15), (0x1E, 0x20)),
        {0x0100: 1, 0x0101: 9600},
        0x0100,
    ),
    # User manual V1.4, 4.1.2: int32 high word first, x 1000, input registers; pressure in Pa.
    "sensecap_one": Kind(
        4,
        (
            Quantity("temperature", 0x00, _long, 1000, 28.3),
            Quantity("humidity", 0x02, _long, 1000, 61.25),
            Quantity("pressure", 0x04, _long, 100000, 1008.4),  # hPa here, thousandths of Pa there
            Quantity("illuminance", 0x06, _long, 1000, 23500),
            Quantity("wind_direction_min", 0x08, _long, 1000, 80),
            Quantity("wind_direction_max", 0x0A, _long, 1000, 100),
            Quantity("wind_direction", 0x0C, _long, 1000, 90),
            Quantity("wind_speed_min", 0x0E, _long, 1000, 1.1),
            Quantity("wind_speed_max", 0x10, _long, 1000, 5.2),
            Quantity("wind_speed", 0x12, _long, 1000, 3.4),
        ),
        ((0x00, 0x13),),
    ),
    # Manual: input 0001 temperature x 10, signed; 0002 humidity x 10; holding 0101 address, 0102 baud, 0103/0104 offsets.
    "xy_md02": Kind(
        4,
        (Quantity("temperature", 0x01, _word, 10, 30.5), Quantity("humidity", 0x02, _word, 10, 55.0)),
        ((0x01, 0x02),),
        {0x0101: 1, 0x0102: 9600, 0x0103: 0, 0x0104: 0},
        0x0101,
    ),
    # Manual: 2600 temperature, 2602 pH, floats with the lowest byte first.
    "phg_2091": Kind(
        3,
        (
            Quantity("temperature", 0x2600, _little_float, 1, 25.0),
            Quantity("ph", 0x2602, _little_float, 1, 10.07),
        ),
        ((0x2600, 0x2603),),
    ),
    # DFRobot SEN0483: 0000 speed x 10; 07D0 address, 07D1 baud as an index.
    "wind_speed": Kind(
        3, (Quantity("wind_speed", 0x00, _word, 10, 3.7),), ((0x00, 0x00),), {0x07D0: 2, 0x07D1: 2}, 0x07D0, 2
    ),
    # IOT-S300NOIS: 0000 level x 10; 07D0 address, 07D1 baud as an index.
    "noise": Kind(
        3, (Quantity("la", 0x00, _word, 10, 50.1),), ((0x00, 0x00),), {0x07D0: 1, 0x07D1: 2}, 0x07D0
    ),
    # SDM120Modbus Protocol V2.4, SDM230Modbus Protocol V1.4, 1.2: floats on even addresses; a published log reads 80
    # registers from 0 on at once, the unused ones among them.
    "sdm120": Kind(
        4,
        (
            Quantity("voltage_a", 0x00, _float, 1, 230.2),
            Quantity("current_a", 0x06, _float, 1, 0.1248),
            Quantity("power", 0x0C, _float, 1, 20.887),
            Quantity("apparent_power", 0x12, _float, 1, 22.776),
            Quantity("reactive_power", 0x18, _float, 1, -9.082),
            Quantity("power_factor", 0x1E, _float, 1, 0.917),
            Quantity("frequency", 0x46, _float, 1, 50.0),
            Quantity("energy", 0x48, _float, 1, 1234.5),
            Quantity("energy_returned", 0x4A, _float, 1, 0.0),
            Quantity("reactive_energy", 0x4C, _float, 1, 12.3),
            Quantity("demand", 0x54, _float, 1, 21.0),
            Quantity("demand_maximum", 0x56, _float, 1, 130.5),
        ),
        ((0x0000, 0x005F), (0x0102, 0x010D), (0x0156, 0x0159)),
        pairs=True,
    ),
    # SDM630-Modbus MID V2 manual, 1.2.
    "sdm630": Kind(
        4,
        (
            Quantity("voltage_a", 0x00, _float, 1, 230.2),
            Quantity("voltage_b", 0x02, _float, 1, 229.1),
            Quantity("voltage_c", 0x04, _float, 1, 231.7),
            Quantity("current_a", 0x06, _float, 1, 1.5),
            Quantity("current_b", 0x08, _float, 1, 0.5),
            Quantity("current_c", 0x0A, _float, 1, 0.25),
            Quantity("power_a", 0x0C, _float, 1, 340.0),
            Quantity("power_b", 0x0E, _float, 1, 110.0),
            Quantity("power_c", 0x10, _float, 1, 55.0),
            Quantity("power", 0x34, _float, 1, 505.0),
            Quantity("apparent_power", 0x38, _float, 1, 518.0),
            Quantity("reactive_power", 0x3C, _float, 1, -60.0),
            Quantity("power_factor", 0x3E, _float, 1, 0.975),
            Quantity("frequency", 0x46, _float, 1, 49.98),
            Quantity("energy", 0x48, _float, 1, 4321.25),
            Quantity("energy_returned", 0x4A, _float, 1, 1.5),
            Quantity("reactive_energy", 0x4C, _float, 1, 12.5),
            Quantity("demand", 0x54, _float, 1, 500.0),
            Quantity("demand_maximum", 0x56, _float, 1, 800.0),
        ),
        ((0x0000, 0x0077), (0x00C8, 0x00EF), (0x0156, 0x017D)),
        pairs=True,
    ),
}


MATRIX = {  # fault -> qualities that its points may have under it
    "silent": ("comm_fault",), "exception": ("fault",), "slow": ("good",), "stuck": ("good",), "range": ("range", "good"),
    "noise": ("good", "fault"), "bad_crc": ("fault",), "truncated": ("fault",), "wrong_address": ("fault", "comm_fault"),
    "late": ("comm_fault",),
}  # fmt: skip
MATRIX_OPTIONS = {"map": "xy_md02", "address": 1}
STIR = {"temperature": (21.5, -7.0)}


class Twin:
    """A slave. options: `map` names its kind, `address`; the rest is the line's.

    Faults: silent (no power to its bus driver), exception (answers 04), stuck (values do not follow any more),
    and those that twin/modbus_rtu.py makes of its frames.
    """

    BUS = "modbus"
    FAULTS = (
        "silent", "exception", "stuck", "range", "noise", "bad_crc", "truncated", "wrong_address", "slow", "late",
    )  # fmt: skip

    def __init__(self, clock, options: dict):
        self.clock = clock
        self.kind = KINDS[_known(options.get("map", ""), KINDS)]
        self.address = int(options.get("address", self.kind.address))
        self.faults: set[str] = set()
        self.powered = False
        self.requests = 0
        self._values = {q.name: q.value for q in self.kind.quantities}
        self._settings = {**self.kind.settings}
        self._registers: dict[int, int] = {}
        if self.kind.address_register >= 0:
            self._settings[self.kind.address_register] = self.address
        self._draw()

    def start(self) -> None:
        self.powered = True
        if self.kind.address_register >= 0:  # a new address holds from the next power-up on
            self.address = self._settings[self.kind.address_register]

    def stop(self) -> None:
        self.powered = False

    # What a person at the pole does and sees

    def set(self, name: str, value: float) -> None:
        """A quantity by its point's name, in its point's unit. ConfigError for one it has not."""
        self._values[_known(name, self._values)] = float(value)
        if "stuck" not in self.faults:
            self._draw()

    def state(self) -> dict:
        return {**self._values, "address": self.address, "requests": self.requests}

    def fault(self, name: str, on: bool = True) -> None:
        (self.faults.add if on else self.faults.discard)(_known(name, self.FAULTS))
        if "stuck" not in self.faults:
            self._draw()

    # The wire

    def request(self, pdu: bytes) -> bytes | None:
        """The reply PDU; None is silence."""
        if not self.powered or "silent" in self.faults or not pdu:
            return None
        self.requests += 1
        if "exception" in self.faults:
            return self._exception(pdu[0], DEVICE_FAILURE)
        act = {3: self._read, 4: self._read, 6: self._write}.get(pdu[0])
        return act(pdu) if act else self._exception(pdu[0], ILLEGAL_FUNCTION)

    def _exception(self, function: int, code: int) -> bytes:
        return bytes([function | 0x80, code])

    def _draw(self) -> None:
        """The registers as the values are now."""
        for quantity in self.kind.quantities:
            data = quantity.encode(self._values[quantity.name] * quantity.factor)
            if "range" in self.faults:  # a sensor element that is torn off
                data = b"\x7f\xff" + data[2:]
            for k, (word,) in enumerate(struct.iter_unpack(">H", data)):
                self._registers[quantity.register + k] = word

    def _read(self, pdu: bytes) -> bytes:
        if len(pdu) != 5:
            return self._exception(pdu[0], ILLEGAL_VALUE)
        start, count = struct.unpack(">HH", pdu[1:])
        if not 1 <= count <= _MOST:
            return self._exception(pdu[0], ILLEGAL_VALUE)
        words = self._words(pdu[0], start, count)
        if words is None:
            return self._exception(pdu[0], ILLEGAL_ADDRESS)
        return bytes([pdu[0], 2 * count]) + struct.pack(f">{count}H", *words)

    def _words(self, function: int, start: int, count: int) -> list[int] | None:
        wanted = range(start, start + count)
        if self.kind.pairs and (start | count) & 1:
            return None
        if function == self.kind.function:
            inside = any(first <= start and wanted[-1] <= last for first, last in self.kind.spans)
            if inside:
                return [self._registers.get(register, 0) for register in wanted]
        if function == 3 and all(register in self._settings for register in wanted):
            return [self._settings[register] for register in wanted]
        return None

    def _write(self, pdu: bytes) -> bytes:
        if len(pdu) != 5:
            return self._exception(pdu[0], ILLEGAL_VALUE)
        register, value = struct.unpack(">HH", pdu[1:])
        if register not in self._settings:
            return self._exception(pdu[0], ILLEGAL_ADDRESS)
        if register == self.kind.address_register and not 1 <= value <= 247:
            return self._exception(pdu[0], ILLEGAL_VALUE)
        self._settings[register] = value
        return pdu


def _known(name: str, names: Iterable[str]) -> str:
    """The name, if there is such a one."""
    if name not in names:
        raise ConfigError(t("{n} is unknown.", "{n} 未知。", n=name), hint=near.hint(name, names))
    return name
