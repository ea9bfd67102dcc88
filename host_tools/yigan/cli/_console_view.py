"""How `yigan console` shows what it hears: lines for people, or a JSON object each."""

import json
import sys
import threading
import time

import click

from yigan.cli import _points, log
from yigan.lang import t
from yigan.terminal.heard import Heard, Settings
from yigan.terminal.record import iso
from yigan.via import Line, Reading

_COLOURS = {"error": "red", "broken": "yellow", "hello": "green", "asked": "yellow", "nmea": "cyan"}
_PLAIN = ("text", "partial", "hex", "nmea", "broken")


class View:
    """Called from the thread that hears and the one that types. With a person, notes stand among the lines."""

    def __init__(self, settings: Settings, person: bool):
        self._settings, self._person = settings, person
        self._began = time.time()
        self._lock = threading.Lock()
        self._fresh = True  # in raw mode: the next character begins a line

    def show(self, heard: Heard) -> None:
        with self._lock:
            if self._settings.as_json:
                click.echo(json.dumps(self._object(heard), ensure_ascii=False))
            else:
                click.echo(self._stamp(heard.at) + _shown(heard))
            sys.stdout.flush()

    def note(self, text: str) -> None:
        with self._lock:
            if self._settings.as_json:
                told = {"time": round(time.time(), 3), "kind": "note", "text": text}
                click.echo(json.dumps(told, ensure_ascii=False))
            else:
                begin = "" if self._fresh else "\n"
                click.echo(begin + click.style("-- " + text, fg="bright_black"), err=not self._person)
                self._fresh = True
            sys.stdout.flush()

    def raw(self, text: str) -> None:
        """As it is; times before lines all the same, when they are wanted."""
        with self._lock:
            for piece in text.splitlines(keepends=True) if self._settings.time != "off" else [text]:
                stamp = self._stamp(time.time()) if self._fresh and piece.strip() else ""
                sys.stdout.write(stamp + piece)
                self._fresh = piece.endswith("\n") if piece else self._fresh
            sys.stdout.flush()

    def _stamp(self, at: float) -> str:
        if self._settings.time == "iso":
            return iso(at) + " "
        return f"{max(at - self._began, 0.0):10.3f} " if self._settings.time == "relative" else ""

    def _object(self, heard: Heard) -> dict:
        told = {"time": round(heard.at, 3), "kind": heard.kind, "text": heard.text}
        if heard.data:
            told["data"] = heard.data
        if self._settings.hex:
            told["hex"] = heard.raw.hex()
        return told


def _shown(heard: Heard) -> str:
    colour = _COLOURS.get(heard.kind)
    if heard.kind in _PLAIN:
        return click.style(heard.text, fg=colour) if colour else heard.text
    sign = click.style("= ", fg="bright_black")  # this line was a frame
    if heard.kind == "point":
        return sign + _point(heard.data)
    if heard.kind == "log":
        row = heard.data
        return sign + log.shown(Line(row["s"], row["t"], row["l"], row["w"], row["x"], row.get("k", 1)))
    return sign + (click.style(heard.text, fg=colour) if colour else heard.text)


def _point(row: dict) -> str:
    reading = Reading(row["p"], row["v"], row.get("u", ""), row["q"], row.get("age"))
    value = f"{_points.shown(reading)} {_points.unit(reading)}".strip()
    age = t("{a} ago", "{a}前", a=_points.age(reading.age)) if reading.age else ""
    word = _points.quality(reading.quality) + (f": {_points.reason(row['why'])}" if "why" in row else "")
    quality = click.style(word, fg="green" if reading.quality == "good" else "yellow")
    return f"{reading.name:24} {value:>16}  {quality}  {age}".rstrip()
