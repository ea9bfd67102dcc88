"""A model of a PIO state machine: the instructions that hal/dali_pio.py uses, cycle by cycle.

Source: RP2040 datasheet, 3.4 (instruction set: one cycle each, and the delay in brackets), 3.5.4 (autopush). The
decorator runs the function that it is given as MicroPython's does, with the instructions as its globals.
"""

WORDS = {"pins": "pins", "x": "x", "y": "y", "block": "block", "not_x": "not_x", "x_dec": "x_dec", "y_dec": "y_dec",
         "pin": "pin", "irq_source": "irq"}  # fmt: skip


class PIO:
    SHIFT_LEFT, SHIFT_RIGHT, JOIN_NONE, JOIN_TX, JOIN_RX = 0, 1, 0, 1, 2
    IN_LOW, IN_HIGH, OUT_LOW, OUT_HIGH = 0, 1, 2, 3


class Program:
    """A list of [name, arguments, delay]; labels and the wrap target by index."""

    def __init__(self, function, options):
        self.rows, self.labels, self.options, self.target = [], {}, options, 0
        kept = dict(function.__globals__)
        names = {
            name: self._emit(name) for name in ("pull", "out", "set", "jmp", "nop", "wait", "in_", "irq")
        }
        function.__globals__.update(
            {**WORDS, **names, "label": self._label, "wrap_target": self._target, "wrap": lambda: None}
        )
        try:
            function()
        finally:
            function.__globals__.clear()
            function.__globals__.update(kept)
        assert len(self.rows) <= 32

    def _emit(self, name):
        def emit(*arguments):
            self.rows.append([name, arguments, 0])
            return self

        return emit

    def __getitem__(self, delay):
        assert 0 <= delay <= 31
        self.rows[-1][2] = delay
        return self

    def _label(self, name):
        self.labels[name] = len(self.rows)

    def _target(self):
        self.target = len(self.rows)


def asm_pio(**options):
    return lambda function: Program(function, options)


class Machine:
    """One state machine at `hz`. `level(us)` is its input pin, `edge(us, level)` the next moment the pin has `level`.

    `run(us, word)` runs from the wrap target until it would wait for something that is not there, or wraps: it
    returns (us, words pushed as (us, word)). `pins(us, level)` hears what it sets, `flag(us)` its irq.
    """

    def __init__(self, program, hz):
        self.program, self.us = program, 1e6 / hz
        self.level = self.edge = self.pins = self.flag = None

    def run(self, us, word=0):
        x = y = at = 0
        isr, bits, pushed = 0, 0, []
        at = self.program.target
        rows = self.program.rows
        while at < len(rows):
            name, arguments, delay = rows[at]
            at += 1
            if name == "out":
                value, word = word >> (32 - arguments[1]), word << arguments[1] & 0xFFFFFFFF
                x, y = (value, y) if arguments[0] == "x" else (x, value)
            elif name == "set" and arguments[0] == "pins":
                self.pins(us, arguments[1])
            elif name == "set":
                x, y = (arguments[1], y) if arguments[0] == "x" else (x, arguments[1])
            elif name == "in_":
                isr, bits = isr << 1 | self.level(us), bits + 1
                if bits == self.program.options.get("push_thresh", 32):
                    pushed.append((us, isr))
                    isr = bits = 0
            elif name == "irq":
                self.flag(us)
            elif name == "wait" and arguments[1] == "pin":
                found = self.edge(us, arguments[0])
                if found is None:
                    return us, pushed
                us = found
            elif name == "jmp":
                condition = arguments[0] if len(arguments) == 2 else "always"
                taken = {"always": True, "not_x": x == 0, "x_dec": x != 0, "y_dec": y != 0}[condition]
                x -= condition == "x_dec" and x != 0
                y -= condition == "y_dec" and y != 0
                at = self.program.labels[arguments[-1]] if taken else at
            us += (1 + delay) * self.us
        return us, pushed
