"""The uplink against a broker that the tests write out themselves, byte by byte, and that can misbehave."""

import gc
import unittest

from mqtt_story import BASE, Broker, Story, until
from pole import clock, quality

NEEDS = ("sockets",)


class Points(Story):
    def test_says_all_it_knows(self):
        async def steps(pole, broker):
            self.assertEqual(
                broker.connects[0][:10], b"\x00\x04MQTT\x04\x2e\x00\x3c"
            )  # clean, will retained, QoS 1
            self.assertTrue(
                broker.connects[0].endswith(b'\x00\x16yigan/demo-0001/status\x00\x10{"online":false}')
            )
            self.assertEqual(broker.subscribed, [BASE + "+/set"])
            topics = [said[0] for said in broker.heard]
            self.assertEqual(topics, [BASE + t for t in ("status", "lamp/level", "air/pm2_5", "air/1/pm2_5")])
            self.assertTrue(all(said[2] == 0x33 for said in broker.heard))
            self.assertEqual(broker.last("status")["online"], True)
            self.assertEqual(broker.last("lamp/level")["quality"], "never")

        self.play(steps)

    def test_says_what_changes(self):
        async def steps(pole, broker):
            pole.store.put(1, 80)
            await until(lambda: broker.last("air/pm2_5")["value"] == 80)
            pole.store.fail(1, quality.COMM_FAULT)
            await until(lambda: broker.last("air/pm2_5")["value"] is None)
            self.assertEqual(broker.last("air/pm2_5")["quality"], "comm_fault")
            self.assertEqual((broker.count("lamp/level"), broker.count("air/pm2_5")), (1, 3))

        self.play(steps)

    def test_qos_0(self):
        async def steps(pole, broker):
            pole.store.put(1, 80)
            await until(lambda: broker.last("air/pm2_5")["value"] == 80)
            self.assertEqual([said[2] for said in broker.heard], [0x33, 0x31, 0x31, 0x31, 0x31])

        self.play(steps, qos=0)

    def test_newest_value_wins_when_the_broker_is_slow(self):
        async def steps(pole, broker):
            broker.takes = False
            for value in range(1, 30):
                pole.store.put(1, value)
                await clock.sleep_ms(10)
            self.assertLessEqual(broker.count("air/pm2_5"), 5)
            broker.takes = True
            broker.hang_up()
            await until(lambda: broker.last("air/pm2_5")["value"] == 29)

        self.play(steps)


class Commands(Story):
    def test_obeyed_and_answered(self):
        async def steps(pole, broker):
            await broker.send("lamp/level/set", b'{"id":"c1","value":42.5}')
            await until(lambda: broker.last("lamp/level/result"))
            self.assertEqual(
                broker.last("lamp/level/result"),
                {"id": "c1", "ok": True, "error": None, "value": 42.5, "at": None},
            )
            self.assertEqual(pole.done, [(425, "mqtt")])
            await until(lambda: broker.last("lamp/level")["value"] == 42.5)
            self.assertEqual(broker.answers, [7])
            self.assertEqual([said[2] for said in broker.heard if said[0].endswith("result")], [0x32])

        self.play(steps)

    def test_refused(self):
        async def steps(pole, broker):
            clock.set_time(clock.seconds_2020(2026, 11, 22, 8, 0, 0), clock.NETWORK)
            for name, text, word in (
                ("lamp/level", b'{"id":"1","value":101}', "out_of_range"),
                ("air/pm2_5", b'{"id":"2","value":1}', "read_only"),
                ("lamp/colour", b'{"id":"3","value":1}', "unknown_point"),
                ("lamp/level", b'{"id":"4","value":1,"expires":"2026-11-22T07:59:00Z"}', "expired"),
                ("lamp/level", b"fifty", "bad_request"),
                ("lamp/level", b'{"id":"5","value":1,"x":"' + b"x" * 600 + b'"}', "bad_request"),
            ):
                await broker.send(name + "/set", text)
                await until(lambda n, w: (broker.last(n + "/result") or {}).get("error") == w, name, word)
                self.assertEqual(broker.last(name + "/result")["at"][:10], "2026-11-22")
                broker.heard = broker.heard[:-1]
            self.assertEqual(pole.done, [])
            self.assertEqual(pole.counters["mqtt_bad_request"], 2)

        self.play(steps)

    def test_clock_unknown(self):
        async def steps(pole, broker):
            await broker.send("lamp/level/set", b'{"id":"1","value":1,"expires":"2030-11-22T07:59:00Z"}')
            await until(lambda: broker.last("lamp/level/result"))
            self.assertEqual(broker.last("lamp/level/result")["error"], "clock_unknown")
            self.assertEqual(pole.done, [])

        self.play(steps)

    def test_kept_commands_are_no_commands(self):
        async def steps(pole, broker):
            await broker.send("lamp/level/set", b'{"id":"1","value":1}', head=0x33)
            await until(lambda: pole.counters.get("mqtt_retained"))
            await until(lambda: broker.answers)
            self.assertEqual((pole.done, broker.count("lamp/level/result")), ([], 0))

        self.play(steps)

    def test_twice(self):
        async def steps(pole, broker):
            for head in (0x32, 0x3A, 0x30):
                await broker.send("lamp/level/set", b'{"id":"c1","value":42.5}', head=head)
            await until(lambda: broker.count("lamp/level/result") == 3)
            self.assertEqual(len(pole.done), 1)
            self.assertTrue(all(s[1]["ok"] for s in broker.heard if s[0].endswith("result")))

        self.play(steps)

    def test_answer_survives_the_connection(self):
        async def steps(pole, broker):
            broker.takes = False
            await broker.send("lamp/level/set", b'{"id":"c1","value":42.5}')
            await until(lambda: broker.count("lamp/level/result") == 1)
            broker.takes = True
            broker.hang_up()
            await until(lambda: broker.count("lamp/level/result") == 2)
            self.assertEqual(len(pole.done), 1)

        self.play(steps)

    def test_flood(self):
        async def steps(pole, broker):
            for k in range(60):
                await broker.send("lamp/level/set", b'{"id":%d,"value":%d}' % (k, k), ident=k + 1)
            await until(lambda: len(broker.answers) == 60)
            await until(lambda: broker.last("lamp/level")["value"] == 59)
            self.assertEqual(len(pole.done), 60)

        self.play(steps)


class Links(Story):
    def test_comes_back_and_tells_all_again(self):
        async def steps(pole, broker):
            for turn in range(3):
                broker.hang_up()
                await until(lambda n: broker.count("air/1/pm2_5") == n, turn + 2)
            self.assertEqual((broker.count("status"), pole.counters["mqtt_connects"]), (4, 4))

        self.play(steps)

    def test_broker_restarts(self):
        async def steps(pole, broker):
            broker.close()
            await until(lambda: pole.said("OSError") or pole.said("Error"))
            await clock.sleep_ms(300)
            await broker.listen()
            await until(lambda: broker.count("status") == 2)

        self.play(steps)

    def test_half_open(self):
        async def steps(pole, broker):
            await until(lambda: broker.pings)
            broker.mute = True
            await until(lambda: pole.said("BusError: PINGRESP") or pole.said("BusError: PUBACK"))
            broker.mute = False
            await until(lambda: broker.count("status") == 2)
            self.assertLess(self.longest_pause, 1500)

        self.play(steps, keepalive_s=1, answer_s=1)

    def test_broker_that_never_answers(self):
        broker = Broker()
        broker.mute = True

        async def steps(pole, broker):
            await until(lambda: pole.said("BusError: CONNACK"))
            self.assertLess(self.longest_pause, 1500)

        self.play(steps, broker, started=False, answer_s=1)

    def test_garbage(self):
        for garbage in (
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"\x20\xff\xff\xff\xff\xff",
            b"\x20\x02\x00\x00\xf7" + bytes(300),
        ):
            broker = Broker()
            broker.greeting = garbage

            async def steps(pole, broker):
                await until(lambda: pole.said("ProtocolError"))
                broker.greeting = None
                await until(lambda: broker.count("air/1/pm2_5"))

            self.play(steps, broker, started=False)

    def test_refused(self):
        broker = Broker()
        broker.connack = b"\x20\x02\x00\x05"

        async def steps(pole, broker):
            await until(lambda: pole.said("AuthError: not authorised"))
            self.assertEqual(broker.heard, [])

        self.play(steps, broker, started=False, username="u", password="p")

    def test_nobody_there(self):
        async def steps(pole, broker):
            broker.close()
            await until(lambda: pole.said("rror"))
            await clock.sleep_ms(300)
            self.assertLess(self.longest_pause, 1500)

        self.play(steps)

    def test_cancelled_it_lets_go(self):
        async def steps(pole, broker):
            self.uplink.close()
            self.assertIsNone(self.uplink._stream)
            await until(lambda: broker.count("status") == 2)  # and its task connects again

        self.play(steps)


class Time(Story):
    def test_waits_for_the_time_before_tls(self):
        async def steps(pole, broker):
            await until(lambda: pole.said("waits for the time"))
            await clock.sleep_ms(200)
            self.assertFalse(pole.said("ConfigError"))
            self.assertLess(self.longest_pause, 1500)
            clock.set_time(clock.seconds_2020(2026, 11, 22, 8, 0, 0), clock.NETWORK)
            await until(lambda: pole.said("ConfigError"))  # goes on, and finds that no authority is named

        self.play(steps, started=False, tls=True)

    def test_goes_on_when_told_so(self):
        async def steps(pole, broker):
            await until(lambda: pole.said("ConfigError: no file /nowhere"))
            self.assertTrue(pole.said("certificate dates are not checked"))

        self.play(steps, started=False, tls=True, without_time=True, ca="/nowhere")

    def test_moments_come_with_the_clock(self):
        async def steps(pole, broker):
            pole.store.put(1, 80)
            await until(lambda: broker.last("air/pm2_5")["value"] == 80)
            self.assertEqual(broker.last("air/pm2_5")["at"], None)
            clock.set_time(clock.seconds_2020(2026, 11, 22, 8, 0, 0), clock.NETWORK)
            pole.store.put(1, 81)
            await until(lambda: broker.last("air/pm2_5")["value"] == 81)
            self.assertEqual(broker.last("air/pm2_5")["at"][:17], "2026-11-22T08:00:")

        self.play(steps)


class Growth(Story):
    NEEDS = ("micropython",)

    def test_a_day_of_reports_takes_no_memory(self):
        async def steps(pole, broker):
            async def report(n):
                for value in range(n):
                    pole.store.put(1, value % 900)
                    self.uplink._pump()
                    await clock.sleep_ms(0)
                    if not value % 20:
                        broker.heard = broker.heard[-20:]
                        await clock.sleep_ms(2)
                await clock.sleep_ms(50)
                broker.heard = broker.heard[-20:]
                gc.collect()
                return gc.mem_alloc()

            before = await report(500)
            sent = self.uplink.sent
            after = await report(1000)
            self.assertGreater(self.uplink.sent - sent, 900)
            self.assertLess(after - before, 2000)

        self.play(steps)


if __name__ == "__main__":
    unittest.main()
