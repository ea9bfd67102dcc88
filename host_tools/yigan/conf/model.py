"""Devices that are data: `model = "..."` of a peripheral names a file beside the firmware that fills in its options."""

import tomllib
from pathlib import Path

from yigan import near, places
from yigan.cards import Card
from yigan.conf.document import Document
from yigan.conf.pole import Part
from yigan.lang import t

_FADE = ("fade_register", "fade_unit_ms", "fade_least", "fade_most")


def folder(card: Card) -> Path | None:
    """`models = "lamps"` of a card: firmware/lamps."""
    name = card.data.get("models")
    return places.firmware() / name if name else None


def fill(doc: Document, part: Part, card: Card, options: dict) -> None:
    """The model's values for what the pole file does not say."""
    home = folder(card)
    if home is None or "model" not in options:
        return
    name = options.pop("model")
    path = home / f"{name}.toml"
    if not str(name).isidentifier() or not path.is_file():
        what = t("There is no model {n!r}.", "没有型号 {n!r}。", n=name)
        doc.error(
            "unknown_model",
            (*part.at, "model"),
            what,
            near.hint(str(name), [p.stem for p in home.glob("*.toml")]),
        )
        return
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    for key in card.options:
        if key in data and key not in part.options:
            options[key] = data[key]
    if "fade_register" in data:
        options["fade"] = [data[key] for key in _FADE]
    if options.get("channel", 1) > data.get("channels", 64):
        what = t("It has {n} channels.", "它有 {n} 个通道。", n=data["channels"])
        doc.error("out_of_range", (*part.at, "channel"), what)
