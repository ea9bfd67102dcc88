"""The options that name a running pole: --via, or --port for the console."""

import os
from collections.abc import Callable

import click

from yigan import via
from yigan.lang import t


def options(function: Callable) -> Callable:
    """Adds --via, --port and --json; the verb gets `way_to` (a text for `connect`) and `as_json`."""
    function = click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))(function)
    function = click.option(
        "--port",
        metavar="PORT",
        expose_value=False,
        callback=_port,
        is_eager=True,
        help=t("Short for --via console:PORT.", "等同 --via console:PORT。"),
    )(function)
    return click.option(
        "--via",
        "way_to",
        metavar="WAY",
        callback=_via,
        help=t(
            "console:PORT, modbus:HOST[:PORT], mqtt:HOST[:PORT]/PREFIX/POLE or virtual:POLE (or YIGAN_VIA). "
            "Default: the virtual board that runs here.",
            "console:串口、modbus:主机[:端口]、mqtt:主机[:端口]/前缀/灯杆编号 或 virtual:灯杆编号（也可用 YIGAN_VIA）。"
            "默认为本机运行中的虚拟板。",
        ),
    )(function)


def _port(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value:
        ctx.meta["port"] = value


def _via(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str:
    if value and "port" in ctx.meta:
        raise click.UsageError(t("Give --via or --port, not both.", "--via 与 --port 只能用一个。"), ctx)
    return (
        value
        or ("console:" + ctx.meta["port"] if "port" in ctx.meta else "")
        or os.environ.get("YIGAN_VIA", "")
    )


def connect(way_to: str) -> via.Way:
    """The way; without a word for it, the one virtual board that runs here."""
    if way_to:
        return via.open(way_to)
    from yigan.via.virtual import running

    poles = running()
    if len(poles) == 1:
        return via.open("virtual:" + poles[0])
    found = " " + t("Running here: {p}.", "本机运行中：{p}。", p=", ".join(poles)) if poles else ""
    raise click.UsageError(
        t(
            "Which pole? For example --via console:/dev/ttyUSB0 or --via modbus:192.168.1.20.",
            "哪根灯杆？例如 --via console:/dev/ttyUSB0 或 --via modbus:192.168.1.20。",
        )
        + found,
        click.get_current_context(silent=True),
    )
