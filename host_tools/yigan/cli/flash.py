"""`yigan flash`: MicroPython onto a chip; on a Raspberry Pi, the runtime into its root."""

import json
from pathlib import Path

import click

from yigan import flash as flashing
from yigan.cli import _text
from yigan.cli._progress import Progress
from yigan.cli._record import record
from yigan.flash import Outcome, Target, Wishes
from yigan.lang import t


@click.command(
    cls=_text.Command,
    help=t(
        "Put MicroPython on a board. An image for another chip is refused, what was there is kept, what is there "
        "already is not written again, what was written is read back.",
        "把 MicroPython 烧录到板子。芯片不符会被拒绝；原有内容自动备份；已是最新则跳过；写入后自动校验。",
    ),
    examples=(
        ("yigan flash", "The only board that is plugged in, the only image that fits", "唯一插入的板子，唯一适用的镜像"),
        ("yigan flash --port /dev/ttyUSB0 --board esp32-devkit", "The build that this board wants", "该板型对应的版本"),
        ("yigan flash --port COM5 --image ESP32_GENERIC-20250911-v1.26.1.bin", "A file", "指定文件"),
        ("yigan flash --drive /media/usb/RPI-RP2 --image RPI_PICO", "A Pico in BOOTSEL", "处于 BOOTSEL 的 Pico"),
        ("sudo yigan flash --root / gateway.bundle", "A Raspberry Pi: this one", "安装到本机树莓派"),
        ("yigan flash --root /media/usb/rootfs gateway.bundle", "Its SD card", "安装到 SD 卡"),
    ),
)
@click.argument("bundle", required=False, metavar="[BUNDLE]", type=click.Path(path_type=Path))
@click.option("--port", default="", metavar="PORT",
              help=t("Serial port, rfc2217:// or socket://.", "串口，或 rfc2217://、socket://。"))  # fmt: skip
@click.option("--drive", metavar="FOLDER", type=click.Path(path_type=Path),
              help=t("Boot drive of an RP2 in BOOTSEL.", "处于 BOOTSEL 的 RP2 启动盘。"))  # fmt: skip
@click.option("--root", metavar="FOLDER", type=click.Path(path_type=Path),
              help=t("Root of a Raspberry Pi's file system: install BUNDLE there.", "树莓派文件系统根目录：把 BUNDLE 安装到其中。"))  # fmt: skip
@click.option("--board", default="", metavar="BOARD", help=t("Which board it is.", "板型。"))
@click.option("--image", default="", metavar="NAME|FILE", help=t("Image in the store, or a file.", "镜像库中的名称，或文件。"))
@click.option("--baud", type=int, metavar="RATE", help=t("Speed while flashing.", "烧录速率。"))
@click.option("--no-backup", is_flag=True, help=t("Do not keep what was there.", "不备份原有内容。"))
@click.option("--erase", is_flag=True, help=t("Erase the whole chip first, files too.", "先擦除整片闪存，包括文件。"))
@click.option("--no-stub", is_flag=True, help=t("Only the chip's own loader (slow).", "只用芯片自带的下载程序（慢）。"))
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
def command(bundle, port, drive, root, board, image, baud, no_backup, erase, no_stub, as_json) -> None:
    if root or bundle:
        _install(root, bundle, as_json)
        return
    wishes = Wishes(baud or _baud(board), not no_backup, erase, not no_stub)
    images = flashing.choose(image, board)
    with record("flash", port or str(drive or ""), board=board) as row:
        with Progress(quiet=as_json) as progress:
            outcome = flashing.flash(Target(port, drive, board), images, wishes, progress)
        row.add(uid=outcome.id, chip=outcome.chip, image=outcome.image, image_sha256=outcome.sha256)
    if as_json:
        click.echo(json.dumps(outcome.as_dict(), ensure_ascii=False, indent=2))
    else:
        _tell(outcome)


def _baud(board: str) -> int:
    from yigan import boards

    return (boards.load(board).flashing.baud if board else 0) or flashing.esp.BAUD


def _tell(done: Outcome) -> None:
    who = f"{done.chip} {done.id}".strip()
    if not done.changed:
        click.echo(t("{w} has {i} already: nothing written, {s:.1f} s.", "{w} 已是 {i}，无需写入，用时 {s:.1f} 秒。",
                     w=who, i=done.image, s=done.seconds))  # fmt: skip
        return
    how = {
        "md5": t("verified by MD5", "MD5 校验通过"),
        "flash": t("read back and compared", "已读回比对"),
        "drive": t("accepted by its boot loader", "引导程序已接受"),
    }[done.verified]
    click.echo(
        click.style(t("PASS", "成功"), fg="green", bold=True)
        + t(" {w} has {i}: {h}, {s:.1f} s.", " {w} 已写入 {i}：{h}，用时 {s:.1f} 秒。", w=who, i=done.image, h=how, s=done.seconds)
    )
    click.echo(_backup(done.backup))


def _backup(backup: dict) -> str:
    """What became of what was there."""
    if "file" in backup:
        return t("What was there is kept in {f}", "原有内容已备份到 {f}", f=backup["file"])
    return {
        "blank": t("There was nothing to keep: the flash was blank.", "闪存原为空白，无需备份。"),
        "known": t("There was {i}, which is in the store: no backup needed.", "原有镜像 {i} 已在镜像库中，无需备份。", i=backup.get("image", "")),
        "unfinished": t("There was half of an earlier try: nothing to keep.", "原有内容是上次未完成的写入，无需备份。"),
        "unreadable": t("A boot drive cannot be read: nothing was kept.", "启动盘不可读取，未能备份。"),
    }.get(backup.get("why", ""), t("No backup was made.", "未做备份。"))


def _install(root: Path | None, bundle: Path | None, as_json: bool) -> None:
    if not (root and bundle):
        raise click.UsageError(t("--root FOLDER and BUNDLE go together.", "--root 目录 与 BUNDLE 必须同时给出。"))
    from yigan.flash import linux

    done = linux.install(root, bundle)
    if as_json:
        click.echo(json.dumps(done.as_dict(), ensure_ascii=False, indent=2))
        return
    for path in done.written:
        click.echo(f"  {path}")
    if not done.written:
        click.echo(t("{p} is installed already: nothing to do.", "{p} 已安装，无需改动。", p=done.pole))
        return
    click.echo(t("{p} is installed in {r}.", "{p} 已安装到 {r}。", p=done.pole, r=root))
    click.echo(t("It starts with the next boot, or now: {c}", "下次开机自动启动，或立即启动：{c}", c=linux.NOW))
