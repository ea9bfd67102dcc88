"""`yigan calibrate POLE.toml POINT ...`: write a calibration into a pole file; `--list`: who did what, and what is due."""

import json
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

import click
from rich import box
from rich.table import Table

from yigan import conf, near
from yigan.cli import _points, _text
from yigan.conf import calibration, writing
from yigan.conf.calibration import Calibration
from yigan.conf.plan import Device, Plan
from yigan.errors import ConfigError
from yigan.lang import t
from yigan.points import Point


class _Number(click.ParamType):
    """A decimal number; 1.10 and 1,10 are not the same thing, so a comma is refused."""

    name = "number"

    def convert(self, value, param, ctx):
        try:
            found = value if isinstance(value, Decimal) else Decimal(str(value))
        except InvalidOperation:
            found = Decimal("nan")
        if not found.is_finite():
            self.fail(t("{v!r} is no number.", "{v!r} 不是数值。", v=value), param, ctx)
        return found


class _Pair(click.ParamType):
    """READING=TRUE."""

    name = "pair"

    def convert(self, value, param, ctx):
        if isinstance(value, tuple):
            return value
        reading, sign, true = value.partition("=")
        if not sign:
            self.fail(t("{v!r}: write READING=TRUE.", "{v!r}：请写 读数=真值。", v=value), param, ctx)
        return tuple(_Number().convert(part.strip(), param, ctx) for part in (reading, true))


class _Day(click.ParamType):
    """2026-11-20."""

    name = "date"

    def convert(self, value, param, ctx):
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(
                t("{v!r} is no date: write 2026-11-20.", "{v!r} 不是日期：请写 2026-11-20。", v=value),
                param,
                ctx,
            )


@click.command(
    cls=_text.Command,
    help=t(
        "Write a calibration of a point into its pole file, where the older ones stay as its history. Nothing else of the "
        "file changes. It counts after the next deploy.",
        "将测点的校准写入灯杆文件，旧记录保留为历史，文件其余内容不变。下次部署后生效。",
    ),
    examples=(
        ("yigan calibrate pole.toml air.pm2_5 --slope 1.083 --offset -1.5 --by 'city laboratory' --due 2027-05-20",
         "true = 1.083 x reading - 1.5", "真值 = 1.083 x 读数 - 1.5"),
        ("yigan calibrate pole.toml air.no2 --pair 0=2 --pair 50=53 --pair 200=214 --by laboratory --reference 2026-0815",
         "Several points: straight lines between them", "多点校准，点间取直线"),
        ("yigan calibrate pole.toml --list", "Who and when, what counts, what is due", "历史、现行与到期"),
    ),
)  # fmt: skip
@click.argument("file", metavar="POLE.toml", type=click.Path(path_type=Path))
@click.argument("name", metavar="[POINT]", required=False)
@click.option("--slope", type=_Number(), help=t("True value per reading.", "斜率：真值/读数。"))
@click.option(
    "--offset", type=_Number(), help=t("Added after the slope, in the point's unit.", "截距，以测点单位计。")
)
@click.option("--pair", "pairs", type=_Pair(), multiple=True, metavar="READING=TRUE",
              help=t("A pair of a table; two at least.", "校准表中的一对数值，至少两对。"))  # fmt: skip
@click.option("--ends", type=click.Choice(calibration.ENDS),
              help=t("Outside the table: the line goes on (default), or the last value and quality uncertain.",
                     "超出校准表时：延伸直线（默认），或取端值并标为存疑。"))  # fmt: skip
@click.option("--by", metavar="NAME", help=t("Who did it.", "校准者。"))
@click.option(
    "--date", "day", type=_Day(), metavar="DATE", help=t("When (default: today).", "日期（默认今天）。")
)
@click.option("--due", type=_Day(), metavar="DATE", help=t("When the next one is due.", "下次到期日。"))
@click.option(
    "--reference",
    metavar="TEXT",
    help=t("Certificate, gas bottle, reference instrument.", "证书、标气或标准仪器。"),
)
@click.option(
    "--list", "listed", is_flag=True, help=t("Show all calibrations of the file.", "列出文件中的全部校准。")
)
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
def command(file: Path, name: str | None, listed: bool, as_json: bool, **given: object) -> None:
    plan = conf.plan(conf.load(file))
    if listed:
        _list(plan, name, as_json)
        return
    device, point = _meant(plan, name)
    before = calibration.in_force(calibration.read(plan)).get(point.name)
    data = writing.with_calibration(file, int(device.part.at[1]), _entry(device, point, given))
    after = _written(file, data, point)
    _show(before, after, as_json)


def _meant(plan: Plan, name: str | None) -> tuple[Device, Point]:
    if not name:
        raise click.UsageError(t("Which point? Or --list.", "缺少测点，或使用 --list。"))
    for found in calibration.devices(plan, name):
        return found
    known = [p.name for device in plan.devices for p in device.points if p and calibration.measured(p)]
    what = t("No peripheral of this pole measures {n}.", "该灯杆没有外设测量 {n}。", n=name)
    raise ConfigError(what, str(plan.pole.document.place("peripheral")), near.hint(name, known))


def _entry(device: Device, point: Point, given: dict) -> dict:
    """What will stand in the file; conf judges it there."""
    if not given["by"]:
        raise click.UsageError(t("--by NAME: who did it?", "--by：由谁校准？"))
    keys = [p.key for p in device.points if p]
    short = point.key if keys.count(point.key) == 1 else point.name
    found = {"point": short, "date": given["day"] or calibration.today(), "by": given["by"]}
    found |= {key: given[key] for key in ("reference", "due", "ends") if given[key] is not None}
    found |= {key: _plain(given[key]) for key in ("slope", "offset") if given[key] is not None}
    if given["pairs"]:
        found["table"] = [[_plain(v) for v in pair] for pair in sorted(given["pairs"])]
    return found


def _plain(number: Decimal) -> int | float:
    return int(number) if number == int(number) else float(number)


def _written(file: Path, data: bytes, point: Point) -> Calibration:
    """Judge the changed file before it takes the old one's place; the entry of the point that counts then."""
    trial = file.with_name(f".{file.name}.trial")
    try:
        trial.write_bytes(data)
        plan = conf.plan(conf.load(trial))
    except ConfigError as error:
        where = error.where.replace(trial.name, file.name)
        raise ConfigError(error.what, where, error.hint.replace(trial.name, file.name)) from error
    finally:
        trial.unlink(missing_ok=True)
    writing.replace(file, data)
    return calibration.in_force(calibration.read(plan))[point.name]


def _show(before: Calibration | None, after: Calibration, as_json: bool) -> None:
    readings = _samples(after)
    rows = [(x, before.true(x) if before else x, after.true(x)) for x in readings]
    if as_json:
        told = {"before": _row(before, None) if before else None, "after": _row(after, None),
                "samples": [dict(zip(("raw", "before", "after"), map(float, row))) for row in rows]}  # fmt: skip
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    click.echo(f"{after.point.name}: {_formula(before)} -> {_formula(after)}")
    found = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in (t("raw", "原始值"), t("before", "校准前"), t("after", "校准后")):
        found.add_column(title, justify="right")
    for row in rows:
        found.add_row(*(_number(value, after.point) for value in row))
    _points.console().print(found)


def _samples(entry: Calibration) -> list[Fraction]:
    """Readings worth a look: those of the table, or five of the usual range."""
    if entry.pairs:
        return [x for x, _ in entry.pairs]
    low, high = Fraction(entry.point.low), Fraction(entry.point.high)
    return [low + (high - low) * k / 4 for k in range(5)]


def _formula(entry: Calibration | None) -> str:
    if entry is None:
        return t("as read", "未校准")
    if entry.pairs:
        return " ".join(f"{float(x):g}={float(y):g}" for x, y in entry.pairs) + (
            " clamp" if entry.clamp else ""
        )
    return f"{float(entry.slope):g} x raw {float(entry.offset):+g}"


def _number(value: Fraction, point: Point) -> str:
    return f"{float(value):.{max(point.decimals, 0)}f}"


# The history


def _list(plan: Plan, name: str | None, as_json: bool) -> None:
    entries = sorted(calibration.read(plan), key=lambda e: (e.point.name, e.date))
    if name:
        wanted = {point.name for _, point in calibration.devices(plan, name)}
        entries = [e for e in entries if e.point.name in wanted]
    counts = {id(e) for e in calibration.in_force(entries).values()}
    rows = [(e, _state(e, id(e) in counts)) for e in entries]
    if as_json:
        click.echo(json.dumps([_row(e, state) for e, state in rows], ensure_ascii=False, indent=2))
        return
    if not rows:
        click.echo(t("No calibration in this file.", "此文件没有校准记录。"))
        return
    _points.console().print(_history(rows))


def _state(entry: Calibration, counts: bool) -> str:
    if not counts:
        return "superseded"
    days = (entry.due - calibration.today()) if entry.due else None
    if days is None or days > timedelta(days=calibration.SOON_DAYS):
        return "valid"
    return "overdue" if days < timedelta(0) else "due soon"


_STATES = {"valid": ("有效", "green"), "due soon": ("即将到期", "yellow"), "overdue": ("已过期", "red"),
           "superseded": ("已被取代", "dim")}  # fmt: skip


def _history(rows: list[tuple[Calibration, str]]) -> Table:
    found = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in (t("point", "测点"), t("date", "日期"), t("due", "到期"), t("state", "状态"), t("by", "校准者"),
                  t("calibration", "校准"), t("reference", "依据")):  # fmt: skip
        found.add_column(title, no_wrap=title in ("point", "date", "due", "测点", "日期", "到期"))
    for entry, state in rows:
        zh, colour = _STATES[state]
        found.add_row(entry.point.name, str(entry.date), str(entry.due or ""), f"[{colour}]{t(state, zh)}[/]", entry.by,
                      _formula(entry), entry.reference)  # fmt: skip
    return found


def _row(entry: Calibration, state: str | None) -> dict:
    line = not entry.pairs
    found = {
        "point": entry.point.name, "peripheral": entry.peripheral, "date": str(entry.date),
        "due": str(entry.due) if entry.due else None, "by": entry.by, "reference": entry.reference or None,
        "slope": float(entry.slope) if line else None, "offset": float(entry.offset) if line else None,
        "table": None if line else [[float(x), float(y)] for x, y in entry.pairs],
        "ends": None if line else calibration.ENDS[entry.clamp],
    }  # fmt: skip
    return found | ({"state": state} if state else {})
