import unittest

from pole.codec import dali, dali_device

# Frames that python-dali makes too (protocols.md 5a): name, ours, theirs
FRAMES = (
    ("short 3 to level 127", dali.level(dali.short(3), 127), 0x067F),
    ("query level of short 3", dali.command(dali.short(3), dali.QUERY_ACTUAL_LEVEL), 0x07A0),
    ("all to the maximum", dali.command(dali.BROADCAST, dali.RECALL_MAX_LEVEL), 0xFF05),
    ("all off", dali.command(dali.BROADCAST, dali.OFF), 0xFF00),
    ("all to level 128", dali.level(dali.BROADCAST, 128), 0xFE80),
    ("short 5 to scene 2", dali.command(dali.short(5), dali.GO_TO_SCENE + 2), 0x0B12),
    ("initialise all", dali.special(dali.INITIALISE), 0xA500),
    ("randomise", dali.special(dali.RANDOMISE), 0xA700),
    ("DTR0", dali.special(dali.DTR0, 254), 0xA3FE),
    ("enable device type 6", dali.special(dali.ENABLE_DEVICE_TYPE, dali.LED), 0xC106),
    ("group 15", dali.level(dali.group(15), 1), 0x9E01),
    ("without an address", dali.command(dali.UNADDRESSED, dali.OFF), 0xFD00),
)


class Frames(unittest.TestCase):
    def test_vectors(self):
        for name, ours, theirs in FRAMES:
            self.assertEqual((name, ours), (name, theirs))

    def test_what_comes_twice(self):
        for opcode in (
            dali.RESET,
            dali.SET_MAX_LEVEL,
            dali.SET_SCENE + 15,
            dali.ENABLE_WRITE_MEMORY,
            dali.SELECT_DIMMING_CURVE,
        ):
            self.assertTrue(dali.sends_twice(dali.command(dali.short(1), opcode)), opcode)
        for opcode in (
            dali.OFF,
            dali.GO_TO_SCENE + 15,
            dali.QUERY_STATUS,
            dali.READ_MEMORY_LOCATION,
            dali.QUERY_DIMMING_CURVE,
        ):
            self.assertFalse(dali.sends_twice(dali.command(dali.short(1), opcode)), opcode)
        self.assertFalse(dali.sends_twice(dali.level(dali.short(1), 0x20)))  # a level that looks like RESET
        self.assertTrue(dali.sends_twice(dali.special(dali.INITIALISE, 0x20)))
        self.assertFalse(dali.sends_twice(dali.special(dali.DTR0, 0x20)))

    def test_what_is_a_question(self):
        self.assertTrue(dali.answers(dali.command(dali.BROADCAST, dali.QUERY_STATUS)))
        self.assertTrue(dali.answers(dali.special(dali.COMPARE)))
        self.assertTrue(dali.answers(dali.special(dali.WRITE_MEMORY_LOCATION, 1)))
        for frame in (
            dali.level(dali.short(1), 0x90),
            dali.command(dali.short(1), dali.ADD_TO_GROUP),
            dali.special(dali.WRITE_MEMORY_LOCATION_NO_REPLY, 0x90),
            dali.special(dali.DTR1, 0xC5),
        ):
            self.assertFalse(dali.answers(frame), frame)

    def test_short_addresses_as_data(self):
        self.assertEqual([dali.short_data(a) for a in (0, 63, None)], [1, 127, 255])

    def test_devices_have_frames_of_their_own(self):
        self.assertEqual(dali_device.command(dali_device.short(7), dali_device.QUERY_DEVICE_STATUS), 0x0FFE30)
        self.assertEqual(
            dali_device.command(dali_device.BROADCAST, dali_device.QUERY_INPUT_VALUE, 3), 0xFF038C
        )
        self.assertEqual(dali_device.special(dali_device.COMPARE), 0xC10300)
        self.assertEqual(dali_device.event(0x060C02), (3, 3, 2))  # occupancy sensor of device 3
        self.assertEqual(dali_device.event(0x0FFE30), None)


class Values(unittest.TestCase):
    """D4i bank bytes of protocols.md 5b, and the two ways to say that there is none."""

    def test_energy_and_power(self):
        bank = bytes((0, 0, 0, 0, 0, 0x0A))  # banks 202 from location 5
        self.assertEqual(dali.number(bank, 0, 6), 10)
        self.assertEqual(dali.number(bytes((0, 0, 3, 0xE8)), 0, 4), 1000)
        self.assertEqual((dali.signed(1), dali.signed(0xFF), dali.signed(0xFE)), (1, -1, -2))
        self.assertEqual(dali.scaled(1000, dali.signed(0xFF)), 100)  # bank 203: 03E8 x 0.1 = 100 VAh
        self.assertEqual(dali.scaled(1000, dali.signed(0xFE)), 10)
        self.assertEqual((dali.scaled(10, 3), dali.scaled(15, -1), dali.scaled(14, -1)), (10000, 2, 1))

    def test_supply_voltage(self):
        self.assertEqual(dali.number(b"\x08\xfc", 0, 2), 2300)

    def test_unknown_and_not_now(self):
        for count in range(1, 7):
            high = b"\xff" * (count - 1)
            self.assertEqual(dali.number(high + b"\xff", 0, count), None)
            self.assertEqual(dali.number(high + b"\xfe", 0, count), None)
            self.assertEqual(dali.number(high + b"\xfd", 0, count), (1 << 8 * count) - 3)
        self.assertEqual(dali.scaled(None, 3), None)
        self.assertEqual(dali.scaled(None, -3), None)
        self.assertEqual(dali.number(b"\xff\x00", 0, 2), 65280)


class FadeTimes(unittest.TestCase):
    def test_table(self):
        """62386-102 table 6, in tenths of a second."""
        tenths = [(dali.fade_ms(code) + 50) // 100 for code in range(16)]
        self.assertEqual(tenths, [0, 7, 10, 14, 20, 28, 40, 57, 80, 113, 160, 226, 320, 453, 640, 905])

    def test_the_nearest(self):
        for code in range(16):
            self.assertEqual(dali.fade_code(dali.fade_ms(code)), code)
        self.assertEqual([dali.fade_code(ms) for ms in (0, 594, 1100, 3000, 600000)], [0, 0, 2, 5, 15])


class Peer(unittest.TestCase):
    """python-dali, which shares nothing with us: every command it knows, byte for byte."""

    NEEDS = ("cpython",)

    def standard(self):
        from dali.address import GearBroadcast, GearBroadcastUnaddressed, GearGroup, GearShort
        from dali.gear import general, led

        whom = [(GearShort(n), dali.short(n)) for n in range(64)] + [
            (GearGroup(n), dali.group(n)) for n in range(16)
        ]
        whom += [(GearBroadcast(), dali.BROADCAST), (GearBroadcastUnaddressed(), dali.UNADDRESSED)]
        for (_, opcode), kind in sorted(general._StandardCommand._opcodes.items(), key=lambda row: row[0]):
            if kind.__module__ in (general.__name__, led.__name__):
                for theirs, ours in whom:
                    args = (opcode - kind._cmdval,) if kind._hasparam else ()
                    yield kind(theirs, *args), dali.command(ours, opcode)

    def test_standard_commands(self):
        seen = set()
        for theirs, ours in self.standard():
            self.assertEqual(theirs.frame.as_integer, ours)
            if theirs.devicetype in (0, 6):
                self.assertEqual((str(theirs), bool(theirs.sendtwice)), (str(theirs), dali.sends_twice(ours)))
                self.assertEqual(
                    (str(theirs), theirs.response is not None), (str(theirs), dali.answers(ours))
                )
            seen.add(type(theirs).__name__)
        self.assertTrue(len(seen) > 80, len(seen))

    def test_our_names_are_the_opcodes_of_theirs(self):
        from dali.gear import general, led

        known = {}
        for module in (led, general):  # parts 102 and 207 share a name
            for name, kind in vars(module).items():
                if isinstance(getattr(kind, "_cmdval", None), int):
                    known[name.upper()] = kind._cmdval
        theirs = {"DTR0": 0xA3, "DTR1": 0xC3, "DTR2": 0xC5}
        ours = {n: v for n, v in vars(dali).items() if n.isupper() and isinstance(v, int)}
        checked = 0
        for name, value in ours.items():
            plain = name.replace("_", "")
            if plain in known and plain not in theirs:
                self.assertEqual((name, value), (name, known[plain]))
                checked += 1
        self.assertTrue(checked > 85, checked)

    def test_levels(self):
        from dali.address import GearShort
        from dali.gear.general import DAPC

        for arc in range(256):
            self.assertEqual(
                DAPC(GearShort(arc & 63), arc).frame.as_integer, dali.level(dali.short(arc & 63), arc)
            )

    def test_special_commands(self):
        from dali.gear import general as g

        pairs = [
            (g.Terminate(), dali.special(dali.TERMINATE)),
            (g.Randomise(), dali.special(dali.RANDOMISE)),
            (g.Compare(), dali.special(dali.COMPARE)),
            (g.Withdraw(), dali.special(dali.WITHDRAW)),
            (g.Ping(), dali.special(dali.PING)),
            (g.Initialise(broadcast=True), dali.special(dali.INITIALISE, 0)),
            (g.Initialise(), dali.special(dali.INITIALISE, dali.short_data(None))),
            (g.QueryShortAddress(), dali.special(dali.QUERY_SHORT_ADDRESS)),
        ]
        for n in range(64):
            data = dali.short_data(n)
            pairs += [
                (g.Initialise(address=n), dali.special(dali.INITIALISE, data)),
                (g.ProgramShortAddress(n), dali.special(dali.PROGRAM_SHORT_ADDRESS, data)),
                (g.VerifyShortAddress(n), dali.special(dali.VERIFY_SHORT_ADDRESS, data)),
            ]
        for n in range(256):
            for kind, opcode in (
                (g.DTR0, dali.DTR0), (g.DTR1, dali.DTR1), (g.DTR2, dali.DTR2), (g.SearchaddrH, dali.SEARCHADDR_H),
                (g.SearchaddrM, dali.SEARCHADDR_M), (g.SearchaddrL, dali.SEARCHADDR_L),
                (g.EnableDeviceType, dali.ENABLE_DEVICE_TYPE), (g.WriteMemoryLocation, dali.WRITE_MEMORY_LOCATION),
                (g.WriteMemoryLocationNoReply, dali.WRITE_MEMORY_LOCATION_NO_REPLY),
            ):  # fmt: skip
                pairs.append((kind(n), dali.special(opcode, n)))
        for theirs, ours in pairs:
            self.assertEqual(theirs.frame.as_integer, ours)
            self.assertEqual((str(theirs), bool(theirs.sendtwice)), (str(theirs), dali.sends_twice(ours)))
            self.assertEqual((str(theirs), theirs.response is not None), (str(theirs), dali.answers(ours)))

    def test_they_read_what_we_say(self):
        from dali.command import Command
        from dali.frame import ForwardFrame

        for theirs, ours in self.standard():
            read = Command.from_frame(ForwardFrame(16, ours), devicetype=theirs.devicetype)
            self.assertEqual(str(read), str(theirs))
        for name, frame, _ in FRAMES:
            self.assertFalse("Unknown" in str(Command.from_frame(ForwardFrame(16, frame))), name)

    def test_devices(self):
        from dali.address import DeviceBroadcast, DeviceShort, InstanceNumber
        from dali.device import general as g

        ours = {
            n.replace("_", ""): v for n, v in vars(dali_device).items() if n.isupper() and isinstance(v, int)
        }
        checked = 0
        for name, kind in vars(g).items():
            if not isinstance(kind, type) or name.startswith("_") or name.upper() not in ours:
                continue
            frames = self.device_frames(
                g, kind, ours[name.upper()], (DeviceShort, DeviceBroadcast, InstanceNumber)
            )
            for theirs, frame in frames:
                self.assertEqual((name, theirs.frame.as_integer), (name, frame))
                self.assertEqual((name, bool(theirs.sendtwice)), (name, dali_device.sends_twice(frame)))
                checked += 1
        self.assertTrue(checked > 40, checked)

    def device_frames(self, g, kind, value, addresses):
        short, everybody, instance = addresses
        if issubclass(kind, g._StandardDeviceCommand):
            yield kind(short(9)), dali_device.command(dali_device.short(9), value)
            yield kind(everybody()), dali_device.command(dali_device.BROADCAST, value)
        elif issubclass(kind, g._StandardInstanceCommand):
            yield kind(short(9), instance(4)), dali_device.command(dali_device.short(9), value, 4)
        elif issubclass(kind, g._SpecialDeviceCommandOneParam):
            yield kind(0x5A & 63), dali_device.special(value, 0x5A & 63)
        elif issubclass(kind, g._SpecialDeviceCommand):
            yield kind(), dali_device.special(value)


if __name__ == "__main__":
    unittest.main()
