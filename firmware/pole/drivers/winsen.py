"""Winsen electrochemical gas module (ZE03, ZE07, ZE08, ZE12, ZE15, ZE25, ZE27): ppb or ppm as mass per volume.

Source: Winsen manuals ZE07-CO V1.2 (tables 5 to 8, check sum), ZE07-CH2O p. 5, ZE25-O3 V1.1; frames of ZE03, ZE12 and ZE15
as public drivers read them. Codes of NH3 and H2S, the fault bit of the ZE03 and what its answers count are unconfirmed.
Mass is that of the reference state of the points, 298.15 K and 1013.25 hPa, unless the options say otherwise: the module
measures a share of the air, so its own temperature and pressure do not belong here. Error of the conversion: 1e-6 of the
value in 32-bit floats, 1e-4 of a count of the module and the rounding to 0.1 ug/m3 (CO: 0.001 mg/m3), tested at both ends.
---
title_zh = "炜盛 ZE 系列电化学气体模组"
bus = "uart"
baud = 9600
capability = "air"
points = ["so2", "no2", "o3", "co", "nh3", "h2s", "hcho"]
points_option = "gas"
datasheet = "Winsen ZE07-CO V1.2, ZE07-CH2O, ZE25-O3 V1.1"
wiring = "Vin 5 V, TXD -> board RX, RXD <- board TX (3 V levels), GND; DAC and Hd stay open"
wiring_zh = "Vin 接 5 V，TXD 接板 RX，RXD 接板 TX（3 V 电平），GND；DAC、Hd 悬空"

[options.gas]
type = "enum"
required = true
values = ["so2", "no2", "o3", "co", "nh3", "h2s", "hcho"]
en = "The gas of its cell"
zh = "气体种类"

[options.model]
type = "enum"
default = "ze12"
values = ["ze03", "ze07", "ze08", "ze12", "ze15", "ze25", "ze27"]
en = "The module's series, as printed on it"
zh = "模组系列（见标签）"

[options.mode]
type = "enum"
default = "initiative"
values = ["initiative", "query"]
en = "It tells its gas and unit each second, or answers questions without them"
zh = "主动上传（每秒一帧，含气体与单位）或问答方式"

[options.answer_ppb]
type = "int"
low = 1
high = 1000
unit = "ppb"
en = "What a count of an answer stands for, when the manual says another than 1 (ZE08, ZE12, ZE25, ZE27) or 100 (ZE03, ZE07, ZE15)"
zh = "问答方式下每个计数对应的 ppb；手册与默认值不同时填写（ZE08、ZE12、ZE25、ZE27 为 1，ZE03、ZE07、ZE15 为 100）"

[options.warm_up_s]
type = "int"
default = 600
low = 0
high = 86400
unit = "s"
en = "Readings are marked as warming so long after power-up; cells of the ppb class want hours"
zh = "上电预热时间，期间数据标记为预热；ppb 级传感器宜设数小时"

[options.temperature]
type = "float"
default = 25.0
low = -50
high = 60
unit = "Cel"
en = "Temperature of the reference state of mass per volume"
zh = "质量浓度参比状态的温度"

[options.pressure]
type = "float"
default = 1013.25
low = 500
high = 1100
unit = "hPa"
en = "Pressure of the reference state of mass per volume"
zh = "质量浓度参比状态的气压"
"""

from pole import clock
from pole.again import Reading
from pole.drivers.frames import Frames
from pole.errors import BAD_FRAME, DeviceFault, PoleError
from pole.quality import GOOD, RANGE, WARMING

# Code of the gas in a frame, g/mol times 10 for a point in 0.1 ug/m3 (CO counts ug/m3)
_GASES = {
    "so2": (0x2B, 640.66), "no2": (0x2C, 460.055), "o3": (0x2A, 479.98), "co": (0x04, 28.010),
    "nh3": (0x02, 170.305), "h2s": (0x03, 340.81), "hcho": (0x17, 300.26),
}  # fmt: skip
_GAS_CONSTANT = 8.314463
_FRAME = 9
_SWITCH, _ANSWER = 0x78, 0x86
_COARSE = ("ze03", "ze07", "ze15")  # their answers count 0.1 ppm
_MASKS = {"ze03": 0x7F, "ze15": 0x1F}  # bit 7 of their concentration is the cell's fault, the bits left count
_SILENCE_MS = 3500  # a frame a second
_ASK_MS = 2000
_SWITCH_MS = 1000  # no manual says how long it takes; a public sketch waits as much
_QUESTION = b"\xff\x01\x86\x00\x00\x00\x00\x00\x79"


class Driver(Reading):
    period_ms = 0

    def __init__(self, bus, options):
        self._bus = bus
        self.frames = Frames(bus, _FRAME, self._plausible)
        self._buf = self.frames.buf
        model = options.get("model", "ze12")
        self._code, molar = _GASES[options["gas"]]
        kelvin = options.get("temperature", 25.0) + 273.15
        self._per_ppb = molar * options.get("pressure", 1013.25) / (10 * _GAS_CONSTANT * kelvin)
        self._asks = options.get("mode") == "query"
        self._switch = (4 if self._asks else 3) if model == "ze03" else (0x41 if self._asks else 0x40)
        self._place = 6 if model == "ze08" or options["gas"] == "hcho" else 2  # CH2O: ug/m3 first, then ppb
        self._mask = _MASKS.get(model, 0xFF)
        self._warm_up_s = options.get("warm_up_s", 600)
        self._kept = bytearray(4)  # unit, decimals and range of the last frame
        self._first = -1  # uptime of the first value after a silence
        if self._asks:
            self.period_ms = 5000
            self._scale(options.get("answer_ppb", 100 if model in _COARSE else 1))

    async def rounds(self):
        """The next value. DeviceFault also when what comes is another gas."""
        frames = self.frames
        while True:
            if not frames.here:
                await self._tell()
            self._other = 0
            try:
                await (frames.ask(_QUESTION, _ASK_MS) if self._asks else frames.listen(_SILENCE_MS))
                while not self._wanted():
                    await frames  # type: ignore[misc]
            except PoleError:
                if frames.heard:
                    raise DeviceFault(BAD_FRAME, "gas %02x" % self._other)
                raise
            yield self._take(self._out)

    async def _tell(self):
        """Its mode: it may have forgotten it in the silence."""
        mode = self._switch
        await self._bus.send(bytes((0xFF, 1, _SWITCH, mode, 0, 0, 0, 0, -(1 + _SWITCH + mode) & 255)))
        self.frames.here, self._first = True, -1
        if self._asks:
            await clock.sleep_ms(_SWITCH_MS)

    def _plausible(self, buf, n):
        """Bytes 1 to 8 add up to nought, and FF is no gas."""
        if buf[0] != 0xFF or (n > 1 and buf[1] == 0xFF):
            return False
        if n < _FRAME:
            return True
        total = 0
        for k in range(1, _FRAME):
            total += buf[k]
        if total & 255:
            return False
        kind = buf[1]
        if kind == self._code or kind == _ANSWER or kind == _SWITCH:
            return True
        self._other = kind  # or an FF in the data: the same frame again and again has the same sum from there
        return False

    def _wanted(self):
        """Whether the frame is what this mode is about. Eight bits of sum are right by chance once in 256 times: unit,
        decimals and range never change, so that a frame with others is believed when the next one has them too."""
        buf, kept, same = self._buf, self._kept, True
        if self._asks or buf[1] == _ANSWER or buf[1] == _SWITCH:
            return self._asks and buf[1] == _ANSWER
        for k in range(4):
            byte = buf[k + 2 if k < 2 else k + 4]
            if kept[k] != byte:
                kept[k] = byte
                same = False
        if not same and 3 <= kept[0] <= 4 and kept[1] <= 3:
            self._scale((1000 if kept[0] == 3 else 1) / 10 ** kept[1])
        return same

    def _scale(self, ppb):
        """`ppb` a count as 27 bits and a shift; floats only here."""
        f, self._shift = ppb * self._per_ppb, -13
        while f < 67108864:
            f *= 2
            self._shift += 1
        while f >= 134217728:
            f /= 2
            self._shift -= 1
        self._high, self._low = int(f) >> 13, int(f) & 8191

    def _take(self, out):
        buf, at = self._buf, self._place if self._asks else 4
        if not self._asks and not (3 <= buf[2] <= 4 and buf[3] <= 3):
            raise DeviceFault(BAD_FRAME, "unit %d" % buf[2])
        if buf[at] & 0x80 and self._mask < 0x80:
            raise DeviceFault(BAD_FRAME, "cell")
        counts = (buf[at] & self._mask) << 8 | buf[at + 1]
        value = counts * self._high + (counts * self._low >> 13)
        shift = self._shift
        out[0] = (value + (1 << shift - 1)) >> shift if shift > 0 else value << -shift
        now = clock.uptime_s()
        if self._first < 0:
            self._first = now
        if now - self._first < self._warm_up_s:
            return WARMING
        most = 0 if self._asks else buf[6] << 8 | buf[7]
        return RANGE if most and counts > most else GOOD
