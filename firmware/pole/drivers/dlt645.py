"""Electricity meter after DL/T 645-2007, several on one line.

Source: DL/T 645-2007, 7 (services), annex A (data identifiers), annex B (status words); the relay command is that of
Q/GDW 365. A reply counts only with its sum, from the meter, to the service and of the data that were asked for.
---
title_zh = "DL/T 645-2007 电能表"
bus = "rs485"
baud = 2400
parity = "E"
stop = 1
capability = "meter"
points = ["energy", "voltage_a", "current_a", "power", "power_factor", "frequency", "relay_actual", "relay",
  "status_word", "energy_returned", "energy_t1", "energy_t2", "energy_t3", "energy_t4", "reactive_energy", "voltage_b",
  "voltage_c", "current_b", "current_c", "current_n", "power_a", "power_b", "power_c", "reactive_power",
  "apparent_power", "demand", "temperature"]
points_option = "items"
datasheet = "DL/T 645-2007; Q/GDW 365 (relay)"
wiring = "A and B of all meters in one line; a meter's RS-485 terminals are often 24 (A) and 25 (B); 120 ohm at both ends"
wiring_zh = "所有电表 A、B 线首尾相接（端子通常为 24=A、25=B），两端各接 120 欧"

[options.address]
type = "str"
default = "AAAAAAAAAAAA"
en = "Address as printed on the meter, twelve digits; AAAAAAAAAAAA for the only meter of the line"
zh = "表号（12 位，与铭牌一致）；总线上只有一块表时可写 AAAAAAAAAAAA"

[options.items]
type = "list"
default = ["energy", "voltage_a", "current_a", "power", "power_factor", "frequency"]
en = "What is read, by the names of the points"
zh = "读取的数据项，按测点名"

[options.blocks]
type = "bool"
default = true
en = "Ask for all phases or tariffs at once where more than one is wanted"
zh = "同类数据多于一项时用数据块一次读取"

[options.password]
type = "str"
secret = true
en = "Six digits; needed to switch the relay and to set the clock"
zh = "6 位密码；拉合闸与设时钟需要"

[options.level]
type = "int"
default = 2
low = 0
high = 9
en = "Level of the password"
zh = "密码权限等级"

[options.operator]
type = "str"
default = "00000000"
en = "Operator code, eight digits"
zh = "操作者代码，8 位"

[options.close]
type = "enum"
default = "permit"
values = ["permit", "direct"]
en = "Close the relay: permit (1B, a button on the meter may have to be pressed) or direct (1C)"
zh = "合闸方式：permit 合闸允许（1B，可能需按表上按键），direct 直接合闸（1C）"

[options.valid_s]
type = "int"
default = 300
low = 10
high = 86400
unit = "s"
en = "A relay command is void so long after the meter's own clock at the command"
zh = "拉合闸命令有效时间（以电表时钟计）"

[options.keep_clock]
type = "bool"
default = false
en = "Once a day set the meters' clocks when the pole knows the time better"
zh = "灯杆时间可信时，每天校准一次电表时钟"

[options.utc_offset_min]
type = "int"
default = 480
low = -720
high = 840
unit = "min"
en = "The meters' clocks are so far ahead of UTC"
zh = "电表时钟比 UTC 提前的分钟数"

[options.preamble]
type = "int"
default = 4
low = 0
high = 4
en = "FE bytes before a question: they wake some meters"
zh = "请求前的唤醒字节 FE 个数"

[options.timeout_ms]
type = "int"
default = 700
low = 100
high = 5000
unit = "ms"
en = "Wait for the first byte of a reply; the standard allows a meter 500 ms"
zh = "等待应答首字节的时间；标准允许电表 500 ms"
"""

from pole import clock, seldom
from pole.again import Reading
from pole.codec import dlt645
from pole.drivers import dlt645_bus
from pole.errors import BAD_FRAME, DEVICE_EXCEPTION, READ_ONLY, DeviceFault, PoleError
from pole.quality import FAULT, GOOD

_WORD_3 = b"\x03\x05\x00\x04"  # annex B.3: bit 4 is set while the relay is open
_OPEN = 16
_STATUS = ("relay", "relay_actual", "status_word")
_DAY_S = 86400


class Driver(Reading):
    """`address` is what is asked: the meter's own as soon as it has answered to a wildcard."""

    period_ms = 10000
    missing = FAULT  # a value is None because the meter refused its question, or sent no number

    def __init__(self, bus, options):
        from pole.drivers import dlt645_items  # their table is long

        self.bus = dlt645_bus.shared(bus)
        self.given = dlt645.address(options.get("address", "AAAAAAAAAAAA"))
        self.address = self.given
        self.preamble = options.get("preamble", 4)
        self.timeout_ms = options.get("timeout_ms", 700)
        self.wanted = None  # of the relay
        self.checked = -_DAY_S  # uptime of the last look at the meter's clock
        items = options.get("items") or ("energy", "power")
        self._status = [items.index(name) if name in items else -1 for name in _STATUS]
        self._requests = dlt645_items.requests(items, options.get("blocks", True))
        if max(self._status) >= 0:
            self._requests.append((_WORD_3, 0, False, self._status, ()))
        seldom.forget(dlt645_items)
        # what dlt645_control.py is to know
        self._options = options if options.get("password") or options.get("keep_clock") else {}
        self.bad = 0

    async def rounds(self):
        """A question that the meter refuses leaves its values None; only if it refuses all it is faulty."""
        while True:
            good, refused, at = 0, None, 0
            while at < len(self._requests):
                request = self._requests[at]
                try:
                    await self.bus.ask(self.address, dlt645.READ, request[0], 4, self)
                    self._take(request, self.bus.have)
                    good += 1
                except DeviceFault as error:
                    if error.code != DEVICE_EXCEPTION:
                        raise
                    self.bad += 1
                    if request[4]:  # it has no blocks: one by one from now on
                        self._requests[at : at + 1] = request[4]
                        continue
                    refused = error
                    self._take(request, 0)
                at += 1
            if refused and not good:
                raise refused
            if self._options.get("keep_clock") and clock.uptime_s() - self.checked >= _DAY_S:
                if clock.trust() >= clock.NETWORK:
                    await self._with_password(None)
            yield GOOD

    def _take(self, request, end):
        """The values of data[4:end] of the answer, none of a refusal; a meter of one phase sends less, or FF."""
        _, n, signed, places, _ = request
        if not n:
            return self._take_status(end)
        at = 4
        for k in places:
            if k >= 0:
                self._out[k] = dlt645.bcd(self.bus.data, at, n, signed) if at + n <= end else None
            at += n

    async def read_address(self):
        """The meter's address as printed, asked of whoever is alone on the line."""
        await self.bus.ask(b"\xaa" * 6, dlt645.READ_ADDRESS, b"", 0, self)
        if self.bus.have != 6:
            raise DeviceFault(BAD_FRAME, self.bus.have)
        return dlt645.text(self.bus.data, 0)

    # The relay

    def _take_status(self, end):
        wanted, actual, word = self._status
        bits = closed = None
        if end:
            if end < 6:
                raise DeviceFault(BAD_FRAME, "status")
            bits = self.bus.data[4] | self.bus.data[5] << 8
            closed = 0 if bits & _OPEN else 1
            if self.wanted is None:
                self.wanted = closed
        if wanted >= 0:
            self._out[wanted] = self.wanted if end else None
        if actual >= 0:
            self._out[actual] = closed
        if word >= 0:
            self._out[word] = bits

    def write(self, k, raw):
        if k != self._status[0] or not self._options.get("password"):
            raise PoleError(READ_ONLY, "no password")
        return self._with_password(raw)

    async def _with_password(self, relay):
        """Switch the relay; None: look after the meter's clock."""
        from pole.drivers import dlt645_control

        control = dlt645_control.Control(self, self._options)
        try:
            await (control.keep_clock() if relay is None else control.switch(relay))
        finally:
            seldom.forget(dlt645_control)
