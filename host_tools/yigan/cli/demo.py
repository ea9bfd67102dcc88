"""`yigan demo`: a blank virtual board becomes a pole, lives through a bad day, and two neighbours make it a street."""

import contextlib
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from yigan import places
from yigan.cli import _points, _text, plan
from yigan.cli._progress import Progress
from yigan.errors import YiganError
from yigan.lang import t
from yigan.story import Story


def _up(story: Story) -> str:
    with Progress() as progress:
        return story.up(progress)


def _modbus(story: Story) -> str:
    seen = story.modbus()
    _points.table(story.get())
    return seen


def _night(story: Story) -> str:
    return story.alone.play(tell=lambda line: click.echo("   " + line))


# (title, what is done, what to look at): a person reads them while they happen.
ACTS: list[tuple[tuple[str, str], tuple[str, str], Callable[[Story], str]]] = [
    (("A blank board", "空白的板子"),
     ("A virtual ESP32 with MicroPython on it, and nothing of ours.", "一块虚拟 ESP32，只有 MicroPython，没有我们的任何东西。"),
     Story.blank),
    (("It becomes a pole", "变成一根灯杆"),
     ("The bundle goes over the serial console, is verified, and the board restarts.", "固件包经串口发送、校验，然后板子重启。"),
     _up),
    (("Two neighbours", "两根邻杆"),
     ("Two more poles on boards of their own: one for air, noise and weather, one for water. Then a storm comes.",
      "另外两块板子变成环境监测灯杆和水环境灯杆。随后暴雨来临。"),
     Story.neighbours_up),
    (("The city reads it", "城市读到数据"),
     ("A Modbus TCP client reads every point; the air sensor needs half a minute to warm up.",
      "Modbus TCP 客户端读取所有点位；空气传感器需要半分钟预热。"),
     _modbus),
    (("So does MQTT", "MQTT 同样如此"),
     ("The same points, under their topics, at the broker.", "同样的点位，以主题形式出现在 MQTT 服务器上。"),
     Story.mqtt),
    (("The lamp dims", "调暗路灯"),
     ("A Modbus write asks for 40 %; we look at the lamp itself.", "一次 Modbus 写操作要求 40 %，我们去看灯本身。"),
     lambda story: story.dim(40)),
    (("The air sensor is gone", "空气传感器掉线"),
     ("Somebody unplugs it. Its points must say so, and the lamp must not care.",
      "有人拔掉了它。点位必须如实报告，路灯不受影响。"),
     Story.unplug),
    (("The power fails", "停电"),
     ("In the middle of a fade. The pole must come back as it was.", "正在渐变亮度时断电。灯杆必须原样恢复。"),
     Story.power_cut),
    (("The street", "一条街"),
     ("The storm raises wind, noise and water; the city must have heard of it by MQTT.",
      "暴雨带来大风、噪声和上涨的水位；城市应已经由 MQTT 得知。"),
     Story.storm),
    (("A night in a minute", "一分钟看完一夜"),
     ("Another pole, without a network: a receiver tells it the time, the rest is its own programme.",
      "另一根没有网络的灯杆：时间来自接收机，其余由自身策略决定。"),
     _night),
]  # fmt: skip


@click.command(
    cls=_text.Command,
    help=t(
        "Watch a blank virtual board become a working pole, survive a bad day, and become a street of three. "
        "Exit code 0 only if all of it happened.",
        "观看一块空白虚拟板变成灯杆，经历倒霉的一天，再变成三根灯杆的一条街。全部发生时退出码才为 0。",
    ),
    examples=(
        ("yigan demo --keep", "Leave the poles running afterwards", "结束后让灯杆继续运行"),
        ("yigan demo --json", "What happened, for a machine", "以 JSON 输出经过"),
    ),
)
@click.argument("pole", required=False, type=click.Path(path_type=Path))
@click.option(
    "--keep", is_flag=True, help=t("Leave the poles running until Ctrl-C.", "结束后继续运行，直到按 Ctrl-C。")
)
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
def command(pole: Path | None, keep: bool, as_json: bool) -> int:
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        happened, failed = _demo(pole, keep)
    if as_json:
        click.echo(json.dumps(happened, ensure_ascii=False, indent=2))
    return failed.exit_code if failed else 0


def _demo(pole: Path | None, keep: bool) -> tuple[dict, YiganError | None]:
    console = Console(width=None if sys.stdout.isatty() else 110)
    signal.signal(signal.SIGTERM, _interrupted)  # `kill` cleans up as Ctrl-C does
    pole = pole or places.root() / "poles" / "demo.toml"
    with tempfile.TemporaryDirectory(prefix="yigan-demo-") as folder, Story(pole, Path(folder)) as story:
        happened, failed = _play(console, story)
        if keep and not failed:
            _keep(console, story)
    return happened, failed


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def _play(console: Console, story: Story) -> tuple[dict, YiganError | None]:
    """All acts; what happened, and the error of the one that failed, after which the rest makes no sense."""
    table = Table(
        "", t("act", "步骤"), t("seen", "所见"), "s", title=t("What happened", "经过"), title_justify="left"
    )
    failed, acts, street = None, [], []
    began = time.monotonic()
    for number, (title, doing, act) in enumerate(ACTS, 1):
        console.print(f"\n[bold]{number}. {t(*title)}[/]\n   {t(*doing)}")
        start = time.monotonic()
        try:
            seen, mark = act(story), "[green]✓[/]"
        except YiganError as error:
            failed, seen, mark = error, str(error), "[bold red]✗[/]"
        console.print(f"   {mark} {seen}", highlight=False)
        table.add_row(mark, t(*title), seen, f"{time.monotonic() - start:.1f}")
        acts.append(
            {
                "act": t(*title),
                "ok": failed is None,
                "seen": seen,
                "seconds": round(time.monotonic() - start, 1),
            }
        )
        if failed:
            break
    console.print("\n", table)
    if not failed:
        street = story.summary()
        _street(console, street)
        _tonight(console, story)
    seconds = time.monotonic() - began
    _verdict(console, failed, seconds, story)
    return {"ok": failed is None, "seconds": round(seconds, 1), "acts": acts, "street": street}, failed


def _street(console: Console, rows: list[dict]) -> None:
    """The three poles as the city hears them."""
    table = Table(t("pole", "灯杆"), t("board", "板型"), t("points", "点位"), t("live", "有效"), t("among them", "其中"),
                  title=t("The street", "街道"), title_justify="left")  # fmt: skip
    for row in rows:
        table.add_row(
            row["pole"], row["board"], str(row["points"]), str(row["live"]), ", ".join(row["shown"])
        )
    console.print(table)


def _tonight(console: Console, story: Story) -> None:
    """What the pole that lights alone will do, now that it is put up."""
    street = story.alone.street
    plan.tonight(console, street, f"{street.pole.id} · lamp", story.alone.night())


def _verdict(console: Console, failed: YiganError | None, seconds: float, story: Story) -> None:
    if failed:
        console.print("[bold red]" + t("It did not all happen.", "没有全部完成。") + "[/]")
        console.print(
            t("The board's last words:", "板子最后的输出："),
            story.last_words(),
            highlight=False,
            markup=False,
        )
    else:
        console.print(t("All of it happened, in {s:.0f} s.", "全部完成，用时 {s:.0f} 秒。", s=seconds))


def _keep(console: Console, story: Story) -> None:
    """Where to reach the poles, until Ctrl-C."""
    console.print(
        "\n"
        + t(
            "The poles go on running. Reach them from another terminal:", "灯杆继续运行。可在另一个终端访问："
        )
    )
    ways = [f"console:{story.board.port}", story.modbus_at, story.mqtt_at]
    for way in ways + [way for one in story.neighbours for way in (f"console:{one.board.port}", one.at)]:
        console.print(f"   yigan points --via {way}", highlight=False, soft_wrap=True)
    console.print(t("Ctrl-C ends it.", "按 Ctrl-C 结束。"))
    while True:
        time.sleep(3600)
