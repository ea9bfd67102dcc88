import sys
import unittest

from pole import clock

try:
    import micropython
except ImportError:
    micropython = None


class Pin:
    IRQ_RISING, IRQ_FALLING = 1, 2
    refuses = False

    def irq(self, handler, trigger, hard=False):
        if hard and self.refuses:
            raise TypeError("extra keyword arguments given")
        self.handler, self.trigger, self.hard = handler, trigger, hard


class Counter:
    made = ()

    def __init__(self, unit, pin, edge, filter_ns):
        Counter.made += ((unit, edge, filter_ns),)
        self.n = 0

    def value(self):
        return self.n


class Machine:
    pass


class Pulses(unittest.TestCase):
    def setUp(self):
        self.kept = sys.modules.get("machine"), clock.ticks_us
        self.us = 0x3FFFFF00  # just before the ticks wrap
        clock.ticks_us = lambda: self.us
        self.machine = Machine()
        self.machine.Pin = Pin
        sys.modules["machine"] = self.machine
        sys.modules.pop("pole.hal.pulses", None)
        from pole.hal import pulses

        self.Pulses = pulses.Pulses
        pulses.machine = self.machine

    def tearDown(self):
        clock.ticks_us = self.kept[1]
        sys.modules.pop("pole.hal.pulses", None)
        if self.kept[0]:
            sys.modules["machine"] = self.kept[0]
        else:
            del sys.modules["machine"]

    def later(self, us):
        self.us = clock.ticks_add(self.us, us)

    def test_by_interrupt(self):
        pin = Pin()
        pulses = self.Pulses(pin, 1, 190)
        self.assertEqual((pin.trigger, pin.hard), (Pin.IRQ_FALLING, True))
        for _ in range(5):
            self.later(1000)
            pin.handler(pin)
            self.later(20)
            pin.handler(pin)  # it rings
        self.assertEqual([pulses.take(), pulses.take()], [5, 0])
        self.later(300)
        pin.handler(pin)
        self.assertEqual(pulses.take(), 1)

    def test_a_pulse_after_a_long_silence(self):
        pin = Pin()
        pulses = self.Pulses(pin, 0, 190)
        pin.handler(pin)
        pulses.take()
        for _ in range(130):  # eleven minutes, longer than the ticks can tell apart
            self.later(5000000)
            self.assertEqual(pulses.take(), 0)
        pin.handler(pin)
        self.assertEqual(pulses.take(), 1)

    def test_a_port_without_hard_interrupts(self):
        pin = Pin()
        pin.refuses = True
        self.Pulses(pin, 0, 0)
        self.assertEqual((pin.trigger, pin.hard), (Pin.IRQ_RISING, False))

    def test_by_the_chip(self):
        self.machine.Counter = Counter
        one, two = self.Pulses(Pin(), 0, 190), self.Pulses(Pin(), 1, 0)
        self.assertEqual(Counter.made, ((0, 1, 10000), (1, 2, 10000)))
        one._counter.n = 70000
        self.assertEqual([one.take(), one.take(), two.take()], [70000, 0, 0])
        one._counter.n = 70003
        self.assertEqual(one.take(), 3)

    def test_the_interrupt_allocates_nothing(self):
        if micropython is None or not hasattr(micropython, "heap_lock"):
            return
        clock.ticks_us = self.kept[1]
        pin = Pin()
        pulses = self.Pulses(pin, 0, 0)
        handler = pin.handler
        micropython.heap_lock()
        try:
            handler(pin)
            handler(pin)
        finally:
            micropython.heap_unlock()
        self.assertEqual(pulses.take(), 2)


if __name__ == "__main__":
    unittest.main()
