"""`yigan receive udp://0.0.0.0:5685`: hear the signed datagrams of poles, acknowledge them, show what they say."""

import json
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from yigan import conf, datagram, points
from yigan.cli import _text
from yigan.errors import ConfigError
from yigan.lang import t


@click.command(
    cls=_text.Command,
    help=t(
        "Receive what poles send by their `datagram` uplink. Each message is checked, acknowledged and shown once.",
        "接收灯杆 `datagram` 上行链路的报文：校验、确认，每条只显示一次。",
    ),
    examples=(
        (
            "yigan receive udp://0.0.0.0:5685 --pole poles/narrow.toml",
            "Keys from pole files",
            "密钥取自配置文件",
        ),
        (
            "yigan receive udp://127.0.0.1:5685 --key street-0001:$KEY --json",
            "A JSON object a line",
            "每行一个 JSON",
        ),
        (
            "yigan receive udp://0.0.0.0:5685 --pole a.toml --state heard.json",
            "Remember over restarts what was heard",
            "重启后仍防重放",
        ),
    ),
)
@click.argument("where", metavar="udp://HOST:PORT")
@click.option("--pole", "files", multiple=True, metavar="POLE.toml", type=click.Path(path_type=Path),
              help=t("Take the id and the key from this pole file.", "从该配置文件取编号与密钥。"))  # fmt: skip
@click.option(
    "--key", "keys", multiple=True, metavar="ID:HEX", help=t("A pole's id and key.", "杆编号与密钥。")
)
@click.option("--state", type=click.Path(path_type=Path), metavar="FILE",
              help=t("Keep here what was heard: a repeated message stays refused after a restart.",
                     "将已收编号存于此文件：重启后仍拒收重放报文。"))  # fmt: skip
@click.option(
    "--count", type=click.IntRange(1), metavar="N", help=t("End after N messages.", "收到 N 条后结束。")
)
@click.option(
    "--json", "as_json", is_flag=True, help=t("Print a JSON object a message.", "每条报文输出一个 JSON。")
)
def command(where: str, files: tuple[Path, ...], keys: tuple[str, ...], state: Path | None, count: int | None,
            as_json: bool) -> None:  # fmt: skip
    address = urlsplit(where)
    try:
        host, port = address.hostname, address.port
    except ValueError:
        host, port = None, None
    if address.scheme != "udp" or not host or not port:
        raise click.UsageError(
            t("Write udp://0.0.0.0:5685, not {w}.", "请写 udp://0.0.0.0:5685，而不是 {w}。", w=where)
        )
    city = datagram.City(state=state)
    for pole_id, key in [*(found for file in files for found in _keys(file)), *map(_split, keys)]:
        city.add(pole_id, key)
    if not city.known:
        raise click.UsageError(t("Name the poles: --pole or --key.", "请用 --pole 或 --key 指明灯杆。"))
    heard = 0

    def tell(said: dict) -> None:
        nonlocal heard
        heard += 1
        click.echo(json.dumps(said, ensure_ascii=False) if as_json else _lines(said))

    with datagram.bind(host, port) as sock:
        if not as_json:
            names = ", ".join(sorted(pole.id for pole in city.known.values()))
            click.echo(
                t(
                    "Listening at {w} for {n}; Ctrl-C ends.",
                    "正在 {w} 监听 {n}；按 Ctrl-C 结束。",
                    w=where,
                    n=names,
                )
            )
        try:
            datagram.serve(sock, city, tell, lambda: count is None or heard < count)
        except KeyboardInterrupt:
            pass
    if city.refused and not as_json:
        found = ", ".join(f"{why} {n}" for why, n in city.refused.items())
        click.echo(t("Refused: {f}.", "已拒收：{f}。", f=found))


def _keys(file: Path) -> list[tuple[str, str]]:
    pole = conf.load(file)
    found = [part.options.get("key", "") for part in pole.uplinks if part.kind == "datagram"]
    if not found:
        what = t("{f} has no uplink of kind datagram.", "{f} 没有 datagram 上行链路。", f=file)
        raise ConfigError(
            what, hint=t('Write [[uplink]] kind = "datagram".', '请写 [[uplink]] kind = "datagram"。')
        )
    return [(pole.id, key) for key in found]


def _split(text: str) -> tuple[str, str]:
    pole_id, mark, key = text.partition(":")
    if not mark:
        raise click.UsageError(t("Write --key ID:HEX.", "请写 --key 编号:十六进制。"))
    return pole_id, key


def _lines(said: dict) -> str:
    head = f"{datetime.now():%H:%M:%S}  {said['pole']}  #{said['datagram']}  {said['size']} B  {said['form']}"
    if said["form"] == "now":
        values = {name: f"{_shown(value)} {_unit(name)}".rstrip() for name, value in said["values"].items()}
        values |= {name: f"{values.get(name, '')} ({q})".strip() for name, q in said["quality"].items()}
        rows = [f"    {name:28} {value}" for name, value in values.items()]
    elif said["form"] == "history":
        rows = [f"    {r['at'] or '-':20} {r['point']:28} {_shown(r['value'])} {_unit(r['point'])} ({r['quality']})"
                for r in said["records"]]  # fmt: skip
    else:
        apart = ("pole", "datagram", "size", "form", "from")
        rows = [
            "    " + " ".join(f"{k}={_shown(v)}" for k, v in said.items() if k not in apart and v is not None)
        ]
    return "\n".join([head, *rows])


def _shown(value: object) -> str:
    return (
        "-"
        if value is None
        else json.dumps(value, ensure_ascii=False)
        if isinstance(value, (bool, dict))
        else str(value)
    )


def _unit(name: str) -> str:
    try:
        unit = points.load().point(name).unit
    except ConfigError:
        return ""
    return "" if unit == "1" else unit
