"""A year of lamps under watch: no false alarm, and every fault found within its declared time.

Run with -s it prints what it counted. A lamp's time counts for a fault only while the fault can be seen.
"""

import copy
import random

import pytest
from lighting.lamp_physics import DAY, Discharge, Led, Mains, Meter, Schedule
from telling import tell

from pole import seldom
from pole.protocol import lamp_health, lamp_lesson
from pole.protocol.lamp_health import BURNER, DIMMING, FAILURE, FLICKER, KNOTS, POWER, Rule, Watch

NAMES = {FAILURE: "failure", DIMMING: "dimming", BURNER: "day-burner", POWER: "power", FLICKER: "flicker"}
# fault: (verdict, when it can be seen: level now, level at which it came) and the declared minutes
FAULTS = {
    "dead": (FAILURE, lambda level, at: level > 0, 6),
    "half": (POWER, lambda level, at: level > 0, 6),
    "hungry": (POWER, lambda level, at: level > 0, 6),
    "burner": (BURNER, lambda level, at: level == 0, 6),
    "full": (DIMMING, lambda level, at: 0 < level < 700, 6),
    "stuck": (DIMMING, lambda level, at: level > 0 and abs(level - at) > 200, 10),
    "cycling": (FLICKER, lambda level, at: level > 0, 15),
}


@pytest.fixture(autouse=True)
def remembered(monkeypatch):
    """Each of 50,000 lessons would load its module anew: that is a board's way to have heap, and half of a year here."""
    monkeypatch.setattr(seldom, "forget", lambda module: None)


class Street:
    """One lamp, its mains, meter and schedule, and the watch."""

    def __init__(self, kind, seed, days, rule=None, knots=None):
        self.lamp = kind()
        self.mains, self.meter = Mains(seed, days), Meter(seed, days)
        self.schedule = Schedule(seed, kind.LEVELS)
        self.watch = Watch(
            knots or [0] * KNOTS, rule or Rule(warm_s=kind.WARM_S, confirm_s=120 if kind is Led else 900)
        )
        self.t = 0
        self.level = 0
        self.calm, self.was_off = 0, True  # seconds of a mains and a meter that let anybody judge

    def minute(self):
        """The verdict after one more minute."""
        self.t += 60
        self.level = self.schedule.level(self.t)
        volts = self.mains.volts(self.t)
        watts = self.lamp.watts(self.t + 20, self.level, volts)
        self.watch.look(self.t, self.level)
        said = self.meter.reads(self.t, watts, volts)
        well = said and 1900 <= said[1] <= 2530 and (self.level == 0) == self.was_off
        self.calm, self.was_off = self.calm + 60 if well else 0, self.level == 0
        if said:
            self.watch.sample(self.t + 20, *said)
        return self.watch.verdict

    def state(self):
        return copy.deepcopy(self)


def lived(kind, seed, days, keep=()):
    """(false alarms, copies of the street at some moments) of a year without any fault."""
    street, before, alarms, kept = Street(kind, seed, days), 0, [], []
    for minute in range(days * 1440):
        verdict = street.minute()
        if verdict & ~before:
            alarms.append((street.t / DAY, street.level, [NAMES[b] for b in NAMES if verdict & b]))
        before = verdict
        if minute in keep:
            kept.append(street.state())
    return alarms, kept, street


def found(street, fault):
    """(minutes in which it could be seen until it was found, other verdicts, minutes until well again)."""
    verdict, visible, _ = FAULTS[fault]
    if fault == "half" and isinstance(street.lamp, Discharge):
        verdict |= DIMMING  # 62 % of its power is what it draws when dimmed: nobody can tell
    while street.level == 0 and fault == "stuck":  # a gear hangs while it is lit
        street.minute()
    came = street.level
    street.lamp.fault = fault
    seen, others = 0, 0
    for _ in range(3 * 1440):
        now = street.minute()
        seen += visible(street.level, came) and street.calm > street.watch.rule.warm_s
        others |= now & ~verdict
        if now & verdict:
            break
    else:
        return None, others, None
    street.lamp.fault = ""
    for after in range(3 * 1440):
        if not street.minute():
            return seen, others, after
    return seen, others, None


@pytest.mark.parametrize(("kind", "seed"), [(Led, 1), pytest.param(Led, 2, marks=pytest.mark.year), (Discharge, 3)])
def test_a_year(kind, seed):
    lot = random.Random(seed)
    keep = {lot.randrange(40, 360) * 1440 + lot.randrange(1440) for _ in range(8)}
    alarms, kept, street = lived(kind, seed, 365, keep)
    lines = [
        f"{kind.__name__} {seed}: {street.watch.learned} lessons, {len(alarms)} false alarms in 365 days"
    ]
    assert alarms == []
    for fault in FAULTS:
        if kind is Discharge and fault in ("cycling", "stuck", "full"):
            continue  # its two levels are too near; its ballast is the flicker of the eye only
        told = [found(street.state(), fault) for street in kept]
        minutes = [seen for seen, *_ in told]
        assert None not in minutes, (fault, told)
        back = [after for *_, after in told]
        assert None not in back, (fault, told)
        limit = FAULTS[fault][2] + (0 if kind is Led else 25)
        others = [NAMES[b] for b in NAMES if any(o & b for _, o, _ in told)]
        lines.append(f"  {fault:8} found in {min(minutes)}..{max(minutes)} min (declared {limit}), well again after at most "
              f"{max(back)} min{', also said: ' + ', '.join(others) if others else ''}")  # fmt: skip
        assert max(minutes) <= limit, (fault, told)
        assert not others or fault == "cycling", (fault, told)
    tell(f"lamp_health_{kind.__name__.lower()}_{seed}", "\n".join(lines))


def test_dead_and_burning_from_the_first_day():
    """Nothing is learned yet."""
    for fault, verdict in (("dead", FAILURE), ("burner", BURNER)):
        street = Street(Led, 5, 30)
        street.lamp.fault = fault
        for _ in range(1440):
            street.minute()
        assert street.watch.verdict == verdict and street.watch.knots[1:] == [0] * (KNOTS - 1)


def test_a_known_nominal_power_finds_what_was_wrong_from_the_first_day():
    street = Street(Led, 6, 30, knots=lamp_lesson.nominal(98))
    street.lamp.fault = "half"
    for _ in range(1440):
        street.minute()
    assert street.watch.verdict & POWER


def test_what_never_dimmed_is_not_learned_as_well():
    street = Street(Led, 7, 30)
    street.lamp.fault = "full"
    for _ in range(1440):
        street.minute()
    assert street.watch.verdict & DIMMING


def test_another_lamp_is_a_fault_until_it_is_learned_anew():
    street = Street(Led, 8, 60)
    for _ in range(5 * 1440):
        street.minute()
    street.lamp.nominal = 60.0
    for _ in range(1440):
        street.minute()
    assert street.watch.verdict & POWER
    street.watch = Watch([0] * KNOTS, street.watch.rule)
    for _ in range(3 * 1440):
        street.minute()
    assert street.watch.verdict == 0 and street.watch.expect(1000)[1]


def test_a_relay_by_the_voltage_behind_it():
    def judged(level, volts, watts):
        watch = Watch([0] * KNOTS, Rule(behind=True))
        for n in range(6):
            watch.look(60 * n, level)
            watch.sample(60 * n + 30, watts, volts)
        watch.look(400, level)
        for n in range(7, 14):
            watch.sample(60 * n, watts, volts)
        return watch.verdict

    assert judged(1000, 2200, 900) == 0 and judged(0, 3, 0) == 0
    assert judged(1000, 3, 0) == lamp_health.RELAY
    assert judged(0, 2200, 5) == lamp_health.RELAY
    assert judged(0, 2200, 900) == lamp_health.RELAY | BURNER


def test_the_curve_is_what_the_lamp_draws():
    _, _, street = lived(Led, 9, 30)
    street.schedule.lot = random.Random(1)
    for level in (300, 425, 500, 850):
        wanted = [Led.watts(copy.copy(street.lamp), street.t, level, 222) for _ in range(3)][-1]
        mw, sure = street.watch.expect(level)
        if sure:
            assert mw / 1000 == pytest.approx(wanted, rel=0.08), level
