"""Work on a pole's DALI line: the pole does it (firmware/pole/tools/dali.py), this starts it and asks how far it is."""

import time
from collections.abc import Iterator

from yigan.errors import DeviceError
from yigan.lang import t
from yigan.via import Way

_BAD_REQUEST = 7
_POLL_S = 0.5

# Bits of QUERY STATUS (IEC 62386-102) that a technician wants to read in words
STATUS = (
    (0x01, "gear failure", "驱动电源故障"),
    (0x02, "lamp failure", "灯故障"),
    (0x04, "lit", "亮"),
    (0x08, "limit error", "超限"),
    (0x10, "fading", "渐变中"),
    (0x20, "reset state", "出厂状态"),
)
TYPES = {0: ("fluorescent", "荧光灯"), 1: ("emergency", "应急灯"), 6: ("LED", "LED"), 7: ("switch", "开关"), 8: ("colour", "调色"),
         255: ("several", "多种")}  # fmt: skip


def work(way: Way, act: str, **details: object) -> Iterator[tuple[dict, list[dict]]]:
    """Start a job and follow it: (state, rows) again and again, the last with running false.

    DeviceError: the pole has no DALI line, another job runs, or this one failed.
    """
    request = {key: value for key, value in details.items() if value is not None or key == "to"}
    try:
        state, rows = way.tool("dali", act=act, **request)[0], []
    except DeviceError as error:
        raise _plain(error, way.name) from None
    yield state, rows
    bus = {"bus": details["bus"]} if details.get("bus") else {}
    while state["running"]:
        time.sleep(_POLL_S)
        _, (state, *rows) = way.tool("dali", **bus)
        yield state, rows
    if state["error"]:
        raise DeviceError(_words(state["error"]), way.name)


def _plain(error: DeviceError, where: str) -> DeviceError:
    if error.code == _BAD_REQUEST and error.where == "do":
        return DeviceError(t("This pole has no DALI line.", "该灯杆没有 DALI 总线。"), where, code=error.code)
    return error


def _words(text: str) -> str:
    """What the pole says of a failed job: a code and a word."""
    if "clash" in text:
        return t("Some gears cannot be told from each other; ask once more, or look for noise on the line.",
                 "有驱动电源无法区分；请重试，或检查线路干扰。")  # fmt: skip
    if "in use" in text:
        return t("That address is taken.", "该地址已被占用。")
    if "without address" in text:
        return t("More gears than addresses: {n}.", "驱动电源数量超过地址数：{n}。", n=text)
    if text.startswith("20"):
        return t("Nobody answers.", "无应答。")
    return t("It failed: {e}.", "失败：{e}。", e=text)


def status_words(status: int) -> str:
    return ", ".join(t(en, zh) for bit, en, zh in STATUS if status >= 0 and status & bit)


def type_word(number: int) -> str:
    en, zh = TYPES.get(number, (str(number), str(number)))
    return "" if number < 0 else t(en, zh)
