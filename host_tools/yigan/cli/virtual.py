"""`yigan virtual`: start virtual boards, and do to them what happens to poles."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from yigan import conf, home
from yigan.cli import _text
from yigan.errors import ConfigError, LinkError
from yigan.lang import t
from yigan.twin.virtual import VirtualBoard


@click.group(
    cls=_text.Group,
    help=t(
        "Virtual boards: MicroPython in this machine, wearing a board's pins, flash and limits.",
        "虚拟板：在本机运行的 MicroPython，具有真实板子的引脚、闪存与限制。",
    ),
    examples=(
        ("yigan virtual start poles/demo.toml", "A blank board with the demo pole's peripherals", "带演示杆外设的空白板"),
        ("yigan virtual start --as rp2-pico-w", "A bare board of another kind", "另一种型号的裸板"),
        ("yigan virtual set air pm2_5 80", "Dirty the air at the sensor", "让传感器处的空气变脏"),
        ("yigan virtual unplug air", "Pull the sensor's plug", "拔掉传感器"),
        ("yigan virtual cut --at-write 3", "Fail the supply inside the third flash write", "在第三次写闪存时断电"),
    ),
)
def command() -> None:
    pass


def _verb(name: str, en: str, zh: str) -> Callable:
    return command.command(name, cls=_text.Command, help=t(en, zh))


_which = click.option(
    "--board", "-b", "name",
    help=t("Which: a pole's id or a folder. Default: the one that runs.", "哪一块：灯杆编号或文件夹，默认为正在运行的那块。"),
)  # fmt: skip
_json = click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))


def _folder(name: str) -> Path:
    """A folder that was named as one, else the pole's own."""
    return Path(name) if "/" in name or Path(name, "lock").exists() else home.virtual(name)


def _running() -> list[VirtualBoard]:
    return [board for board in map(VirtualBoard, map(home.virtual, home.virtual_ids())) if board.running()]


def _found(name: str | None) -> VirtualBoard:
    if name:
        return VirtualBoard(_folder(name))
    running = _running()
    if len(running) == 1:
        return running[0]
    if not running:
        raise LinkError(t("No virtual board runs.", "没有正在运行的虚拟板。"), hint="yigan virtual start poles/demo.toml")
    names = ", ".join(board.folder.name for board in running)
    hint = t("Add --board: {n}", "请加 --board：{n}", n=names)
    raise ConfigError(t("Several virtual boards run.", "有多块虚拟板在运行。"), hint=hint)


@_verb("start", "Start one, or give a dark one its power back.", "启动一块，或为断电的板子恢复供电。")
@click.argument("pole", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "profile",
              help=t("Board (default: the pole's, or esp32-devkit).", "板型（默认取自灯杆文件，或 esp32-devkit）。"))  # fmt: skip
@click.option("--board", "-b", "name", help=t("Its name or folder (default: the pole's id).", "名称或文件夹（默认为灯杆编号）。"))
@click.option("--clock", type=click.Choice(["real", "virtual"]), default="real", show_default=True,
              help=t("A virtual clock stands still between `advance`s.", "virtual：时间只随 advance 前进。"))  # fmt: skip
@click.option("--fast", is_flag=True,
              help=t("No flash and radio latency, a console without limits.", "无闪存与无线延迟，控制台不限速。"))  # fmt: skip
@_json
def start(pole: Path | None, profile: str | None, name: str | None, clock: str, fast: bool, as_json: bool) -> None:
    loaded = conf.load(pole) if pole else None
    profile = profile or (loaded.board if loaded else "esp32-devkit")
    board = VirtualBoard(_folder(name or (loaded.id if loaded else profile)))
    if board.running():
        board.power(True)
    else:
        speed: dict[str, Any] = {"latency": 0, "baud": 0} if fast else {}
        board.start(profile, pole, clock, detach=True, **speed)
    _about(board, as_json)


def _about(board: VirtualBoard, as_json: bool) -> None:
    about = {"name": board.folder.name, **board.about()}
    if as_json:
        click.echo(json.dumps(about))
        return
    for key in ("board", "port", "rfc2217", "socket"):
        click.echo(f"{key:8} {about[key]}")
    click.echo(t("Try: mpremote connect {p}", "可试：mpremote connect {p}", p=about["port"]))


@_verb("list", "List them.", "列出虚拟板。")
@_json
def show(as_json: bool) -> None:
    rows = [_row(VirtualBoard(home.virtual(name))) for name in home.virtual_ids()]
    if as_json:
        click.echo(json.dumps(rows))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in (t("name", "名称"), t("board", "板型"), t("state", "状态"), t("port", "端口"), t("network", "网络")):
        table.add_column(title, no_wrap=True)
    for row in rows:
        ports = ", ".join(f"{port}→{host}" for port, host in row["net"].items())
        table.add_row(row["name"], row["board"], row["state"], row["port"], ports)
    console = Console(highlight=False)
    (console if console.is_terminal else Console(highlight=False, width=200)).print(table)


def _row(board: VirtualBoard) -> dict:
    row = {"name": board.folder.name, "board": "", "state": "stopped", "port": "", "net": {}}
    if board.running():
        about, stats = board.about(), board.stats()
        state = "off" if not stats["powered"] else "boot loader" if stats["download"] else "running"
        row |= {"board": about["board"], "state": state, "port": about["port"], "net": board.net}
    return row


@_verb("stop", "Stop one; its flash is kept.", "停止一块，闪存内容保留。")
@click.argument("named", required=False, metavar="[NAME|FOLDER]")
@_which
@click.option("--all", "everything", is_flag=True, help=t("All that run.", "所有正在运行的。"))
def stop(named: str | None, name: str | None, everything: bool) -> None:
    running, name = _running(), named or name
    for board in running if everything or not (name or running) else [_found(name)]:
        board.stop()


@_verb("state", "What somebody at the pole sees of a peripheral, or of all.", "在灯杆旁看到的外设状态。")
@click.argument("peripheral", required=False)
@_which
@_json
def state(peripheral: str | None, name: str | None, as_json: bool) -> None:
    found = _found(name).state(peripheral)
    if as_json:
        click.echo(json.dumps(found))
        return
    for part, values in (found if peripheral is None else {peripheral: found}).items():
        for key, value in values.items():
            click.echo(f"{part}.{key} = {value}")


@_verb("stats", "What it has done and spent: starts, flash wear, CPU, losses.", "运行统计：启动次数、闪存磨损、CPU、丢失字节。")
@_which
def stats(name: str | None) -> None:
    click.echo(json.dumps(_found(name).stats(), indent=2))


@_verb("set", "Change what a peripheral measures: `set air pm2_5 80`.", "改变外设所测的量：`set air pm2_5 80`。")
@click.argument("peripheral")
@click.argument("key")
@click.argument("value")
@_which
def put(peripheral: str, key: str, value: str, name: str | None) -> None:
    try:
        parsed = json.loads(value)
    except ValueError:  # a word, or a recording's path
        parsed = value
    _found(name).set(peripheral, key, parsed)


@_verb("fault", "Let a peripheral fail: `fault air silent`.", "让外设出故障：`fault air silent`。")
@click.argument("peripheral")
@click.argument("fault")
@click.option("--off", is_flag=True, help=t("No longer.", "解除故障。"))
@_which
def fault(peripheral: str, fault: str, off: bool, name: str | None) -> None:
    _found(name).fault(peripheral, fault, not off)


@_verb("unplug", "Take a peripheral away (or `wifi`).", "拔掉外设（或 `wifi`）。")
@click.argument("peripheral")
@_which
def unplug(peripheral: str, name: str | None) -> None:
    _found(name).unplug(peripheral)


@_verb("plug", "Connect it again.", "重新接上外设。")
@click.argument("peripheral")
@_which
def plug(peripheral: str, name: str | None) -> None:
    _found(name).plug(peripheral)


@_verb("cut", "Fail the supply; `start` gives it back.", "断电，用 `start` 恢复。")
@click.option("--at-write", type=click.IntRange(1),
              help=t("Inside the n-th flash write from now.", "在此后第 n 次写闪存时断电。"))  # fmt: skip
@_which
def cut(at_write: int | None, name: str | None) -> None:
    _found(name).power_cut(at_write)


@_verb("reset", "Press its reset button.", "按下复位键。")
@click.option("--soft", "kind", flag_value="soft", help=t("As Ctrl-D does.", "等同 Ctrl-D。"))
@click.option("--hard", "kind", flag_value="hard", help=t("As machine.reset() does.", "等同 machine.reset()。"))
@click.option("--button", "kind", flag_value="power", default="power", help=t("The button (default).", "复位键（默认）。"))
@_which
def reset(kind: str, name: str | None) -> None:
    _found(name).reset(kind)


@_verb("advance", "With a virtual clock: let seconds pass.", "虚拟时钟：让时间前进若干秒。")
@click.argument("seconds", type=click.FloatRange(0))
@_which
def advance(seconds: float, name: str | None) -> None:
    click.echo(f"{_found(name).advance(seconds) / 1000:.3f} s")


@_verb("redirect", "Let its connections to HOST:PORT go to a port of this machine.", "把它到 HOST:PORT 的连接转到本机端口。")
@click.argument("host")
@click.argument("port", type=int)
@click.argument("to", type=int)
@_which
def redirect(host: str, port: int, to: int, name: str | None) -> None:
    _found(name).redirect(host, port, to)
