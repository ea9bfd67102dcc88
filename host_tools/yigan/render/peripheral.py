"""docs/generated/peripherals.md: the catalogue of drivers, uplinks and services, from their cards."""

from yigan import cards
from yigan.cards import Card, Option
from yigan.render.markdown import NOTE, table

_ROOMS = (
    ("drivers", "Peripherals · 外设"),
    ("uplinks", "Uplinks · 上行链路"),
    ("services", "Services · 服务"),
)


def page() -> str:
    return f"{NOTE}\n# What can stand in a pole file · 配置文件可用的类型\n" + "".join(
        f"\n## {title}\n\n" + _room(room) for room, title in _ROOMS
    )


def _room(room: str) -> str:
    found = [cards.card(room, kind) for kind in cards.kinds(room)]
    if not found:
        return "None yet. 暂无。\n"
    rows = [(f"`{c.kind}`", c.title, c.title_zh, c.bus, c.capability, _points(c)) for c in found]
    head = ("kind", "English", "中文", "bus", "capability", "points")
    return table(head, rows) + "".join(_card(c) for c in found)


def _points(card: Card) -> str:
    return "from its register map" if card.map else ", ".join(card.points)


def _card(card: Card) -> str:
    facts = [
        ("Line · 线路", ", ".join(f"{k} {v}" for k, v in card.line_settings.items())),
        ("Wiring · 接线", " ".join(filter(None, (card.wiring, card.wiring_zh)))),
        ("Data sheet · 资料", card.datasheet),
    ]
    said = "".join(f"- {name}: {value}\n" for name, value in facts if value)
    options = [_option(o) for o in card.options.values()]
    head = ("option", "type", "default", "allowed", "English", "中文")
    body = said + ("\n" if said and options else "") + (table(head, options) if options else "")
    return f"\n### `{card.kind}`: {card.title} · {card.title_zh}\n\n{body}" if body else ""


def _option(option: Option) -> tuple:
    default = (
        "must be written" if option.required else "" if option.default is None else f"`{option.default}`"
    )
    return f"`{option.name}`", option.type, default, _allowed(option), option.en, option.zh


def _allowed(option: Option) -> str:
    if option.values:
        return ", ".join(f"`{v}`" for v in option.values)
    if option.low is None and option.high is None:
        return option.unit
    low, high = ("" if n is None else n for n in (option.low, option.high))
    return f"{low} ... {high} {option.unit}".rstrip()
