"""A starting map for a slave that was probed, as TOML: the known map that fits, else a field for each register."""

from fractions import Fraction

from yigan import points
from yigan.conf.regmap import Field, RegMap
from yigan.probe.fit import Fit
from yigan.probe.reading import Pair, float_order, pairs
from yigan.probe.search import Found

HEAD = """\
# {comment}
title = {title}
title_zh = {title_zh}
source = {source}
capability = "{capability}"
baud = {baud}
parity = "{parity}"
stop = {stop}
address = {address}
"""


def draft(
    found: Found, address: int, line: dict, identity: dict[str, str], fit: Fit | None, capability: str
) -> str:
    """line: baud, parity, stop as they were asked with."""
    who = " ".join(identity.get(key, "") for key in ("vendor", "product", "version")).strip()
    name = who or (fit.map.title if fit else f"Slave {address}")
    comment = "From yigan sensor probe. Compare each value with the maker's sheet, and cite the sheet as the source."
    if fit is None:
        comment += (
            "\n# Give each field its point (yigan points; docs/generated), drop what is no measurement."
        )
    text = HEAD.format(
        comment=comment, title=_quoted(name), title_zh=_quoted(fit.map.title_zh if fit and not who else name),
        source=_quoted(f"probed at address {address}; the maker's sheet was not seen"),
        capability=fit.map.capability if fit else capability, address=address, **line,
    )  # fmt: skip
    if fit:
        return text + _limits(fit.map) + "".join(_known(field, fit) for field in fit.map.fields)
    return text + "".join(_guesses(found))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _limits(one: RegMap) -> str:
    words = [
        f"{key} = {getattr(one, key)}\n" for key in ("join", "warm_up_s", "period_ms") if getattr(one, key)
    ]
    words += [f"most = {one.most}\n"] if one.most != 125 else []
    words += [f"closed = {[list(span) for span in one.closed]}\n"] if one.closed else []
    return "".join(words)


def _known(field: Field, fit: Fit) -> str:
    """A field of the map that fits, with the order that it was found to have."""
    point = points.load().point(field.point)
    order = fit.order if fit.order and field.words > 1 else field.kind[4:]
    step = Fraction(10) ** point.scale
    value = fit.values[field.point]
    shown = "" if fit.order or value is None else f"                # now {value:g} {point.unit}"
    rows = [f"\n[[field]]{shown}", f'point = "{field.point}"', f"function = {field.function}",
            f"register = 0x{field.register:04X}", f'type = "{field.kind[:3]}"', f'order = "{order}"',
            f"scale = {_number(Fraction(field.mul, field.div) * step)}"]  # fmt: skip
    if field.add:
        rows.append(f"offset = {_number(field.add * step)}")
    for key in ("low", "high"):
        if (end := getattr(field, key)) is not None:
            rows.append(f"{key} = {_number(end * step)}")
    if field.none:
        rows.append(f"none = {list(field.none)}")
    return "\n".join(rows) + "\n"


def _number(value: Fraction) -> str:
    """A decimal where that is exact, else "a/b"."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return f'"{value.numerator}/{value.denominator}"'
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.10f}".rstrip("0")


def _guesses(found: Found) -> list[str]:
    """Each register once: as part of a float where the device sends those, else as a word."""
    usual = float_order(found)
    wide: dict[tuple[int, int], Pair] = {
        (p.function, p.register): p for p in pairs(found) if usual in p.floats
    }
    rows, skip = [], None
    for function, register in sorted(found.words):
        if (function, register) == skip:
            continue
        two = wide.get((function, register))
        kind, order, value = "i16", "abcd", float(_signed(found.words[function, register]))
        if two:
            kind, order, skip = "f32", usual, (function, register + 1)
            value = two.values[kind, order]
        rows.append(
            f'\n[[field]]                # now {value:g}\npoint = ""\nfunction = {function}\nregister = 0x{register:04X}\n'
            f'type = "{kind}"\norder = "{order}"\nscale = 1\n'
        )
    return rows


def _signed(word: int) -> int:
    return word - 0x10000 if word & 0x8000 else word
