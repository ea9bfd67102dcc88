"""`yigan plan POLE.toml`: what its lamps will do tonight, why at a given moment, and through a year."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from yigan import conf, places, plan
from yigan.cli import _text
from yigan.errors import ConfigError
from yigan.lang import t
from yigan.plan import EPOCH, Month, Night, Street
from yigan.plan.explain import Rank, bounds, percent, ranks


@click.command(
    cls=_text.Command,
    help=t(
        "What the lamps of a pole will do: tonight's switchings, and the year as a picture (SVG and PNG) with energy "
        "and cost by month. --explain prints the order of precedence and what each of it says at a moment.",
        "灯杆照明计划：今晚的动作，以及全年图（SVG 与 PNG）和每月电量、电费。--explain 按优先级列出某一时刻各方的意见。",
    ),
    examples=(
        ("yigan plan poles/street.toml", "Tonight, and the year in build/", "今晚，并在 build/ 生成全年图"),
        (
            "yigan plan poles/street.toml --explain 23:30",
            "Who says what at half past eleven",
            "23:30 时各方的意见",
        ),
        ("yigan plan poles/street.toml --date 2026-10-01 --no-draw", "Another night", "另一个晚上"),
    ),
)
@click.argument("file", metavar="POLE.toml", type=click.Path(path_type=Path))
@click.option(
    "--date",
    "night",
    metavar="DATE",
    help=t("The night of this evening (default: tonight).", "该日傍晚开始的夜晚（默认今晚）。"),
)
@click.option("--explain", "at", metavar="TIME", help=t("Order of precedence at 23:30 of that night, or at 2026-11-22T23:30.",
                                                        "该夜 23:30，或 2026-11-22T23:30 时的优先级。"))  # fmt: skip
@click.option(
    "--lamp",
    metavar="NAME",
    help=t("Which lamp, by its peripheral's name (default: all).", "灯的外设名（默认全部）。"),
)
@click.option(
    "--year",
    type=click.IntRange(2024, 2053),
    help=t("Which year to draw (default: the night's).", "绘制的年份（默认为当夜所在年）。"),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help=t("Folder for the pictures (default: build/).", "图片目录（默认 build/）。"),
)
@click.option("--no-draw", is_flag=True, help=t("Print only.", "只打印，不绘图。"))
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help=t("Print JSON; draws only with --output.", "输出 JSON；仅在给出 --output 时绘图。"),
)
def command(
    file: Path, night: str | None, at: str | None, lamp: str | None, year: int | None, output: Path | None,
    no_draw: bool, as_json: bool,
) -> None:  # fmt: skip
    pole = conf.load(file)
    conf.plan(pole)
    street = plan.street(pole)
    lamps = _lamps(street, lamp)
    day = _day(street, night)
    if at:
        _explain(street, lamps, _moment(street, day, at), as_json)
        return
    year = year or (EPOCH + timedelta(days=day)).year
    drawn = [] if no_draw or (as_json and not output) else _draw(street, lamps, year, output)
    if as_json:
        row = {"pole": pole.id, "year": year, "lamps": {n: _row(street, day, year, i) for n, i in lamps.items()},
               "pictures": [str(p) for p in drawn]}  # fmt: skip
        click.echo(json.dumps(row, ensure_ascii=False, indent=2))
        return
    console = Console()
    for name, number in lamps.items():
        tonight(console, street, name, street.night(day, number))
        _months(console, street, year, name, street.months(street.nights(year, number)))
    for path in drawn:
        click.echo(places.shown(path.resolve()))


def _lamps(street: Street, name: str | None) -> dict[str, int]:
    if name is None:
        return street.lamps
    if name not in street.lamps:
        raise click.UsageError(
            t("No lamp {n}; there is: {k}.", "没有灯 {n}；现有：{k}。", n=name, k=", ".join(street.lamps))
        )
    return {name: street.lamps[name]}


def _day(street: Street, text: str | None) -> int:
    if text is None:
        return street.tonight()
    try:
        return (date.fromisoformat(text) - EPOCH).days
    except ValueError as error:
        raise click.UsageError(
            t("{d} is no date: write 2026-11-22.", "{d} 不是日期：请写 2026-11-22。", d=text)
        ) from error


def _moment(street: Street, day: int, text: str) -> int:
    """`23:30` of the night of `day`, or a whole date and time of the pole's clock."""
    try:
        if "T" in text or " " in text:
            return street.moment(datetime.fromisoformat(text).replace(tzinfo=None))
        clock = datetime.strptime(text, "%H:%M:%S" if text.count(":") == 2 else "%H:%M").time()
    except ValueError as error:
        what = t(
            "{x} is no time: write 23:30 or 2026-11-22T23:30.",
            "{x} 不是时刻：请写 23:30 或 2026-11-22T23:30。",
            x=text,
        )
        raise click.UsageError(what) from error
    date_ = EPOCH + timedelta(days=day if clock.hour >= 12 else day + 1)
    return street.moment(datetime.combine(date_, clock))


def _draw(street: Street, lamps: dict[str, int], year: int, output: Path | None) -> list[Path]:
    try:
        from yigan.plan.draw import draw
    except ImportError as error:
        what = t("The picture needs matplotlib.", "绘图需要 matplotlib。")
        hint = t("pip install matplotlib, or add --no-draw.", "请 pip install matplotlib，或加 --no-draw。")
        raise ConfigError(what, hint=hint) from error
    folder = output or places.root() / "build"
    only = len(street.lamps) == 1
    return [
        path
        for name, number in lamps.items()
        for path in draw(
            street, year, number, folder / f"{street.pole.id}{'' if only else '-' + name}-{year}"
        )
    ]


# For people


def tonight(console: Console, street: Street, name: str, night: Night) -> None:
    when = EPOCH + timedelta(days=night.day)
    title = t(
        "{n}, night of {d}: {p}",
        "{n}，{d} 夜：{p}",
        n=name,
        d=when,
        p=night.programme.name or t("the programme", "默认策略"),
    )
    table = Table(t("when", "时刻"), t("level", "亮度"), t("why", "原因"), title=title, title_justify="left")
    rows = [(c.moment, percent(c.level), c.why) for c in night.changes[1:] if c.why]
    rows += [(m, "", f"[dim]{plan.told_sun(s)}[/]") for s, m in street.sun_of(night.day).items()]
    for moment, level, why in sorted(rows):
        table.add_row(street.local(moment).strftime("%H:%M:%S"), level, why)
    console.print(table)
    if len(night.changes) == 1:
        console.print(
            t("It stays off.", "整夜不亮。")
            if not night.changes[0].level
            else t("It is lit all the time.", "一直亮。")
        )
    click.echo(
        t("Lit {h:.1f} h. This pole is {s} s later than the programme says, so that a street does not switch at once.",
          "亮灯 {h:.1f} 小时。为避免整街同时动作，本杆比策略晚 {s} 秒。", h=night.lit_s / 3600, s=street.compiled["shift"])
    )  # fmt: skip


def _months(console: Console, street: Street, year: int, name: str, months: list[Month]) -> None:
    heads = [t("month", "月"), t("hours lit", "亮灯小时")]
    if street.watts:
        heads += ["kWh", t("kWh at full light", "全亮 kWh")]
        heads += (
            [street.currency, t("{c} at full light", "全亮 {c}", c=street.currency)] if street.price else []
        )
    table = Table(*heads, title=f"{name}, {year}", title_justify="left")
    for month in months:
        table.add_row(str(month.month), *_cells(street, month.hours, month.kwh, month.full_kwh))
    sums = [sum(getattr(m, key) for m in months) for key in ("hours", "kwh", "full_kwh")]
    table.add_section()
    table.add_row(t("year", "全年"), *_cells(street, *sums))
    console.print(table)
    if not street.watts:
        click.echo(
            t(
                "Write watts and price in [lighting] to see energy and cost.",
                "在 [lighting] 中写 watts 与 price 可见电量与电费。",
            )
        )


def _cells(street: Street, hours: float, kwh: float, full: float) -> list[str]:
    found = [f"{hours:.1f}"]
    if street.watts:
        found += [f"{kwh:.1f}", f"{full:.1f}"]
        found += [f"{kwh * street.price:.2f}", f"{full * street.price:.2f}"] if street.price else []
    return found


def _explain(street: Street, lamps: dict[str, int], moment: int, as_json: bool) -> None:
    found = {name: ranks(street, moment, number) for name, number in lamps.items()}
    local = street.local(moment).isoformat(sep=" ")
    if as_json:
        rows = {name: [_rank_row(rank) for rank in said] for name, said in found.items()}
        click.echo(
            json.dumps({"pole": street.pole.id, "at": local, "lamps": rows}, ensure_ascii=False, indent=2)
        )
        return
    console = Console()
    for name, said in found.items():
        title = t("{n} at {w}, highest first", "{n}，{w}，由高到低", n=name, w=local)
        table = Table(
            t("who", "来源"), t("level", "亮度"), t("says", "意见"), title=title, title_justify="left"
        )
        for rank in said:
            style = "bold" if rank.rules else "" if rank.level is not None else "dim"
            table.add_row(
                rank.name, "" if rank.level is None else percent(rank.level), rank.says, style=style
            )
        console.print(table)
        ruling = next(rank for rank in said if rank.rules)
        console.print(
            t(
                "With nobody's order: {p}, {n}. Then:",
                "无其他指令时：{p}，{n}。随后：",
                p=percent(ruling.level or 0),
                n=ruling.name,
            )
        )
    for line in bounds():
        click.echo("  " + line)


# For programs


def _row(street: Street, day: int, year: int, number: int) -> dict:
    night = street.night(day, number)
    months = street.months(street.nights(year, number))
    return {
        "night": str(EPOCH + timedelta(days=day)),
        "programme": night.programme.name,
        "shift_s": street.compiled["shift"],
        "sun": {name: street.local(m).isoformat() for name, m in street.sun_of(day).items()},
        "changes": [
            {"at": street.local(c.moment).isoformat(), "level": c.level / 10, "why": c.why} for c in night.changes
        ],
        "months": [
            {"month": m.month, "hours": round(m.hours, 2), "kwh": round(m.kwh, 3), "full_kwh": round(m.full_kwh, 3),
             "cost": round(m.cost, 2), "full_cost": round(m.full_cost, 2)}
            for m in months
        ],
    }  # fmt: skip


def _rank_row(rank: Rank) -> dict:
    level = None if rank.level is None else rank.level / 10
    return {"reason": rank.reason, "who": rank.name, "level": level, "says": rank.says, "rules": rank.rules}
