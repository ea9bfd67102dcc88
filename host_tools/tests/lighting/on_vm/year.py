# ruff: noqa: T201
# Runs on the MicroPython VM: one pole's lighting, the firmware's own modules, through the events of a year at a step a
# minute. `year.py FOLDER`: config.json, points.bin and events (lines `minute what value`) lie there. It prints a line
# `minute light reason` whenever the light of the lamp (its PWM pin's, not the firmware's word) or its reason changes.
import sys

from pole import app, clock, config, errors, load
from pole.quality import COMM_FAULT

folder = sys.argv[1] + "/"
MINUTE_MS = 60000
FADE_MS = 1500  # the lamp takes a second


class Time:
    ms = 0


clock.ticks_ms = lambda: Time.ms  # far from this VM's own wrap


class Pin:
    duty_u16 = 0

    def duty(self, u16):
        self.duty_u16 = u16


class Hal:
    """A board without a world: its pin keeps what it was given, and loses it with the power."""

    STATE = folder + "var"
    crumb = b""

    def __init__(self):
        self.pin = Pin()

    def bus(self, spec):
        return self.pin

    def console(self):
        return None

    def read_crumb(self):
        return b""

    def write_crumb(self, data):
        pass

    def unique_id(self):
        return "00"

    def reset_cause(self):
        return "power"


class Street:
    """The pole, built again after every power cut."""

    def __init__(self):
        clock._wall.__init__()
        self.hal = Hal()
        self.pole = pole = app.Pole(config.read_config(folder), config.read_points(folder), self.hal)
        specs = {spec["kind"]: spec["options"] for spec in pole.conf["services"]}
        for peripheral in pole.peripherals:
            if "output" in peripheral.spec:
                peripheral.open()
        parts = [
            load.module("services", k).Service(pole, specs[k]) for k in ("lighting", "programme", "lamp_life")
        ]
        self.lighting, self.programme, self.life = parts
        self.lux = pole.store.index("photocell.illuminance")
        self.presence = pole.store.index("traffic.presence")
        self.reason = pole.store.index("lamp.reason")

    def step(self):
        self.programme.step()
        for lamp in self.pole.lamps:
            lamp.step()
        Time.ms += FADE_MS
        for lamp in self.pole.lamps:
            lamp.step()
        self.life.step()
        self.life.keep.step()

    def write(self, name, raw):
        store = self.pole.store
        store.request(store.index(name), raw, "mqtt")


def light(street):
    """Tenths of a per cent at the pin."""
    return (street.hal.pin.duty_u16 * 1000 + 32767) // 65535


class Year:
    def __init__(self):
        self.street = None
        self.now = 0  # seconds since 2020-01-01 UTC
        self.lux = None  # as the photocell says it, None: it does not answer
        self.known = False  # whether the pole is told the time

    def event(self, what, value):
        if what == "start":
            self.now = value - 60
        elif what == "power":
            if value == 0 and self.street:
                self.street.life.keep.changed = False  # nobody warns it
            self.street = Street() if value else None
        elif what == "clock":
            self.known = bool(value)
            if not value and self.street:
                clock.forget()
        elif what == "lux":
            self.lux = None if value < 0 else value
        elif self.street:
            if what == "presence":
                self.street.pole.store.put(self.street.presence, value)
            elif what == "manual":
                self.street.write("lamp.manual_level", value // 100000)
                self.street.write("lamp.manual_expiry", value % 100000)
            elif what == "lamp.level":
                try:
                    self.street.write(what, value)
                except errors.PoleError:  # somebody at the pole has the last word
                    pass

    def minute(self):
        Time.ms += MINUTE_MS - FADE_MS
        self.now += 60
        if self.street is None:
            return None
        street = self.street
        if self.known:
            clock.set_time(self.now, clock.GNSS)
        if self.lux is None:
            street.pole.store.fail(street.lux, COMM_FAULT)
        else:
            street.pole.store.put(street.lux, float(self.lux))
        street.step()
        return light(street), street.pole.store.raw(street.reason)


def run():
    year, last, minute = Year(), None, -1
    with open(folder + "events") as file:
        for line in file:
            words = line.split()
            due = int(words[0])
            while minute < due - 1:
                minute += 1
                seen = year.minute()
                if seen != last:
                    print(minute, *(seen or (0, -1)))
                    last = seen
            year.event(words[1], int(words[2]))
    store = year.street.pole.store
    print(
        "end",
        minute,
        store.raw(store.index("lamp.burn_hours")),
        store.raw(store.index("lamp.switch_on_count")),
    )


run()
