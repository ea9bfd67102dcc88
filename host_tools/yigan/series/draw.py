"""Series as lines: in the terminal, and as SVG or PNG. One panel a unit; a gap in the data is a gap in the line."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from itertools import groupby
from pathlib import Path

from yigan.series import USABLE, Sample

Lines = dict[str, list[Sample]]  # by_point's

_COLOURS = ("#1f6fb4", "#e4572e", "#2a9d5c", "#8d5bb5", "#b8860b", "#d6629a", "#5f6b73")
_MOST = 4000  # samples a line is drawn with
_STEPS_S = (
    1,
    2,
    5,
    10,
    30,
    60,
    120,
    300,
    600,
    1800,
    3600,
    7200,
    10800,
    21600,
    43200,
    86400,
    172800,
    604800,
    2592000,
)


def panels(lines: Lines) -> list[tuple[str, Lines]]:
    """The lines by their unit, in the order of their first appearance."""
    found: dict[str, Lines] = {}
    for name, samples in lines.items():
        found.setdefault(samples[0].unit, {})[name] = samples
    return list(found.items())


def pieces(samples: list[Sample]) -> Iterator[list[Sample]]:
    """Runs of samples that have a usable value, thinned to what a picture can show."""
    runs = [list(run) for usable, run in groupby(samples, _usable) if usable]
    share = max(1, sum(map(len, runs)) // _MOST)
    for run in runs:
        yield _thin(run, share)


def _usable(sample: Sample) -> bool:
    return sample.value is not None and sample.quality in USABLE


def _thin(run: list[Sample], share: int) -> list[Sample]:
    """Of every `2 * share` samples the lowest and the highest: no peak is lost."""
    if share == 1:
        return run
    found: list[Sample] = []
    for start in range(0, len(run), 2 * share):
        some = run[start : start + 2 * share]
        ends = (min(some, key=lambda s: s.value), max(some, key=lambda s: s.value))  # type: ignore[arg-type, return-value]
        found += sorted(set(ends), key=lambda s: s.time)
    return found


def _span(lines: Lines) -> tuple[float, float]:
    begin = min(samples[0].time for samples in lines.values())
    end = max(samples[-1].time for samples in lines.values())
    return (begin, end) if end > begin else (begin - 1, end + 1)


def ticks(begin: float, end: float, most: int, zone: tzinfo | None) -> list[tuple[float, str]]:
    """Round moments of the local clock between the ends, with their words; at most `most` of them."""
    step = next((s for s in _STEPS_S if (end - begin) / s <= most), _STEPS_S[-1])
    form = (
        "%H:%M:%S"
        if step < 60
        else "%H:%M"
        if end - begin < 86400
        else "%m-%d %H:%M"
        if step < 86400
        else "%Y-%m-%d"
    )
    offset = datetime.fromtimestamp(begin, zone).astimezone(zone).utcoffset()
    shift = offset.total_seconds() if offset else 0
    first = -(-(begin + shift) // step) * step - shift
    return [(at, datetime.fromtimestamp(at, zone).strftime(form)) for at in _range(first, end, step)]


def _range(first: float, end: float, step: float) -> Iterator[float]:
    while first <= end:
        yield first
        first += step


def in_terminal(
    lines: Lines, width: int, height: int, zone: tzinfo | None = None, colour: bool = True
) -> str:
    """The panels as text, `height` lines each."""
    import plotext

    begin, end = _span(lines)
    marks = ticks(begin, end, max(2, width // 16), zone)
    drawn = []
    for unit, group in panels(lines):
        plotext.clear_figure()
        plotext.theme("clear")
        plotext.plot_size(width, height)
        for number, (name, samples) in enumerate(group.items()):
            _terminal_line(plotext, name, samples, number)
        plotext.xlim(begin, end)
        plotext.xticks([at for at, _ in marks], [text for _, text in marks])
        if unit not in ("", "1"):
            plotext.ylabel(unit)
        text = plotext.build()
        drawn.append(text if colour else plotext.uncolorize(text))
    return "\n".join(drawn)


def _terminal_line(plotext, name: str, samples: list[Sample], number: int) -> None:
    label: str | None = name
    for piece in pieces(samples):
        times, values = [s.time for s in piece], [s.value for s in piece]
        tool = plotext.plot if len(piece) > 1 else plotext.scatter
        tool(times, values, label=label, color=("blue", "red", "green", "magenta", "orange", "cyan", "gray")[number % 7],
             marker="braille")  # fmt: skip
        label = None  # said once in the legend


def to_files(lines: Lines, paths: list[Path], title: str = "", zone: tzinfo | None = None) -> list[Path]:
    """The panels as pictures, in the form of each path's ending. Uncertain samples have a ring around them."""
    import matplotlib.pyplot as plt

    from yigan import picture

    with picture.style():
        groups = panels(lines)
        figure, axes = plt.subplots(
            len(groups),
            1,
            figsize=(11, 1.2 + 2.4 * len(groups)),
            layout="constrained",
            sharex=True,
            squeeze=False,
        )
        begin, end = _span(lines)
        for place, (unit, group) in zip(axes[:, 0], groups, strict=True):
            for number, (name, samples) in enumerate(group.items()):
                _picture_line(place, name, samples, _COLOURS[number % len(_COLOURS)])
            place.set_ylabel("" if unit == "1" else unit)
            place.grid(alpha=0.25)
            place.legend(loc="upper left", fontsize="small")
        marks = ticks(begin, end, 9, zone)
        axes[-1, 0].set_xlim(begin, end)
        axes[-1, 0].set_xticks([at for at, _ in marks], [text for _, text in marks])
        figure.suptitle(title)
        return picture.save(figure, *paths)


def _picture_line(axes, name: str, samples: list[Sample], colour: str) -> None:
    label: str | None = name
    for piece in pieces(samples):
        alone = {"marker": ".", "markersize": 4} if len(piece) < 3 else {}
        axes.plot(
            [s.time for s in piece],
            [s.value for s in piece],
            color=colour,
            linewidth=1.2,
            label=label,
            **alone,
        )
        label = None
    doubtful = [s for s in samples if s.quality == "uncertain" and s.value is not None]
    axes.plot(
        [s.time for s in doubtful], [s.value for s in doubtful], "o", mfc="none", color=colour, markersize=5
    )
    if label:  # nothing usable: its name at least
        axes.plot([], [], color=colour, label=label)
