"""`yigan up POLE.toml`: a board becomes a working pole."""

import json
from pathlib import Path

import click

from yigan import home
from yigan.bundle import Bundle
from yigan.cli import _file, _points, _text, _virtual
from yigan.cli._progress import Progress
from yigan.cli._record import record
from yigan.deploy.commission import Commissioned, commission
from yigan.lang import t
from yigan.link import ports
from yigan.via import Reading


@click.command(
    cls=_text.Command,
    help=t(
        "Build a pole's bundle, put it on the board, start it and show its points. Safe to run again: "
        "what is there already is not sent.",
        "编译灯杆固件包，写入板子，启动并显示测点。可重复运行：已有内容不会重复发送。",
    ),
    examples=(
        (
            "yigan up poles/demo.toml --virtual",
            "On a virtual board that keeps running",
            "部署到持续运行的虚拟板",
        ),
        ("yigan up poles/demo.toml --port /dev/ttyUSB0", "On a real one", "部署到真实板子"),
        ("yigan up --all POLES.csv", "Every board that is or gets plugged in", "所有已插入和将要插入的板子"),
        ("yigan up --all POLES.csv --virtual", "A rehearsal without boards", "不用板子的演练"),
        ("yigan up build/demo-0001.bundle --port COM5", "A bundle built elsewhere", "使用在别处编译的固件包"),
    ),
)
@click.argument("file", metavar="POLE.toml|POLES.csv|FOLDER", type=click.Path(path_type=Path))
@click.option("--virtual", is_flag=True, help=t("Play the board here.", "在本机运行虚拟板。"))
@click.option("--port", "ports_", multiple=True, metavar="PORT", help=t(
    "Serial port, rfc2217://HOST:PORT or socket://HOST:PORT. Default: the only board that is plugged in; with --all: "
    "every one. Give it again for more.",
    "串口，或 rfc2217://主机:端口、socket://主机:端口。默认为唯一插入的板子；与 --all 连用时为所有板子。可重复给出。"))  # fmt: skip
@click.option("--all", "gang", is_flag=True, help=t(
    "FILE is a roster: make all its poles, as many at once as are plugged in.",
    "文件为清单：批量部署其中所有灯杆，插入多少块板就同时处理多少块。"))  # fmt: skip
@click.option("--ports", "globs", multiple=True, metavar="GLOB",
              help=t("With --all: only ports so named, or all links of a folder.", "与 --all 连用：仅限匹配的端口，或文件夹中的链接。"))  # fmt: skip
@click.option("--person", default="", metavar="NAME",
              help=t("With --all: who does it, for the ledger.", "与 --all 连用：操作者，记入台账。"))  # fmt: skip
@click.option("--no-watch", "--once", "once", is_flag=True,
              help=t("With --all: only the boards that are there now.", "与 --all 连用：仅处理当前已插入的板子。"))  # fmt: skip
@click.option(
    "--no-flash",
    is_flag=True,
    help=t("With --all: never flash MicroPython.", "与 --all 连用：不烧录 MicroPython。"),
)
@click.option("--reflash", is_flag=True, help=t(
    "With --all: flash every board whose MicroPython is not the image's.",
    "与 --all 连用：MicroPython 版本与镜像不同时重新烧录。"))  # fmt: skip
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help=t("Print JSON; with --all a line per change.", "输出 JSON；与 --all 连用时每次变化一行。"),
)
def command(
    file: Path,
    virtual: bool,
    ports_,
    gang: bool,
    globs,
    person: str,
    once: bool,
    no_flash: bool,
    reflash: bool,
    as_json: bool,
) -> int:
    if virtual and (ports_ or globs):
        raise click.UsageError(t("Give --virtual or --port, not both.", "--virtual 与 --port 只能用一个。"))
    if no_flash and reflash:
        raise click.UsageError(
            t("Give --no-flash or --reflash, not both.", "--no-flash 与 --reflash 只能用一个。")
        )
    if gang:
        from yigan.cli import _bench

        return _bench.run(file, (*ports_, *globs), person, not once, as_json, virtual, not no_flash, reflash)
    if globs or person or once or no_flash or reflash or len(ports_) > 1:
        raise click.UsageError(t("That goes with --all.", "该选项须与 --all 连用。"))
    _one(file, virtual, ports_[0] if ports_ else "", as_json)
    return 0


def _one(file: Path, virtual: bool, port: str, as_json: bool) -> None:
    if file.is_dir() or file.suffix.lower() == ".csv":
        raise click.UsageError(t("A roster goes with --all.", "清单须与 --all 连用。"))
    pole, made = _file.bundle_of(file)
    if virtual:
        if pole is None:
            raise click.UsageError(
                t("--virtual wants the pole file.", "--virtual 需要灯杆配置文件，而不是固件包。")
            )
        port = _virtual.board(pole, file).port
    port = port or ports.only()
    with record("up", port, pole=made.id, bundle=made.hash, version=made.version) as row:
        with Progress(quiet=as_json) as progress:
            done = commission(port, made, progress, ports.follower(port))
        row.add(uid=done.report.uid, board=str(done.identity.get("board", "")), micropython=done.report.micropython)
    if as_json:
        click.echo(json.dumps(_row(done, made, port), ensure_ascii=False, indent=2))
    else:
        _tell(done, made, port, virtual)


def _readings(done: Commissioned) -> list[Reading]:
    return [Reading(row["p"], row["v"], row["u"], row["q"], row["age"], reason=row.get("why", "")) for row in done.readings]


def _row(done: Commissioned, made: Bundle, port: str) -> dict:
    return {
        "pole": made.id,
        "version": made.version,
        "bundle": made.hash,
        "port": port,
        "seconds": done.seconds,
        "deploy": done.report.as_dict(),
        "identity": done.identity,
        "points": [_points.as_json(reading) for reading in _readings(done)],
    }


def _tell(done: Commissioned, made: Bundle, port: str, virtual: bool) -> None:
    report = done.report
    if report.was and report.was != made.id:
        click.echo(
            t(
                "This board was pole {w}; it is {p} now.",
                "这块板原为 {w}，现为 {p}。",
                w=report.was,
                p=made.id,
            )
        )
    _points.table(_readings(done))
    what = (
        t("{n} files sent ({k:.1f} KB), {c} copied on the board", "发送 {n} 个文件（{k:.1f} KB），板上复制 {c} 个",
          n=len(report.sent), k=report.packed / 1024, c=len(report.copied))
        if report.changed
        else t("nothing to send, it was all there", "内容已是最新，无需发送")
    )  # fmt: skip
    click.echo(
        t("{p} is up on {m}: {w}, {s:.1f} s.", "{p} 已在 {m} 上运行：{w}，用时 {s:.1f} 秒。",
          p=click.style(made.id, bold=True), m=report.machine, w=what, s=done.seconds)
    )  # fmt: skip
    way = f"--via virtual:{made.id}" if virtual else f"--port {port}"
    click.echo(t("Talk to it: yigan watch {w}", "与它对话：yigan watch {w}", w=way))
    if virtual:
        click.echo(
            t("End it: yigan virtual stop {f}", "结束：yigan virtual stop {f}", f=home.virtual(made.id))
        )
