"""A pole's RS-485 line in a technician's hands: who is there, who is there twice, and an address for each.

Nearly all sensors leave their makers with address 1. Two of them on one line answer at once and spoil each other; each
must be given its own address while it is alone. The pole puts the questions on the wire (firmware/pole/tools/modbus.py)
and tells what it heard, byte for byte; what that means is judged here.
"""

import struct
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from yigan.conf import regmap
from yigan.conf.regmap import RegMap
from yigan.errors import ConfigError, DeviceError, LinkError, Refused, VerifyError
from yigan.lang import t
from yigan.via.way import Way

ABSENT, ALONE, GARBLED = "absent", "alone", "garbled"
_GLITCHES = 3  # bytes that a transceiver may add while it turns round
_AGAIN = 3
_LOOK_S = 0.05
_JOB_S = 300.0


def crc16(data: bytes) -> int:
    """MODBUS over Serial Line V1.02, 6.2.2."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register


def frames(heard: bytes, address: int) -> Iterator[bytes]:
    """The whole answers of `address` in what was heard, without address and CRC."""
    at = 0
    while at + 5 <= len(heard):
        for end in _ends(heard, at):
            if heard[at] == address and crc16(heard[at : end - 2]) == int.from_bytes(
                heard[end - 2 : end], "little"
            ):
                yield heard[at + 1 : end - 2]
                at = end
                break
        else:
            at += 1


def _ends(heard: bytes, at: int) -> Iterable[int]:
    """Where a frame that begins at `at` may end. A value may look like the checksum of what stands before it, so only
    functions of unknown length are tried at every length."""
    function = heard[at + 1]
    if function & 0x80:
        found: Iterable[int] = (at + 5,)
    elif function in (1, 2, 3, 4):
        found = (at + 5 + heard[at + 2],)
    elif function in (5, 6, 15, 16):
        found = (at + 8,)
    else:
        found = range(at + 5, len(heard) + 1)
    return (end for end in found if end <= len(heard))


@dataclass(frozen=True)
class Heard:
    """What came back for one question: ABSENT, ALONE with its `pdu`, or GARBLED: two at once, or another speed."""

    state: str
    pdu: bytes = b""

    @property
    def refused(self) -> bool:
        """It is there, and that question is none of its."""
        return bool(self.pdu) and self.pdu[0] >= 0x80


def judge(heard: bytes, address: int) -> Heard:
    """One answer and at most a glitch is one slave; more is two."""
    found = list(frames(heard, address))
    if not found:
        return Heard(GARBLED if len(heard) > _GLITCHES else ABSENT)
    rest = len(heard) - sum(len(pdu) + 3 for pdu in found)
    return Heard(ALONE, found[0]) if len(found) == 1 and rest <= 2 * _GLITCHES else Heard(GARBLED)


@dataclass
class Slave:
    """One address at which something was heard. `kinds`: the register maps whose question it answers."""

    address: int
    baud: int
    state: str
    kinds: list[str] = field(default_factory=list)


class Line:
    """One Modbus line of the pole at the end of `way`; `bus` None: its only one."""

    def __init__(self, way: Way, bus: str | None = None):
        self.way = way
        self.where = {} if bus is None else {"bus": bus}

    def job(self, told: Callable[[dict], None] = lambda state: None, **request: object) -> list[dict]:
        """Have the pole do it, and wait; its rows."""
        try:
            self.way.tool("modbus", **self.where, **request)
        except DeviceError as error:
            raise _plain(error, self.way.name) from None
        deadline = time.monotonic() + _JOB_S
        while time.monotonic() < deadline:
            _, rows = self.way.tool("modbus", **self.where)
            if not rows:
                raise LinkError(t("The pole has forgotten the job.", "灯杆已重启，任务丢失。"), self.way.name)
            state, *rows = rows
            told(state)
            if not state["running"]:
                if state["error"]:
                    raise DeviceError(t("The line: {e}.", "总线：{e}。", e=state["error"]), self.way.name)
                return rows
            time.sleep(_LOOK_S)
        raise LinkError(t("The pole does not get on.", "灯杆长时间无进展。"), self.way.name)

    def ask(self, address: int, pdu: bytes, baud: int = 0) -> Heard:
        (row,) = self.job(act="ask", a=address, pdu=pdu.hex(), **({"baud": baud} if baud else {}))
        return judge(bytes.fromhex(row["rx"]), address)

    def scan(
        self,
        first: int = 1,
        last: int = 247,
        bauds: tuple[int, ...] = (0,),
        told: Callable[[dict], None] = lambda s: None,
    ) -> list[Slave]:
        """Everybody who answers, at each speed (0: the line's own)."""
        found = []
        for baud in bauds:
            rows = self.job(told, act="scan", first=first, last=last, **({"baud": baud} if baud else {}))
            for row in rows:
                slave = Slave(row["a"], baud, judge(bytes.fromhex(row["rx"]), row["a"]).state)
                if slave.state != ABSENT:
                    found.append(self.looked_at(slave))
        return found

    def looked_at(self, slave: Slave) -> Slave:
        """Two alike may refuse a question in unison; asked for what they measure they differ."""
        for request, kinds in questions().items():
            heard = self.ask(slave.address, request, slave.baud)
            if heard.state == GARBLED and self.still_garbled(slave, request):
                slave.state, slave.kinds = GARBLED, []
                return slave
            if heard.state == ALONE and not heard.refused:
                slave.kinds += kinds
        return slave

    def still_garbled(self, slave: Slave, request: bytes) -> bool:
        """A single spoilt answer may be interference."""
        return all(self.ask(slave.address, request, slave.baud).state == GARBLED for _ in range(_AGAIN))

    def alone(self, found: RegMap, address: int, baud: int = 0) -> bool:
        """Whether one sensor of this kind answers there. Refused when two do."""
        heard = [self.ask(address, _question(found), baud) for _ in range(2)]
        if any(one.state == ALONE for one in heard) and not any(one.state == GARBLED for one in heard):
            return True
        if any(one.state == GARBLED for one in heard):
            raise Refused(
                t(
                    "At address {a} more than one answers, or at another speed.",
                    "地址 {a} 有多个设备同时应答，或波特率不符。",
                    a=address,
                ),
                self.way.name,
                t("Unplug all but one of them.", "请只保留一个设备，其余断开。"),
            )
        return False

    def readdress(
        self,
        kind: str,
        new: int,
        old: int | None = None,
        baud: int = 0,
        power_cycle: Callable[[], None] | None = None,
    ) -> None:
        """Give the sensor of `kind` that is alone at `old` (its maker's default) the address `new`, and see it there.

        power_cycle: asks a person to switch the sensor off and on, for those that take an address only then.
        """
        found = regmap.load(kind)
        old = found.address if old is None else old
        if found.address_register < 0:
            what = t("The map {k} names no address register.", "寄存器表 {k} 未给出地址寄存器。", k=kind)
            raise ConfigError(
                what, hint=t("Set it with its maker's tool or switches.", "请用厂家工具或拨码设置。")
            )
        if old == new:
            raise ConfigError(t("It has that address.", "地址未改变。"))
        if self.alone(found, new, baud):
            raise Refused(t("Address {a} is taken.", "地址 {a} 已被占用。", a=new), self.way.name)
        if not self.alone(found, old, baud):
            raise LinkError(
                t("Nobody answers at address {a}.", "地址 {a} 无应答。", a=old),
                self.way.name,
                t(
                    "Is it powered, A to A and B to B? yigan sensor scan --baud 4800 looks at another speed.",
                    "请检查供电与 A、B 接线；yigan sensor scan --baud 4800 可换波特率查找。",
                ),  # fmt: skip
            )
        self.ask(old, struct.pack(">BHH", 6, found.address_register, new), baud)
        if not self.alone(found, new, baud) and power_cycle:
            power_cycle()
        self.verify(found, new, old, baud)

    def verify(self, found: RegMap, new: int, old: int, baud: int) -> None:
        for _ in range(_AGAIN):
            if self.alone(found, new, baud):
                if self.ask(old, _question(found), baud).state == ABSENT:
                    return
                raise VerifyError(
                    t("Somebody still answers at {a}.", "地址 {a} 仍有设备应答。", a=old), self.way.name
                )
            time.sleep(1)
        raise VerifyError(
            t("It does not answer at {a}.", "在地址 {a} 无应答。", a=new),
            self.way.name,
            t("Switch the sensor's supply off and on, then scan.", "请给传感器断电重启后再扫描。"),
        )


def _plain(error: DeviceError, where: str) -> DeviceError:
    """The pole's codes 7 and 8, in this matter's words."""
    texts = {
        ("do", 7): t("This pole has no Modbus line in use.", "该灯杆没有使用中的 Modbus 总线。"),
        ("bus", 8): t("Say which line with --bus.", "请用 --bus 指定总线。"),
    }
    return DeviceError(texts.get((error.where, error.code), error.what), where, error.hint, error.code)


def _question(found: RegMap) -> bytes:
    """The first that the pole would ask it."""
    return struct.pack(">BHH", *found.requests[0])


def questions() -> dict[bytes, list[str]]:
    """Question -> the kinds that answer it."""
    found: dict[bytes, list[str]] = {}
    for name in regmap.names():
        found.setdefault(_question(regmap.load(name)), []).append(name)
    return found
