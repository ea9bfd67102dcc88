"""The week as a picture: outages, the link in use, alarms by each link, bytes a day against the budget."""

from pathlib import Path

from yigan import picture
from yigan.picture import plt
from yigan.week import DAY, Report

_COLOURS = "#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd"


def draw(report: Report, *paths: Path) -> list[Path]:
    week, words = report.week, picture.words
    names = [line.name for line in week.lines]
    with picture.style():
        figure, (top, below) = plt.subplots(
            2, 1, figsize=(11, 5.2), height_ratios=(3, 1.4), layout="constrained"
        )
        for outage in week.outages:
            y = names.index(outage.link)
            top.barh(
                y,
                (outage.end - outage.begin) / DAY,
                0.8,
                outage.begin / DAY,
                color="#d62728",
                alpha=0.12 + outage.loss / 400,
            )
        ends = [*(moment for moment, _ in report.best[1:]), week.days * DAY]
        for (begin, k), end in zip(report.best, ends, strict=True):
            if k >= 0:
                top.barh(k, (end - begin) / DAY, 0.22, begin / DAY, color=_COLOURS[k % 4])
        for k in range(len(names)):
            alarms = [a.at / DAY for a in report.arrivals if a.alarm and a.link == k]
            top.plot(alarms, [k + 0.3] * len(alarms), "|", color="black", markersize=7)
            live = [a.at / DAY for a in report.arrivals if not a.alarm and a.link == k]
            top.plot(live, [k - 0.3] * len(live), ".", color=_COLOURS[k % 4], markersize=1)
        top.set_yticks(range(len(names)), names)
        top.set_xlim(0, week.days)
        top.invert_yaxis()
        top.set_title(
            words(
                "Red: outage. Bar: the link in use. Strokes: alarms. Dots: live values.",
                "红：中断；条：所用链路；竖线：告警；点：实时值",
            )
        )
        width = 0.8 / len(names)
        for k, line in enumerate(week.lines):
            at = [day + 0.5 - 0.4 + width * (k + 0.5) for day in range(len(report.bytes_day))]
            below.bar(at, [max(row[k] / 1024, 0.1) for row in report.bytes_day], width, color=_COLOURS[k % 4])
            if line.budget_kb_day:
                below.axhline(line.budget_kb_day, color=_COLOURS[k % 4], linestyle="--", linewidth=1)
        below.set_yscale("log")
        below.set_xlim(0, week.days)
        below.set_ylabel(words("kB a day", "kB/日"))
        below.set_xlabel(words("days", "天"))
    return picture.save(figure, *paths)
