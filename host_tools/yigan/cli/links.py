"""`yigan links --simulate week.toml`: what goes by which link through a week of outages."""

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from yigan import picture, places, week
from yigan.cli import _text
from yigan.lang import t


@click.command(
    cls=_text.Command,
    help=t(
        "Play a week of outages in seconds, by the pole's own link policy: what went where, how long it took to change "
        "over and back, whether an alarm was lost, what each link cost.",
        "以灯杆自身的链路策略在数秒内推演一周断网：数据走向、切换与回切用时、告警是否丢失、各链路流量。",
    ),
    examples=(
        ("yigan links --simulate docs/links-week.toml", "The example", "示例"),
        ("yigan links --simulate week.toml -o week.svg -o week.png", "And a picture", "并绘图"),
        (
            "yigan links --simulate week.toml --seed 7 --json",
            "Other dice, for programs",
            "换随机种子，JSON 输出",
        ),
    ),
)
@click.option("--simulate", "file", required=True, metavar="WEEK.toml", type=click.Path(path_type=Path),
              help=t("Links and outages.", "链路与中断。"))  # fmt: skip
@click.option("-o", "--output", "pictures", multiple=True, metavar="FILE", type=click.Path(path_type=Path),
              help=t("Draw it: .svg or .png.", "绘图：.svg 或 .png。"))  # fmt: skip
@click.option("--seed", type=int, help=t("Instead of the file's.", "代替文件中的种子。"))
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
def command(file: Path, pictures: tuple[Path, ...], seed: int | None, as_json: bool) -> None:
    for path in pictures:
        if path.suffix.lstrip(".") not in picture.FORMATS:
            raise click.UsageError(t("{p}: .svg or .png.", "{p}：须为 .svg 或 .png。", p=path))
    played = week.load(file)
    report = week.play(played, seed)
    if pictures:
        from yigan.week.draw import draw

        draw(report, *pictures)
    if as_json:
        click.echo(
            json.dumps(
                {**_row(report), "seed": played.seed if seed is None else seed}, ensure_ascii=False, indent=2
            )
        )
        return
    _table(report)
    for path in pictures:
        click.echo(places.shown(path.resolve()))


def _row(report: week.Report) -> dict:
    waits, lines = report.alarm_waits(), report.week.lines
    return {
        "links": [
            {"name": line.name, "alarms": sum(a.link == k and a.alarm > 0 for a in report.arrivals),
             "live": sum(a.link == k and not a.alarm for a in report.arrivals),
             "bytes_a_day": [row[k] for row in report.bytes_day], "budget": 1024 * line.budget_kb_day}
            for k, line in enumerate(lines)
        ],
        "alarms": len(report.raised), "lost": report.lost, "doubled": report.doubled, "repeated": report.repeated,
        "alarm_wait_s": {"median": waits[len(waits) // 2], "longest": waits[-1]} if waits else {},
        "changes": [[moment, lines[k].name if k >= 0 else None] for moment, k in report.best],
        "over_and_back_s": [[o.link, o.begin, over, back] for o, over, back in report.over_and_back()],
    }  # fmt: skip


def _table(report: week.Report) -> None:
    row = _row(report)
    table = Table(t("link", "链路"), t("alarms", "告警"), t("live messages", "实时报文"), t("most kB a day", "最多 kB/日"),
                  t("budget", "预算"))  # fmt: skip
    for link in row["links"]:
        most = f"{max(link['bytes_a_day']) / 1024:.1f}"
        table.add_row(
            link["name"], str(link["alarms"]), str(link["live"]), most, str(link["budget"] // 1024 or "-")
        )
    Console().print(table)
    for outage, over, back in report.over_and_back():
        click.echo(t("{n} gone on day {d}: over after {a} s, back {b} s after its return",
                     "{n} 第 {d} 天中断：{a} 秒切换，恢复后 {b} 秒切回",
                     n=outage.link, d=outage.begin // week.DAY + 1, a="-" if over is None else over,
                     b="-" if back is None else back))  # fmt: skip
    waits = row["alarm_wait_s"]
    click.echo(t("{n} alarms: {l} lost, {d} doubled; the city waited {m} s for half of them, {x} s at the longest.",
                 "告警 {n} 条：丢失 {l}，重复 {d}；半数在 {m} 秒内送达，最久 {x} 秒。",
                 n=row["alarms"], l=len(row["lost"]), d=row["doubled"], m=waits.get("median", 0),
                 x=waits.get("longest", 0)))  # fmt: skip
