"""docs/generated/boards.md: every board with its buses and what its pins can do."""

from yigan import boards
from yigan.boards import Board, Bus, Pin, Text
from yigan.render.markdown import NOTE, table


def page() -> str:
    return f"{NOTE}\n# Boards · 板型\n" + "".join(_board(boards.load(name)) for name in boards.names())


def _both(text: Text) -> str:
    return f"{text.en} {text.zh}" if text else ""


def _board(board: Board) -> str:
    rows = [_pin(p) for _, p in sorted(board.all_pins.items())]
    buses = [(f"`{b.name}`", b.kind, _settings(b), _both(b.note)) for b in board.buses.values()]
    return (
        f"\n## `{board.name}`: {board.title.en} · {board.title.zh}\n\n"
        + "".join(f"- {fact}\n" for fact in _facts(board))
        + "\n"
        + table(("bus", "kind", "default", ""), buses)
        + "\n"
        + table(("pin", "direction", "ADC", "can be", "remarks"), rows)
    )


def _facts(board: Board) -> list[str]:
    flash, how = board.flash, board.flashing
    facts = [
        f"{board.module}, chip {board.chip}, port {board.port}" + (f", {board.arch}" if board.arch else "")
    ]
    if flash.size:
        facts.append(
            f"Flash {flash.size >> 10} KiB, file system {flash.vfs[1] >> 10} KiB at {flash.vfs[0]:#x}"
        )
    if board.heap_bytes:
        facts.append(f"Free heap at boot: {board.heap_bytes >> 10} KiB")
    if how.image:
        facts.append(f"Image `{how.image}`, written with {how.tool}. {_both(how.enter)}")
    return facts + [_both(n) for n in board.notes]


def _settings(bus: Bus) -> str:
    return ", ".join(f"{k} = {v}" for k, v in bus.settings.items() if k != "kind")


def _pin(pin: Pin) -> tuple:
    way = "in, out" if pin.output else "in only"
    adc = f"ADC{pin.adc[0]} ch {pin.adc[1]}" if pin.adc else ""
    able = "any signal" if pin.functions is None else ", ".join(sorted(pin.functions))
    if pin.reserved or pin.taken:
        return pin.name, "-", "-", "-", _both(pin.reserved or pin.taken)
    remarks = "; ".join(
        filter(None, (_both(pin.strapping), _both(pin.note), "" if pin.pull else "no pull resistor 无上下拉"))
    )
    return pin.name, way, adc, able, remarks
