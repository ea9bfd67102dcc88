"""DALI lines of a board: gears on two wires, behind a serial interface or on two pins of the chip."""

from functools import partial

from yigan.twin import dali_line, dali_sci
from yigan.twin.board.rmt import Rmt
from yigan.twin.lines import Settings, Tap, Uart


class Wires:
    """One line for each bus of the pole file. On pins a pin is the inverse of the wires unless told otherwise."""

    def __init__(self, harness, rmt: Rmt):
        self.harness, self.rmt = harness, rmt
        self.lines: dict[str, dali_line.Line] = {}
        self._taps: dict[int, Tap] = {}

    def install(self, row, tap: Tap) -> None:
        """A gear on the line of its bus."""
        if row.line not in self.lines:
            serial = "baud" in row.options
            self.lines[row.line] = self._behind_uart(row) if serial else self._on_pins(row)
            self.lines[row.line].plugged = lambda gear: self._taps[id(gear)].plugged
        self._taps[id(tap.twin)] = tap
        self.lines[row.line].attach(tap.twin)

    def _behind_uart(self, row) -> dali_line.Line:
        interface = dali_sci.Twin(self.harness.loop, {})
        tap = Tap(interface, row.line, {})
        tap.settings = Settings(dali_sci.BAUD)
        line = Uart(self.harness.loop, row.unit)
        self.harness.add(line)
        line.attach(tap)
        self.harness.taps[row.line] = tap
        return interface.line

    def _on_pins(self, row) -> dali_line.Line:
        line = dali_line.Line(self.harness.loop)
        pins, tx, rx = self.harness.pins, row.pins["tx"], row.pins["rx"]
        tx_high, rx_high = (0 if row.options.get(key, True) else 1 for key in ("tx_inverted", "rx_inverted"))
        pins.drive(rx, rx_high)

        def show(edges) -> None:
            """An answer's edges reach the receive pin, all at the first one's time, each with its own moment.

            A chip sees its own frames, too; this VM's scheduler holds four interrupts and would be late for the answer.
            """
            wait = edges[0][0] / 1000 - self.harness.loop.now_ms()
            self.harness.loop.call_later(wait, partial(drive, edges))

        def drive(edges) -> None:
            for us, level in edges:
                pins.drive(rx, rx_high if level else 1 - rx_high, us)

        def heard(run) -> None:
            wires = [(us, 1 if level == tx_high else 0) for us, level in run]
            wait, end = run[-1][0] / 1000 - self.harness.loop.now_ms(), run[-1][0]
            for _, bits, value in dali_line.decode([(wires[0][0] - 1, 1), *wires]):
                self.harness.loop.call_later(wait, partial(answer, bits, value, end))

        def answer(bits: int, value: int, end_us: float) -> None:
            if bits < 0:
                return
            told, wait = line.deliver(bits, value)
            if told is not None:
                start = end_us + 1000 * wait
                show(dali_line.edges(8, told, start) if told >= 0 else dali_line.mixed(start))

        self.rmt.heard[tx] = heard
        return line
