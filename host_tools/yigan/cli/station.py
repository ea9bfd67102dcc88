"""`yigan station`: the bench as a page in a browser."""

import json
import threading
import webbrowser
from pathlib import Path

import click

from yigan.cli import _text
from yigan.lang import t


@click.command(
    cls=_text.Command,
    help=t(
        "The bench as a web page, in Chinese and English: every board that is plugged in becomes a pole of the list "
        "(a table, or a folder of pole files), with live progress, logs and history. Only this machine can open it, "
        "unless --listen says otherwise; then a token is wanted. Ctrl-C ends it.",
        "网页版工作台，中英文：每块插入的板子成为清单（表格或灯杆文件夹）中的一根灯杆，可实时查看进度、日志与台账。"
        "默认仅本机可打开；用 --listen 开放给网络时需要令牌。按 Ctrl-C 结束。",
    ),
    examples=(
        ("yigan station POLES.csv --open", "Forty poles, in this machine's browser", "四十根灯杆，在本机浏览器中打开"),
        ("yigan station poles/ --ports '/dev/serial/by-path/*'", "Only the ports of the hub", "只用集线器上的端口"),
        ("yigan station POLES.csv --listen 0.0.0.0", "For a phone on the bench network; its token comes as a QR code",
         "供工作台网络中的手机使用；令牌以二维码给出"),
        ("yigan station --http-port 0", "Choose the list on the page; any free TCP port", "在网页上选择清单；使用任意空闲 TCP 端口"),
    ),
)  # fmt: skip
@click.argument("roster", required=False, metavar="[POLES.csv|FOLDER]", type=click.Path(path_type=Path))
@click.option("--listen", default="127.0.0.1", metavar="ADDRESS", show_default=True, help=t(
    "Address of this machine to listen at; 0.0.0.0: all of them.", "监听的本机地址；0.0.0.0 表示全部。"))  # fmt: skip
@click.option("--http-port", type=click.IntRange(0, 65535), default=8470, metavar="PORT", show_default=True,
              help=t("TCP port of the page; 0: a free one.", "网页的 TCP 端口；0 表示自动选择。"))  # fmt: skip
@click.option("--ports", multiple=True, metavar="GLOB", help=t(
    "Work only these ports (may be given again). Default: every USB port.", "只处理这些端口（可重复）。默认为所有 USB 串口。"))  # fmt: skip
@click.option("--port", multiple=True, metavar="PORT", help=t(
    "One port, also rfc2217:// or socket:// (may be given again).", "单个端口，也可为 rfc2217:// 或 socket://（可重复）。"))  # fmt: skip
@click.option(
    "--person", default="", metavar="NAME", help=t("Who works here, for the ledger.", "操作人员，记入台账。")
)
@click.option("--no-flash", is_flag=True, help=t("Leave bare chips alone.", "不给空白芯片烧录 MicroPython。"))
@click.option(
    "--start", is_flag=True, help=t("Begin at once, do not wait for the button.", "立即开始，无需按钮。")
)
@click.option("--open", "opens", is_flag=True, help=t("Open the page in the browser.", "在浏览器中打开。"))
@click.option("--json", "as_json", is_flag=True, help=t("Print the link as JSON.", "以 JSON 输出链接。"))
def command(roster, listen, http_port, ports, port, person, no_flash, start, opens, as_json) -> None:
    from yigan.bench import Ledger
    from yigan.web.serve import Service
    from yigan.web.station import Station, Wishes

    station = Station(Ledger(), Path.cwd(), Wishes((*ports, *port), person, not no_flash))
    if roster:
        station.choose(roster, anywhere=True)
    service = Service(station, listen, http_port)
    try:
        if start:
            station.start()
        _tell(service, as_json)
        if opens:
            threading.Timer(0.5, webbrowser.open, [service.url]).start()
        service.run()
        _ending(station, as_json)
    finally:
        station.stop(wait=True)  # works end as Bench.stop does it; a second Ctrl-C does not wait for that
    click.echo(t("The station is closed.", "工作台已关闭。"), err=as_json)


def _tell(service, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"url": service.url}))
        return
    click.echo(t("The station is at {u}", "工作台地址：{u}", u=click.style(service.url, bold=True)))
    if service.open:
        from yigan.web.serve import qr

        if click.get_text_stream("stdout").isatty():
            click.echo(qr(service.url))
        click.echo(
            t(
                "Whoever has this link can work the bench; what travels is not encrypted: use a network that is yours.",
                "持有该链接者均可操作工作台；传输未加密，请使用自己的网络。",
            )
        )
    click.echo(t("Ctrl-C ends it.", "按 Ctrl-C 结束。"))


def _ending(station, as_json: bool) -> None:
    working = sum(slot["state"] == "working" for slot in station.state()["slots"])
    if working:
        click.echo(
            t("Ending what is at work ({n})...", "正在结束 {n} 块板子的作业……", n=working), err=as_json
        )
