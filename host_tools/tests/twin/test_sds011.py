"""The SDS011's twin against the protocol's frames, and a pole that lets it rest."""

import asyncio

import pytest
from twin import rigs

from pole import clock as pole_clock
from pole.quality import NAMES
from yigan import conf
from yigan.twin import sds011, virtual_time

ASKED = {  # protocol V1.3: request -> reply, of the sensor A160
    "aab402010100000000000000000000a16005ab": "aac502010100a16005ab",
    "aab406010000000000000000000000a16008ab": "aac506010000a16008ab",
    "aab406010100000000000000000000a16009ab": "aac506010100a16009ab",
    "aab407000000000000000000000000a16008ab": "aac5070f070aa16028ab",
    "aab408010100000000000000000000a1600bab": "aac508010100a1600bab",
}


@pytest.mark.parametrize("request_hex, reply", list(ASKED.items()))
def test_published_frames(request_hex, reply):
    heard = []

    async def story():
        twin = sds011.Twin(virtual_time.Clock(), {"mode": 1})
        twin.send = heard.append
        twin.start()
        twin.received(bytes.fromhex(request_hex))
        await asyncio.sleep(0.1)

    virtual_time.run(story(), pole_clock)
    assert [data.hex() for data in heard] == [reply]


def test_published_measurement():
    heard = []

    async def story():
        twin = sds011.Twin(virtual_time.Clock(), {"pm2_5": 123.6, "pm10": 261.8})
        twin.send = heard.append
        twin.start()
        await asyncio.sleep(20.5)

    virtual_time.run(story(), pole_clock)
    assert len(heard) == 20 and heard[-1].hex() == "aac0d4043a0aa1601dab"
    assert heard[0] != heard[-1]  # its fan had to spin up


def bench(folder, more):
    path = folder / "pole.toml"
    head = (
        f'id = "bench"\nboard = "{rigs.BOARD}"\n{rigs.SITE}[[peripheral]]\nkind = "sds011"\nbus = "uart1"\n'
    )
    path.write_text(head + more, encoding="utf-8")
    return rigs.Bench(conf.load(path))


def day(folder, more, hours, value):
    """(qualities seen after the first minute and a half, raw values seen, twin's state)."""
    seen, values, state = set(), set(), {}

    async def story():
        rig = bench(folder, more)
        (pm2_5, pm10) = rig.points
        rig.twin.set("pm2_5", value)
        rig.start()
        await asyncio.sleep(90)
        for _ in range(int(hours * 360)):
            await asyncio.sleep(10)
            seen.add(NAMES[rig.store.quality(pm2_5)])
            values.add(rig.store.raw(pm2_5))
        state.update(rig.twin.state(), complaints=rig.complaints(), ttl_s=rig.store.table.ttl_s[pm10])
        await rig.stop()

    virtual_time.run(story(), pole_clock)
    return seen, values, state


def test_all_the_time(tmp_path):
    seen, values, state = day(tmp_path, "", 0.2, 36.5)
    assert (seen, values, state["complaints"]) == ({"good"}, {365}, 0)
    assert state["works"] and state["mode"] == 1


@pytest.mark.parametrize("cycle_min", [5, 30])
def test_in_a_cycle_the_points_stay_good_and_the_laser_lives_longer(tmp_path, cycle_min):
    hours = 1.5
    seen, values, state = day(tmp_path, f"cycle_min = {cycle_min}\n", hours, 36.5)
    assert (seen, values, state["complaints"]) == ({"good"}, {365}, 0)
    assert state["laser_s"] < hours * 3600 * 1.3 / cycle_min + 90
    assert state["ttl_s"] == max(180, 2 * 60 * cycle_min + 30)


def test_one_that_another_project_left_in_its_own_cycle(tmp_path):
    async def story():
        rig = bench(tmp_path, "")
        rig.twin._period = 30
        rig.start()
        await asyncio.sleep(60)
        assert rig.twin.state()["period"] == 0 and rig.twin.writes == 2
        assert NAMES[rig.store.quality(rig.points[0])] == "good"
        await rig.stop()

    virtual_time.run(story(), pole_clock)


def test_unplugged_in_its_sleep(tmp_path):
    """Its last mean holds for the cycle; then the cable is told, and it comes back by itself."""

    async def story():
        rig = bench(tmp_path, "cycle_min = 5\n")
        rig.start()
        await asyncio.sleep(120)
        rig.twin.stop()
        await asyncio.sleep(60)
        assert NAMES[rig.store.quality(rig.points[0])] == "good"
        await asyncio.sleep(200)
        assert NAMES[rig.store.quality(rig.points[0])] == "comm_fault"
        rig.twin.start()
        await asyncio.sleep(90)
        assert NAMES[rig.store.quality(rig.points[0])] == "good"
        await rig.stop()

    virtual_time.run(story(), pole_clock)
