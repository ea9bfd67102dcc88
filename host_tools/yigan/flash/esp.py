"""The ESP32 family, by a process that holds the port and esptool."""

import collections
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from yigan import home
from yigan.errors import LinkError, YiganError
from yigan.flash import enter, trouble
from yigan.flash.outcome import Outcome
from yigan.images import Image, store
from yigan.lang import t
from yigan.link import serial

BAUD = 460800
_ROOT = Path(__file__).resolve().parents[2]  # so that the worker finds the same yigan
Progress = Callable[[str, int, int], object]


@dataclass(frozen=True)
class Wishes:
    """How a technician wants it. `attempts` at connecting; `reconnect`: wait for a port that vanished meanwhile."""

    baud: int = BAUD
    backup: bool = True
    erase: bool = False
    stub: bool = True
    attempts: int = 7
    reconnect: bool = True


def backups() -> Path:
    return home.folder() / "backups"


def flash(port: str, images: dict[str, Image], wishes: Wishes, progress: Progress, board: str = "") -> Outcome:
    """Put the image of its chip on the board at `port`. LinkError, DeviceError, VerifyError, Refused.

    `images` by chip: a board of any other chip is refused before a byte is written.
    """
    began = time.monotonic()
    log: collections.deque[str] = collections.deque(maxlen=400)
    brief = not _has_lines(port)  # such a port is tried briefly: then its program is asked to let the loader in
    with _worker() as first:  # it loads esptool while we look at port and images
        if "://" not in port:
            serial.open(port).close()  # says who holds it, or what is missing
        job = {**_job(port, images), **{k: getattr(wishes, k) for k in ("baud", "backup", "erase", "stub", "reconnect")}}
        last = _work(first, {**job, "attempts": 2 if brief else wishes.attempts}, progress, log)
    if last.get("error") == "no answer" and (enter.loader(port) or (brief and wishes.attempts > 2)):
        with _worker() as second:
            last = _work(second, {**job, "before": "no-reset", "attempts": max(3, wishes.attempts - 2)}, progress, log)
    if "error" in last:
        raise _error(last, port, images, board)
    done, image = last["result"], images[last["result"]["chip"]]
    return Outcome(
        done["chip"], done["mac"], image.name, image.facts.version, image.sha256, done["changed"],
        time.monotonic() - began, "md5", done["backup"], log=tuple(log),
    )  # fmt: skip


def _error(event: dict, port: str, images: dict[str, Image], board: str) -> YiganError:
    if event["error"] == "wrong chip" and not images:
        return trouble.no_image(event["chip"], port)
    return trouble.explain(event, port, board, ", ".join(sorted(images)))


def _has_lines(port: str) -> bool:
    """DTR and RTS: a socket and a pseudo terminal have none."""
    if port.startswith("socket://"):
        return False
    return "://" in port or not os.path.realpath(port).startswith("/dev/pts/")


def _job(port: str, images: dict[str, Image]) -> dict:
    wanted = {chip: {"path": str(i.path), "at": i.facts.offset, "name": i.name} for chip, i in images.items()}
    return {
        "port": port,
        "before": "default-reset" if _has_lines(port) else "no-reset",
        "after": "hard-reset" if _has_lines(port) else "no-reset",
        "keep": str(backups()),
        "images": wanted,
        "known": [_known(i) for i in store.every() if i.facts.kind == "esp" and i.facts.chip in images],
    }


def _known(image: Image) -> dict:
    """What is on many boards is in the store: it needs no backup."""
    try:
        data = image.path.read_bytes()
    except OSError:
        data = b""
    data += b"\xff" * (-len(data) % 4)
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return {"name": image.name, "at": image.facts.offset, "size": len(data), "md5": digest}


def _work(process: subprocess.Popen, job: dict, progress: Progress, log: collections.deque) -> dict:
    """The worker's last word: {"result"} or {"error"}."""
    last: dict = {}
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
    for line in process.stdout:
        event = json.loads(line)
        if "at" in event:
            progress(event["at"], event["done"], event["of"])
        elif "log" in event:
            log.append(event["log"])
        elif "result" in event or "error" in event:
            last = event
    if not last:
        raise LinkError(
            t("The flashing process ended without a word.", "烧录进程意外结束。"),
            job["port"],
            t("Is esptool installed? See yigan doctor.", "是否已安装 esptool？请运行 yigan doctor。"),
        )
    return last


@contextlib.contextmanager
def _worker() -> Iterator[subprocess.Popen]:
    """It ends with this block, however that ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "yigan.flash.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")]), "PYTHONUTF8": "1"},
        start_new_session=True,  # a Ctrl-C is for us: half an image starts nothing
    )
    try:
        yield process
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)
    except BaseException:
        process.kill()
        raise
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.stdout.close()
