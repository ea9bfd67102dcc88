"""A blank board becomes a pole, obeys, loses a sensor, loses its power, and comes back."""

LIVE = ("good", "uncertain", "manual")
BROKEN = ("comm_fault", "fault", "stale")


def live(found: dict[str, dict]) -> bool:
    return all(row["q"] in LIVE for row in found.values())


def lamp_reaches(dut, bench, percent: int) -> None:
    """Ask for a level; the pole says that it is reached, and the lamp itself gives that much light."""
    dut.ask("set", p="lamp.level", v=str(percent))
    dut.wait(
        f"lamp at {percent} %",
        "lamp.level_actual",
        lambda found: abs(float(found["lamp.level_actual"]["v"] or -1) - percent) < 1,
    )
    seen = bench.lamp_percent()
    assert seen is None or abs(seen - percent) < 1


def test_a_blank_board_becomes_a_pole(dut, bench):
    dut.yigan("up", bench.file, "--port", bench.port)
    told = dut.ask("identify")
    assert told["pole"] == bench.pole.id
    assert told["protocol"] == 0 and told["bench"] is True


def test_up_again_changes_nothing(dut, bench):
    before = dut.ask("identify")["bundle"]
    dut.yigan("up", bench.file, "--port", bench.port)
    assert dut.ask("identify")["bundle"] == before


def test_every_peripheral_gives_readings(dut, bench):
    dut.wait("readings of the air", "air.", live)
    if any(part.kind == "gnss" for part in bench.pole.peripherals):
        dut.wait("a position", "gnss.", lambda found: found["gnss.lat"]["q"] in LIVE)


def test_a_value_out_of_range_is_refused(dut, bench):
    told = dut.yigan("set", "lamp.level", "140", "--port", bench.port, code=5)
    assert "range" in told


def test_the_lamp_obeys(dut, bench):
    lamp_reaches(dut, bench, 40)


def test_the_lamp_obeys_without_the_air_sensor(dut, bench):
    bench.hands.unplug("air")
    try:
        dut.wait("the sensor missed", "air.", lambda found: all(r["q"] in BROKEN for r in found.values()))
        lamp_reaches(dut, bench, 75)
    finally:
        bench.hands.plug("air")
    dut.wait("the sensor back", "air.", lambda found: all(r["q"] in (*LIVE, "warming") for r in found.values()))


def test_it_comes_back_after_a_power_cut(dut, bench):
    before = dut.ask("identify")
    dut.ask("set", p="lamp.level", v="10")
    bench.hands.power_cut()
    bench.hands.power(True)
    dut.expect_exact(b'"hello"', timeout=30)
    after = dut.ask("identify")
    assert after["uptime"] < 10
    assert (after["pole"], after["bundle"], after["points"]) == (before["pole"], before["bundle"], before["points"])
    lamp_reaches(dut, bench, 30)
