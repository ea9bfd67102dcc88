"""A pole by Modbus TCP: the point table says what stands where (docs/generated/modbus-map.md), the pole what it has.

Which capabilities a pole carries shows in the quality window: outside their blocks every address is illegal. In
which order it sends the two words of a pair shows in any hole, which reads 0x80000000.
"""

import struct
import time
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, InvalidOperation

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException

from yigan import points
from yigan.errors import DeviceError, LinkError
from yigan.lang import t
from yigan.points import Point
from yigan.via.way import REASONS, Reading, Way, changes, chosen, over, unknown

QUALITIES, AGES, RAWS = 0x8000, 0xA000, 0xC000
QUALITY = ("never", "good", "uncertain", "stale", "warming", "range", "comm_fault", "fault", "manual")
_MOST = 120  # registers a request; 125 are allowed
_NONE = 0xFFFF
_VALID = ("good", "uncertain", "manual")
_HOLE = (0x8000, 0)


def connect(rest: str) -> Way:
    host, _, port = rest.rpartition(":") if rest.rpartition(":")[2].isdigit() else (rest, "", "502")
    return Modbus(host.strip("[]"), int(port))


class Modbus(Way):
    def __init__(self, host: str, port: int = 502):
        self.name = f"modbus:{host}:{port}"
        self._client = ModbusTcpClient(host, port=port, timeout=3, retries=1)
        if not self._client.connect():
            raise LinkError(
                t("Nothing answers by Modbus TCP there.", "该地址没有 Modbus TCP 应答。"),
                f"{host}:{port}",
                t("Is the pole in this network, has it the uplink modbus_tcp, is the port right?",
                  "灯杆是否在此网络中、是否配置了 modbus_tcp、端口是否正确？"),
            )  # fmt: skip
        self._points: list[Point] = []
        self._swapped = False

    # The wire

    def _call(self, function: Callable, *args: object, **details: object):
        try:
            answer = function(*args, **details)
        except (ModbusException, OSError) as error:
            raise LinkError(
                t("Modbus broke off: {e}.", "Modbus 通信中断：{e}。", e=error), self.name
            ) from error
        return answer

    def _words(self, address: int, count: int, holding: bool = False) -> list[int] | None:
        """Registers, None where the address is illegal."""
        read = self._client.read_holding_registers if holding else self._client.read_input_registers
        found: list[int] = []
        for at in range(0, count, _MOST):
            answer = self._call(read, address + at, count=min(_MOST, count - at))
            if answer.isError():
                if answer.exception_code == 2:
                    return None
                raise _refused(answer.exception_code, self.name)
            found += answer.registers
        return found

    # What the pole has

    def present(self) -> list[Point]:
        """The points of this pole, ids ascending; asked once."""
        if not self._points:
            self._discover()
        return self._points

    def _discover(self) -> None:
        for capability in points.load().capabilities.values():
            for number in range(capability.instances):
                ids = capability.ids(number)
                codes = self._words(QUALITIES + ids.start, len(ids))
                if codes is None:
                    break  # instances are numbered without gaps
                there = {ids.start + k for k, code in enumerate(codes) if code != _NONE}
                self._points += [p for p in capability.instance(number) if p.id in there]
                self._see_order([n for n in ids if n not in there])

    def _see_order(self, holes: list[int]) -> None:
        if holes:
            pair = self._words(2 * holes[0], 2)
            self._swapped = pair == [*reversed(_HOLE)]

    def identify(self) -> dict:
        answer = self._call(self._client.read_device_information, read_code=3)
        if answer.isError():
            raise _refused(answer.exception_code, self.name)
        told = {k: v.decode(errors="replace") for k, v in answer.information.items()}
        return {"pole": told.get(6, ""), "board": told.get(5, ""), "version": told.get(2, ""),
                "vendor": told.get(0, ""), "product": told.get(1, ""), "points": len(self.present())}  # fmt: skip

    # Points

    def get(self, names: Iterable[str]) -> list[Reading]:
        present = {point.name: point for point in self.present()}
        return self._read([present[name] for name in chosen(names, present, self.name)])

    def _read(self, wanted: list[Point]) -> list[Reading]:
        found: dict[str, Reading] = {}
        for run in _runs(sorted(wanted, key=lambda point: point.id)):
            first, count = run[0].id, run[-1].id - run[0].id + 1
            codes = self._words(QUALITIES + first, count)
            ages = self._words(AGES + first, count)
            values = self._words(2 * first, 2 * count, holding=run[0].writable)
            if codes is None or ages is None or values is None:
                raise unknown(run[0].name, [], self.name)
            raws = self._words(RAWS + 2 * first, 2 * count)  # a pole without calibrations has no such window
            for point in run:
                k = point.id - first
                pair = raws[2 * k : 2 * k + 2] if raws else None
                found[point.name] = self._reading(point, codes[k], ages[k], values[2 * k : 2 * k + 2], pair)
        return [found[point.name] for point in wanted]

    def _reading(self, point: Point, code: int, age: int, pair: list[int], raw: list[int] | None) -> Reading:
        reason, code = code >> 8, code & 0xFF
        quality = QUALITY[code] if code < len(QUALITY) else str(code)
        value, said = (self._text(point, words) if words else None for words in (pair, raw))
        value = value if quality in _VALID else None
        why = REASONS[reason] if reason < len(REASONS) else str(reason)
        return Reading(point.name, value, point.unit, quality, age if age != _NONE else None, said, why)

    def _text(self, point: Point, pair: list[int]) -> str | None:
        """What the pair says; None for the sentinel of its type."""
        pair = [*reversed(pair)] if self._swapped else pair
        none = {"i16": _HOLE, "i32": _HOLE, "f32": (0x7FC0, 0)}.get(point.type, (_NONE, _NONE))
        return None if tuple(pair) == none else _value(point, pair)

    def set(self, name: str, value: str) -> Reading:
        point = next((point for point in self.present() if point.name == name), None)
        if point is None:
            raise unknown(name, (point.name for point in self.present()), self.name)
        pair = _pair(point, value)
        words = [*reversed(pair)] if self._swapped else pair
        answer = self._call(self._client.write_registers, 2 * point.id, words)
        if answer.isError():
            raise _refused(answer.exception_code, name)
        return self._read([point])[0]

    def watch(self, names: Iterable[str], every_s: int = 1, for_s: float | None = None) -> Iterator[Reading]:
        wanted, started = list(names), time.monotonic()
        before: dict[str, Reading] = {}
        while not over(started, for_s):
            yield from changes(before, self.get(wanted))
            time.sleep(max(every_s, 0.2))

    def close(self) -> None:
        self._client.close()


def _runs(wanted: list[Point]) -> Iterator[list[Point]]:
    """Neighbours that one request can fetch: equal access, near, at most 60 ids."""
    run: list[Point] = []
    for point in wanted:
        if run and (
            point.writable != run[0].writable or point.id - run[0].id >= 60 or point.id - run[-1].id > 8
        ):
            yield run
            run = []
        run.append(point)
    if run:
        yield run


def _value(point: Point, pair: list[int]) -> str:
    """The text of a valid value, as the console gives it."""
    data = struct.pack(">HH", *pair)
    if point.type == "f32":
        return str(struct.unpack(">f", data)[0])
    raw = int.from_bytes(data, "big", signed=point.type in ("i16", "i32"))
    if point.type == "bool":
        return "true" if raw else "false"
    return format(Decimal(raw).scaleb(point.scale), "f")


def _pair(point: Point, text: str) -> list[int]:
    """The two registers that ask for a value. DeviceError, as the pole would say it, when it is none."""
    words = {"true": "1", "false": "0"} if point.type == "bool" else {}
    try:
        number = Decimal(words.get(text, text))
        if point.type == "f32":
            return list(struct.unpack(">HH", struct.pack(">f", float(number))))
        raw = round(number.scaleb(-point.scale))
        return list(struct.unpack(">HH", raw.to_bytes(4, "big", signed=raw < 0)))
    except InvalidOperation as error:
        raise DeviceError(t("{v} is no number.", "{v} 不是数值。", v=text), point.name, code=8) from error
    except (OverflowError, struct.error) as error:
        raise DeviceError(t("{v} is out of range.", "{v} 超出范围。", v=text), point.name, code=2) from error


# What the exception codes mean here (firmware/pole/protocol/register_image.py): (English, Chinese, pole/errors.py).
_REASONS = {
    1: ("This client may not write: add its address to `writers` of modbus_tcp in the pole file.",
        "该客户端无写权限：请把其地址加入配置中 modbus_tcp 的 `writers`。", 0),
    2: ("It can only be read.", "该点只读。", 1),
    3: ("The value is out of its range.", "数值超出范围。", 2),
    4: ("Nothing on this pole serves it.", "该灯杆上没有部件负责此点。", 4),
    6: ("Somebody at the pole has the last word just now.", "现场人员正在手动控制。", 3),
}  # fmt: skip


def _refused(exception: int, where: str) -> DeviceError:
    if exception not in _REASONS:
        return DeviceError(t("Modbus exception {c}.", "Modbus 异常码 {c}。", c=exception), where)
    en, zh, code = _REASONS[exception]
    return DeviceError(t(en, zh), where, code=code)
