"""The composition root: build the pole from its configuration, start everything, keep it running.

A part that cannot be built costs its own points, never the pole: it is logged, its points are FAULT, and it is
tried again with back-off like any task that fails.
"""

import asyncio
import gc
import sys

from pole import breadcrumb, clock, errors, load, seldom
from pole.log import ERROR, INFO, WARN, Log
from pole.quality import FAULT
from pole.store import Store
from pole.supervise import Job, Supervisor

_ROOMY = 40000  # bytes free behind a collection


class Peripheral:
    """One device of the configuration: its driver once it is built, and its points' places in the store."""

    def __init__(self, pole, spec):
        self.pole = pole
        self.spec = spec
        self.name = spec.get("name", spec["kind"])
        self.points = spec["points"]
        self.driver = None
        self.period_ms = 0

    def open(self):
        """Build the driver on its bus, once. Raises what the driver raises."""
        if self.driver is None:
            spec, options = self.spec, self.spec.get("options", {})
            bus = self.pole.bus(spec["bus"]) if "bus" in spec else None
            self.driver = load.module("drivers", spec["kind"]).Driver(bus, options)
            self.period_ms = options.get("period_ms", getattr(self.driver, "period_ms", 1000))
            self.spec = None
            self.own()
            self.pole.found()
        return self.driver

    def own(self):
        """Writable points nobody owns yet go straight to the driver."""
        if hasattr(self.driver, "write"):
            for k, i in enumerate(self.points):
                if i >= 0 and self.pole.store.writable(i) and not self.pole.store.owned(i):
                    self.pole.store.own(i, self._writer(k))

    def _writer(self, k):
        def write(raw, source):
            result = self.driver.write(k, raw)
            if hasattr(result, "send"):  # a bus that takes its time
                asyncio.create_task(self._finish(result))

        return write

    async def _finish(self, result):
        try:
            await result
        except errors.PoleError as error:
            self.pole.log.add(WARN, self.name, "write failed: %d %s" % (error.code, error.detail))

    def fail(self, quality):
        """No present value for any of its points."""
        for i in self.points:
            if i >= 0:
                self.pole.store.fail(i, quality)


class Part(Job):
    """A service or an uplink; it is loaded by the supervisor, so that a fault is retried."""

    made = None

    def __init__(self, pole, room, spec):
        Job.__init__(self, spec.get("name", spec["kind"]))
        self.pole = pole
        self.room = room
        self.spec = spec

    def start(self, beat):
        if self.made is None:
            module = load.module(self.room, self.spec["kind"])
            made = module.Service if self.room == "services" else module.Uplink
            made = made(self.pole, self.spec.get("options", {}))
            if hasattr(made, "look"):
                made.look()
            if hasattr(made, "limit_s"):
                self.limit_s = made.limit_s
            self.made = made
            if "link" in self.spec:
                self.pole.links[self.spec["link"]] = self.made
            self.spec = None  # a configuration that is no longer needed is heap
            self.pole.try_to_settle()
        return self.made.run(beat) if hasattr(self.made, "run") else self.made.step


class Pole:
    """One running pole. Services and uplinks get it and ask it for what they need."""

    def __init__(self, conf, table, hal, identity=("", ""), first_trial=False):
        self.conf = conf
        self.hal = hal
        self.id = conf["id"]
        self.site = conf.get("site", {})
        self.store = Store(table)
        self.log = Log()
        self.net = getattr(hal, "net", None)
        self.console = hal.console()
        self.counters = {}
        self.lamps = ()  # of services/lighting.py
        self.alarms = None  # services/alarms.py, where there are any
        self.statistics = None  # services/statistics.py, likewise
        self.journal = None  # pole/journal.py, likewise
        self.links = {}  # the uplinks that services/link.py leads, by their place in the pole file
        self.kept = []
        crumb = breadcrumb.unpack(hal.read_crumb())
        self.starts = crumb[0] + 1 if crumb else 1
        hal.write_crumb(breadcrumb.pack(self.starts, 0))
        self.safe = self.starts > breadcrumb.SAFE_AFTER
        self.info = {
            "pole": self.id,
            "board": conf.get("board", ""),
            "version": identity[0],
            "bundle": identity[1],
            "uid": hal.unique_id(),
            "reset_cause": breadcrumb.cause(hal.reset_cause(), crumb, first_trial),
            "micropython": ".".join(str(part) for part in sys.implementation.version[:3]),
        }
        self.buses = {}
        self.parts = []  # its services and uplinks
        self.peripherals = [Peripheral(self, spec) for spec in conf.pop("peripherals", ())]
        self.supervisor = Supervisor(self.log)
        self.built = False  # all that the configuration names waits in `parts`
        if hasattr(hal, "wall"):  # a gateway's system keeps the time
            clock.set_time(*hal.wall())

    def bus(self, name):
        """The bus `name`, opened at its first use; a shared one (`driver` in its entry) is wrapped once."""
        if name not in self.buses:
            specs = self.conf["buses"]
            if name not in specs:
                raise errors.ConfigError("bus %s" % name)
            line = self._hung(specs[name]) if "on" in specs[name] else self.hal.bus(specs[name])
            if "driver" in specs[name]:
                line = load.module("drivers", specs[name]["driver"]).Bus(line, specs[name].get("options", {}))
            self.buses[name] = line
            del specs[name]
        return self.buses[name]

    def _hung(self, spec):
        """A bus that another peripheral has: a bridge's channel, an expander's pin."""
        for peripheral in self.peripherals:
            if peripheral.name == spec["on"]:
                return peripheral.open().bus(spec)
        raise errors.ConfigError(spec["on"])

    def tool(self, name):
        """What a technician asks for now and then: pole/tools/<name>.py, loaded when it is; None: there is none."""
        try:
            return load.module("tools", name) if name.isalpha() else None
        except (errors.ConfigError, AttributeError):
            return None

    def count(self, name, by=1):
        """Add to a counter; counters are small ints by name."""
        self.counters[name] = self.counters.get(name, 0) + by

    def keep(self, name, every_s=1800):
        """The counters `name` (pole/keep.py), written at most every `every_s`, and before a restart of ours."""
        from pole.keep import Keep  # a pole that keeps nothing does not load it

        one = Keep("%s/%s" % (getattr(self.hal, "STATE", "/var"), name), every_s)
        if one.lost:
            self.log.add(ERROR, name, "counters on flash cannot be read")
        self.kept.append(one)
        return one

    def drivers(self, capability):
        """[(driver, {short point name: place in the store})] of the built peripherals of a capability.

        Peripherals of another instance come as further pairs, in the order of the configuration.
        """
        found = []
        for peripheral in self.peripherals:
            names = {}
            for i in peripheral.points:
                if i >= 0:
                    words = self.store.name(i).split(".")
                    if words[0] == capability:
                        names[words[-1]] = i
            if names and peripheral.driver is not None:
                found.append((peripheral.driver, names))
        return found

    def found(self):
        """A driver is there that was not: services that work with drivers look for theirs."""
        for part in self.parts:
            if hasattr(part.made, "look"):
                self._try(part.name, part.made.look)
        self.try_to_settle()

    def later(self, ms, fn):
        """Call `fn()` after `ms`: what asked for it gets its answer first."""

        async def wait():
            await clock.sleep_ms(ms)
            fn()

        return asyncio.create_task(wait())

    def farewell(self):
        """We stop on purpose: the uplinks say so."""
        for part in self.parts:
            if hasattr(part.made, "farewell"):
                self._try("farewell", part.made.farewell)

    def flush(self):
        """All counters that are kept go to flash now."""
        for one in self.kept:
            one.flush()

    def restart(self, hard=True, intent=breadcrumb.SOFTWARE):
        """Start the board again; the next start knows that it was meant, and the brokers that we are away."""
        self.farewell()
        self.flush()
        self.hal.write_crumb(breadcrumb.pack(0, intent))
        self.hal.reset(hard)

    def build(self):
        """Outputs first: a lamp has its level before anything that takes time is loaded.

        In safe mode (start after start failed) only outputs, services and the console are built.
        """
        for peripheral in self.peripherals:
            spec = peripheral.spec
            bus = self.conf["buses"].get(spec.get("bus"), {})
            if "output" in spec or bus.get("kind") in ("pwm", "gpio"):  # a lamp before what takes time
                self._try(peripheral.name, peripheral.open, peripheral.fail)
        for spec in self.conf.pop("services", ()):
            self._start("services", spec)
        if self.safe:
            self.log.add(WARN, "pole", "safe mode: %d starts failed" % (self.starts - 1))
            return
        for spec in self.conf.pop("uplinks", ()):
            self._start("uplinks", spec)
        for spec in self.conf.pop("interfaces", ()):
            self._try(spec["kind"], lambda spec=spec: self._interface(spec))
        self.built = True

    def _try(self, name, step, failed=None):
        try:
            return step()
        except Exception as error:  # one part's fault is one part's loss
            self.log.add(ERROR, name, "%s %s" % (type(error).__name__, error))
            if failed:
                failed(FAULT)
            return None

    def _interface(self, spec):
        port = self.hal.interface(spec, lambda text: self.log.add(INFO, spec["kind"], text))
        if port is not None:
            self.supervisor.add(Job(spec["kind"], port.run))

    def _start(self, room, spec):
        part = Part(self, room, spec)
        self.parts.append(part)
        self.supervisor.add_later(part)

    async def run(self):
        """Build, then run for ever."""
        feed = self.hal.watchdog(self.hal.WATCHDOG_MS) if self.conf.get("watchdog", True) else None
        self.supervisor.feed = feed
        self.build()
        self.log.add(INFO, "pole", "%s started, cause %d" % (self.id, self.info["reset_cause"]))
        self.supervisor.proven = self._proven
        await clock.sleep_ms(0)  # a lamp's first frame goes out before the rest is loaded
        await self.supervisor.run()

    def _proven(self):
        """The pole has run well for a while: a slot on trial becomes the good one."""
        from pole import trial

        self._try("update", trial.confirm)
        seldom.forget(trial)
        gc.collect()
        if hasattr(gc, "threshold") and gc.mem_free() > _ROOMY:  # main.py's is for those that have little
            gc.threshold(-1)
        self.starts = 0
        self.hal.write_crumb(breadcrumb.pack(0, 0))

    def try_to_settle(self):
        """What made the parts does not run again: a board may have the heap of that code.

        First that of all but the uplinks, since they are large, and come last.
        """
        made = [part.made for part in self.parts if part.room == "services"] + [one.driver for one in self.peripherals]
        if None in made or not self.built or not hasattr(self.hal, "forget_beginnings"):
            return
        forget = self.hal.forget_beginnings  # in short lists: a long one would want room in one piece
        for some in (made, self.peripherals, self.supervisor.jobs, (self, self.store, self.store.table)):
            forget(some)
        forget((self.supervisor, self.log, self.console))
        uplinks = [part.made for part in self.parts if part.room == "uplinks"]
        if None not in uplinks:
            forget(uplinks)
            forget(self.kept)
            if not self.conf.get("buses"):
                forget(self.buses.values())

    def settle(self):
        Pole.build = Pole._start = Pole._interface = None
        Pole.found = Pole.drivers = None
        Peripheral.own = Peripheral._writer = None


def load_pole(folder=""):
    """The Pole of the slot in `folder`."""
    from pole import config, trial  # read once

    conf = config.read_config(folder)
    table, identity, record = config.read_points(folder), config.read_identity(folder), trial.read_record()
    seldom.forget(config)
    pole = Pole(conf, table, load.module("hal", conf["port"]), identity, trial.first(record))
    seldom.forget(trial)
    return pole


def main(folder=""):
    """Run the pole of this slot until somebody interrupts it."""
    pole = load_pole(folder)
    gc.collect()
    try:
        asyncio.run(pole.run())
    except KeyboardInterrupt:
        pole.farewell()
        print("stopped; the watchdog still runs: feed it or restart")
    finally:
        pole.flush()
        asyncio.new_event_loop()
