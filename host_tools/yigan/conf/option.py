"""The options of one part of a pole file against its card: defaults filled in, wrong ones told."""

from collections.abc import Iterable
from difflib import get_close_matches

from yigan import near
from yigan.cards import Card, Option
from yigan.conf.document import Document
from yigan.conf.lines import Path as Keys
from yigan.conf.pole import wrong_type
from yigan.lang import t

LINE_SETTINGS = ("baud", "parity", "stop", "bits")  # the wire's, written at a peripheral for convenience
_TYPES = {
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "pin": int,
    "enum": None,
    "map": str,
    "list": list,
    "table": dict,
}


def fill(doc: Document, at: Keys, card: Card, written: dict, also: tuple[str, ...] = ()) -> dict:
    """Every option of `card` that has a value. `also`: keys that are not the card's but belong there."""
    known = (*card.options, *also)
    for key in written:
        if key not in known:
            what = t("{c} has no option {k!r}.", "{c} 没有选项 {k!r}。", c=card.kind, k=key)
            doc.error("unknown_option", (*at, key), what, near.hint(key, known))
    found = {}
    for name, option in card.options.items():
        if name in written:
            found[name] = _judged(doc, (*at, name), option, written[name])
        elif option.required and not misspelt(name, written, known):
            what = t(
                "{c} needs {k}: {m}", "{c} 需要 {k}：{m}", c=card.kind, k=name, m=t(option.en, option.zh)
            )
            doc.error("missing_option", (*at, name), what, _how(option))
        elif option.default is not None:
            found[name] = option.default
    return found


def misspelt(name: str, written: Iterable[str], known: Iterable[str]) -> bool:
    """Whether an unknown key looks like `name`: its own finding says so already."""
    return bool(get_close_matches(name, [key for key in written if key not in known], cutoff=0.5))


def _judged(doc: Document, at: Keys, option: Option, value: object) -> object:
    """`value`, or the default with a finding."""
    name, kind = option.name, _TYPES[option.type]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if value != int(value) else value  # 5 stays 5: the device keeps integers
    elif kind and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
        doc.error("wrong_type", at, wrong_type(name, kind, value), _how(option))
        return option.default
    if option.values and value not in option.values:
        what = t("{k} cannot be {v!r}.", "{k} 不能为 {v!r}。", k=name, v=value)
        doc.error("bad_value", at, what, near.hint(str(value), [str(v) for v in option.values]))
        return option.default
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not _within(option, value):
        what = t("{k} = {v} is out of range.", "{k} = {v} 超出范围。", k=name, v=value)
        doc.error("out_of_range", at, what, _how(option))
        return option.default
    return value


def _within(option: Option, value: float) -> bool:
    return (option.low is None or value >= option.low) and (option.high is None or value <= option.high)


def _how(option: Option) -> str:
    """ "level: 0 to 100 %. What it means."."""
    limits = ""
    if option.values:
        limits = ", ".join(str(v) for v in option.values)
    elif option.low is not None or option.high is not None:
        ends = ["…" if end is None else f"{end:g}" for end in (option.low, option.high)]
        limits = t("{a} to {b} {u}", "{a} 至 {b} {u}", a=ends[0], b=ends[1], u=option.unit).strip()
    meaning = t(option.en, option.zh)
    return f"{option.name}: {limits}. {meaning}" if limits else f"{option.name}: {meaning}"
