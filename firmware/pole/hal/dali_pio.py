"""DALI on an RP2040 or RP2350: frames and answers by two state machines of a PIO block.

Source: RP2040 datasheet chapter 3, MicroPython ports/rp2/rp2_pio.c. At 76800 Hz half a bit is 32 cycles. The first
machine sends, then sets flag 4; the second waits for it, then for the first edge, and takes 96 samples, 8 cycles
each: 10 ms, an answer has 7.5. No program is involved until the samples lie in the FIFO.
"""

# ruff: noqa: F821, F841
# mypy: ignore-errors
from array import array

import rp2
from machine import Pin

from pole.codec import dali, dali_bits
from pole.hal.dali import Line

_HZ = 76800
_SAMPLE_US = 104
_WORDS = 3


def sender(low):
    """The program that sends: a word of count - 1 in the upper byte and up to 24 bits. Cycles stand behind."""
    high = 1 - low

    @rp2.asm_pio(set_init=rp2.PIO.OUT_HIGH if high else rp2.PIO.OUT_LOW, out_shiftdir=rp2.PIO.SHIFT_LEFT)
    def program():
        wrap_target()
        pull(block)
        out(y, 8)
        set(pins, low)[31]  # the start bit is a one
        set(pins, high)[29]  # 30 and the two below: 32
        label("bit")
        out(x, 1)
        jmp(not_x, "zero")
        set(pins, low)[31]
        set(pins, high)[28]  # 29, the jump, and the two above: 32
        jmp(y_dec, "bit")
        jmp("rest")
        label("zero")
        set(pins, high)[31]
        set(pins, low)[28]
        jmp(y_dec, "bit")
        label("rest")
        nop()[1]  # 29 + 1 + 2: the last half is as long as the others
        set(pins, high)
        irq(4)
        wrap()

    return program


def listener(low):
    """The program that takes samples of an answer."""

    @rp2.asm_pio(in_shiftdir=rp2.PIO.SHIFT_LEFT, autopush=True, push_thresh=32, fifo_join=rp2.PIO.JOIN_RX)
    def program():
        wrap_target()
        wait(1, irq, 4)
        wait(low, pin, 0)
        set(y, 2)
        label("word")
        set(x, 31)
        label("sample")
        in_(pins, 1)[6]
        jmp(x_dec, "sample")
        jmp(y_dec, "word")
        wrap()

    return program


class Bus(Line):
    """`spec`: tx, rx, `id` (PIO block), and `tx_inverted`, `rx_inverted` as in hal/dali_rmt.py."""

    def __init__(self, spec):
        super().__init__()
        self._rx_low = 1 if spec.get("rx_inverted", True) else 0
        first = 4 * spec.get("id", 0)
        tx_low = 1 if spec.get("tx_inverted", True) else 0
        self._pin = Pin(spec["rx"], Pin.IN)
        self._tx = rp2.StateMachine(first, sender(tx_low), freq=_HZ, set_base=Pin(spec["tx"]))
        self._rx = rp2.StateMachine(first + 1, listener(self._rx_low), freq=_HZ, in_base=self._pin)
        self._words = array("I", bytes(4 * _WORDS))
        self._word = array("I", bytes(4))
        self._times = array("i", bytes(4 * 32))
        self._tx.active(1)
        self._rx.active(1)

    def is_low(self):
        return self._pin.value() == self._rx_low

    def start(self, frame, bits):
        self._rx.restart()  # it may still wait for the answer that never came
        while self._rx.rx_fifo():
            self._rx.get(self._word)
        self._word[0] = bits - 1 << 24 | frame << 24 - bits
        self._tx.put(self._word)

    def answer(self, air_us):
        ready = self._rx.rx_fifo()
        if ready == 0:
            return dali.NO
        if ready < _WORDS:
            return None
        self._rx.get(self._words)
        count = dali_bits.edges(self._words, _WORDS, _SAMPLE_US, self._rx_low, self._times)
        return dali_bits.read_answer(self._times, 0, count)
