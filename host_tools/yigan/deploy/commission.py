"""From a bundle and a port to a pole that answers: carry it there, wait for the pole, make sure it is the new one."""

import time
from dataclasses import dataclass, field

from yigan.bundle import Bundle
from yigan.deploy.carry import Follow, Progress, Report, carried, opened, same_board
from yigan.errors import LinkError, VerifyError
from yigan.lang import t
from yigan.link import serial
from yigan.link.service import Client
from yigan.terminal import visible

START_S = 90.0  # a board that checks its file system and joins a network first
_BACK_S = 15.0  # a port that went with the reset comes back in so long
_FIRST_READINGS_S = 6.0  # the longest wait for sensors' first values; what warms up longer is shown as that
_SETTLED_S = 2.0  # no further point got its first value for so long: the rest will not soon


@dataclass
class Commissioned:
    """`report`: what the deploy did; `identity`: what the pole says of itself; `readings`: console rows."""

    report: Report
    identity: dict = field(default_factory=dict)
    readings: list[dict] = field(default_factory=list)
    seconds: float = 0.0


def commission(
    port: str,
    bundle: Bundle,
    progress: Progress | None = None,
    follow: Follow | None = None,
    uid: str = "",
    readings_s: float | None = None,
) -> Commissioned:
    """Do all of it. VerifyError when the pole that comes up is not this bundle; `follow`, `uid`: as `carry` has them.

    `readings_s`: the longest wait for sensors' first values; 0 where none hang on the board yet.
    """
    began = time.monotonic()
    tell = progress or (lambda *_: None)
    report, link = carried(port, bundle, progress, follow, uid)
    tell("start", 0, 1)
    done = _started(link, bundle, follow, report, tell, readings_s)
    done.seconds = round(time.monotonic() - began, 3)
    return done


def _started(
    link: serial.Port,
    bundle: Bundle,
    follow: Follow | None,
    report: Report,
    tell: Progress,
    readings_s: float | None,
) -> Commissioned:
    """A board with its own USB takes the port away with its reset, at once or while we ask it: open it anew."""
    began = time.monotonic()
    while True:
        try:
            return _asked(link, bundle, report, tell, readings_s)
        except serial.Vanished:
            if time.monotonic() - began > START_S:
                raise
        finally:
            link.close()
        link = opened(link.name, follow, _BACK_S)


def _asked(
    link: serial.Port, bundle: Bundle, report: Report, tell: Progress, readings_s: float | None
) -> Commissioned:
    began = time.monotonic()
    client = Client(link)
    identity = _wait(client, bundle)
    same_board(identity.get("uid", report.uid), report.uid, link.name)
    report.port = link.name
    client.give_time()
    report.stages["start"] = round(time.monotonic() - began, 3)
    tell("report", 0, 1)
    return Commissioned(
        report, identity, _first_readings(client, _FIRST_READINGS_S if readings_s is None else readings_s)
    )


def _wait(client: Client, bundle: Bundle) -> dict:
    heard: list[bytes] = []
    client.strangers = heard.append
    try:
        identity = client.wait_hello(bundle.id, START_S)
    except serial.Vanished:
        raise
    except LinkError as error:
        said = visible.lines(b"\n".join(heard[-12:])).strip()
        raise LinkError(
            t("The bundle is on the board, but the pole does not answer.", "固件包已写入，但灯杆没有应答。"),
            client.port.name,
            t("It last said:\n{s}", "最后的输出：\n{s}", s=said) if said else error.hint,
        ) from error
    if identity.get("pole") != bundle.id or identity.get("bundle") != bundle.hash:
        raise VerifyError(
            t(
                "Another pole came up: {p}, bundle {b}.",
                "启动的不是刚写入的版本：{p}，固件包 {b}。",
                p=identity.get("pole"),
                b=identity.get("bundle"),
            ),
            client.port.name,
            t(
                "The board went back to what it had: `yigan log` says why.",
                "板子已回退到旧版本：`yigan log` 可查看原因。",
            ),
        )
    return identity


def _first_readings(client: Client, longest_s: float) -> list[dict]:
    """All points, as soon as each has been tried once or no more of them come."""
    began = changed = time.monotonic()
    waiting = -1
    while True:
        rows, now = client.get(), time.monotonic()
        never = sum(row["q"] == "never" for row in rows)
        if never != waiting:
            waiting, changed = never, now
        if not never or now - began > longest_s or now - changed > _SETTLED_S:
            return rows
        time.sleep(0.3)
