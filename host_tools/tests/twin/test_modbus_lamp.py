"""The dimmers' twins against the published frames, and the firmware's driver, with its bus, against the twins."""

import asyncio
import tomllib

import pytest

from pole import clock as pole_clock
from pole import errors as pole_errors
from pole.drivers.modbus_lamp import Driver
from pole.drivers.modbus_rtu import Bus
from yigan import conf, lang, places
from yigan.errors import ConfigError
from yigan.twin import modbus_lamp, modbus_rtu, virtual_time

MODELS = sorted(modbus_lamp.KINDS)
POLE = """\
id = "dimmer-1"
board = "esp32-devkit"

[site]
latitude = 31.2
longitude = 121.5
timezone = "Asia/Shanghai"

[[peripheral]]
kind = "modbus_lamp"
name = "lamp"
bus = "rs485"
model = "wb_mrgbw_d"
channel = 4
"""


class Still:
    """A clock for twins that nobody waits for."""

    def __init__(self):
        self.ms = 0.0

    def now_ms(self):
        return self.ms


def twin(model, **options):
    made = modbus_lamp.Twin(Still(), {"model": model, **options})
    made.start()
    return made


def ask(part, frame):
    return modbus_rtu.reply(part, bytes.fromhex(frame)).hex()


def test_published_frames():
    """WB-MRGBW-D register map (2019); modbus.cn/33623."""
    wb = twin("wb_mrgbw_d")
    assert ask(wb, "010600000080886a") == "010600000080886a"
    for register, value in enumerate((0, 255, 128, 64)):
        wb._put(register, value)
    wb._registers = [255, 128, 64, 0]
    assert ask(wb, "0103000000044409") == "01030800ff008000400000" + "9ad2"
    eight = twin("eight_0_10v")
    eight._registers[2:4] = [0xFE, 0x41]
    assert ask(eight, "01030002000265cb") == "010304" + "00fe00415bf3"
    assert ask(eight, "010600030041b9fa") == "010600030041b9fa"


@pytest.mark.parametrize(
    ("model", "pdu", "reply"),
    [
        ("wb_mrgbw_d", "0600000100", "8603"),
        ("wb_mrgbw_d", "060004000a", "8602"),
        ("wb_mrgbw_d", "06000d0001", "8603"),
        ("wb_mrgbw_d", "03000d0001", "03020064"),
        ("eight_0_10v", "0300070002", "8302"),
        ("eight_0_10v", "0400000001", "8401"),
    ],
)
def test_what_it_refuses(model, pdu, reply):
    assert twin(model).request(bytes.fromhex(pdu)) == bytes.fromhex(reply)


def test_the_light_fades_in_its_own_time():
    part = twin("wb_mrgbw_d")
    part.request(bytes.fromhex("06000d00c8"))  # 200 x 10 ms
    part.request(bytes.fromhex("06000000ff"))
    seen = []
    for ms in (0, 500, 1000, 2000, 9000):
        part.clock.ms = ms
        seen.append(part.state()["level_percent"])
    assert seen == [0, 25, 50, 100, 100]
    part.stop()
    part.start()
    assert part.state()["level_percent"] == 0


def options(model, **more):
    data = tomllib.loads((places.firmware() / "lamps" / f"{model}.toml").read_text(encoding="utf-8"))
    found = {k: data[k] for k in ("register", "full", "curve")} | {"address": 1, "channel": 1, **more}
    if "fade_register" in data:
        found["fade"] = [data[k] for k in ("fade_register", "fade_unit_ms", "fade_least", "fade_most")]
    return found


def lines(model, story, **more):
    """Run `story(driver, twin)` on a line of 9600 baud in virtual time."""

    async def main():
        clock = virtual_time.Clock()
        far = modbus_rtu.Twin(clock, {"baud": 9600})
        part = modbus_lamp.Twin(clock, {"model": model, "address": 1, "channel": more.get("channel", 1)})
        far.attach(part)
        far.start()
        bus = Bus(virtual_time.Line(clock, far, 9600), {"timeout_ms": 300, "pause_ms": 0, "retries": 1})
        await story(Driver(bus, options(model, **more)), part)

    virtual_time.run(main(), pole_clock)


async def rounds(driver, n=1):
    out = [None, None]
    for _ in range(n):
        await driver.read(out)
        await asyncio.sleep(0.5)
    return out


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("channel", [1, 4])
def test_the_lamp_gives_what_was_asked(model, channel):
    async def story(driver, part):
        for level in (1000, 500, 100, 0, 700):
            driver.fade(level, 1000)
            told = await rounds(driver, 5)
            assert told == [level, 1 if level else 0]
            assert part.state()["level_percent"] == pytest.approx(level / 10, abs=0.5 + level / 600)

    lines(model, story, channel=channel)


@pytest.mark.parametrize("model", MODELS)
def test_the_dimmer_forgets_and_is_told_again(model):
    async def story(driver, part):
        driver.fade(600, 0)
        await rounds(driver, 3)
        part.stop()
        part.start()
        await rounds(driver, 4)
        assert part.state()["level_percent"] == pytest.approx(60, abs=1.5)
        part.set("level", 3)
        await rounds(driver, 4)
        assert part.state()["level_percent"] == pytest.approx(60, abs=1.5)

    lines(model, story)


@pytest.mark.parametrize("fault", modbus_lamp.Twin.FAULTS)
def test_faults_and_back_again(fault):
    async def story(driver, part):
        await rounds(driver, 3)
        part.fault(fault)
        driver.fade(300, 0)
        seen = set()
        for _ in range(8):
            try:
                await rounds(driver)
                seen.add("good")
            except pole_errors.BusError:
                seen.add("comm_fault")
            except pole_errors.DeviceFault:
                seen.add("fault")
            await asyncio.sleep(1)
        assert seen <= set(modbus_lamp.MATRIX[fault]), seen
        part.fault(fault, False)
        await asyncio.sleep(60)
        for _ in range(6):
            try:
                told = await rounds(driver)
            except pole_errors.PoleError:
                await asyncio.sleep(10)
        assert told == [300, 1]
        assert part.state()["level_percent"] == pytest.approx(30, abs=0.5)

    lines("eight_0_10v", story)


def found(tmp_path, text):
    path = tmp_path / "pole.toml"
    path.write_text(text)
    return path


def test_the_pole_file_names_the_model(tmp_path):
    import json

    path = found(tmp_path, POLE)
    part = json.loads(conf.compile(conf.load(path))["config.json"])["peripherals"][0]
    assert part["output"] == 1
    assert part["options"]["fade"] == [13, 10, 2, 500] and part["options"]["full"] == 255
    assert (part["options"]["curve"], part["options"]["channel"], "model" in part["options"]) == (
        "log",
        4,
        False,
    )
    assert conf.twins(conf.load(path))[0].options["model"] == "wb_mrgbw_d"
    own = found(tmp_path, POLE + 'full = 200\ncurve = "linear"\n')
    options_ = json.loads(conf.compile(conf.load(own))["config.json"])["peripherals"][0]["options"]
    assert (options_["full"], options_["curve"]) == (200, "linear")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("wb_mrgbw_d", "wb_mrgb", "unknown_model"),
        ("wb_mrgbw_d", "../maps/noise", "unknown_model"),
        ("channel = 4", "channel = 5", "out_of_range"),
    ],
)
def test_what_the_check_says(tmp_path, old, new, code, language):
    lang.choose(language)
    errors = [f for f in conf.check(conf.load(found(tmp_path, POLE.replace(old, new)))) if f.level == "error"]
    lang.choose(None)
    assert [f.code for f in errors] == [code]


def test_every_model_is_whole():
    for path in sorted((places.firmware() / "lamps").glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        assert path.stem in modbus_lamp.KINDS
        assert (
            len(data["title"]) == 2
            and data["source"]
            and {"register", "full", "curve", "channels"} <= data.keys()
        )
        assert modbus_lamp.KINDS[path.stem].channels == data["channels"]


def test_unknown_names():
    with pytest.raises(ConfigError):
        modbus_lamp.Twin(Still(), {"model": "dimmer"})
    with pytest.raises(ConfigError):
        twin("eight_0_10v").fault("rust")
    with pytest.raises(ConfigError):
        twin("eight_0_10v").set("colour", 1)
