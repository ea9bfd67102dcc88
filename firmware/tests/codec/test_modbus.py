import random
import unittest

from pole.codec import modbus

# Requests of functions 1 to 6 printed in protocols and manuals: (frame, address, function, start, count or value)
REQUESTS = (
    ("01 03 00 01 00 01 D5 CA", 1, 3, 0x0001, 1),  # SEN0676: empty height
    ("01 04 00 00 00 02 71 CB", 1, 4, 0x0000, 2),  # SenseCAP ONE: temperature
    ("01 06 60 02 00 05 F6 09", 1, 6, 0x6002, 5),  # SEN0657: rain reset
    ("01 04 00 01 00 01 60 0A", 1, 4, 0x0001, 1),  # XY-MD02: temperature
    ("01 03 26 00 00 04 4F 41", 1, 3, 0x2600, 4),  # PHG-2091: temperature and pH
    ("01 03 00 00 00 01 84 0A", 1, 3, 0x0000, 1),  # wind speed
    ("02 03 00 00 00 01 84 39", 2, 3, 0x0000, 1),  # the same at address 2
    ("50 03 00 34 00 01 C8 45", 0x50, 3, 0x0034, 1),  # SEN0492: distance
    ("01 06 07 D0 00 02 08 86", 1, 6, 0x07D0, 2),  # noise sensor: address
    ("FF 05 00 00 FF 00 99 E4", 0xFF, 5, 0, 0xFF00),  # relay board: relay 1 on
    ("FF 02 00 00 00 08 6C 12", 0xFF, 2, 0, 8),  # relay board: inputs
)
# (request, reply, the reply's data as hex)
EXCHANGES = (
    ("01 04 00 00 00 02 71 CB", "01 04 04 00 00 6E 8C D6 41", "00006e8c"),  # 28.300 degrees
    ("01 04 00 01 00 01 60 0A", "01 04 02 01 31 79 74", "0131"),  # 30.5 degrees
    ("01 03 26 00 00 04 4F 41", "01 03 08 00 00 C8 41 B8 1E 21 41 25 56", "0000c841b81e2141"),
    ("02 03 00 00 00 01 84 39", "02 03 02 00 25 3D 9F", "0025"),  # 3.7 m/s
    ("50 03 00 34 00 01 C8 45", "50 03 02 07 0B 06 7F", "070b"),  # 1803 mm
    ("01 03 00 00 00 01 84 0A", "01 03 02 02 60 B9 0C", "0260"),  # 60.8 dB
    ("FF 02 00 00 00 08 6C 12", "FF 02 01 01 51 A0", "01"),
    ("01 10 00 00 00 04 08 00 FF 00 80 00 40 00 00 B9 7F", "01 10 00 00 00 04 C1 CA", None),
    ("01 06 00 00 00 80 88 6A", "01 06 00 00 00 80 88 6A", None),
)


def octets(text):
    return bytes.fromhex(text.replace(" ", ""))


def split(text):
    """Address and PDU of a whole RTU frame."""
    frame = octets(text)
    return frame[0], frame[1:-2]


class Build(unittest.TestCase):
    def test_published_requests(self):
        frame = bytearray(16)
        pdu = bytearray(8)
        for text, address, function, start, count in REQUESTS:
            n = modbus.put_read(pdu, function, start, count)
            frame[0] = address
            frame[1 : 1 + n] = pdu[:n]
            end = modbus.seal(frame, 1 + n)
            self.assertEqual(bytes(frame[:end]), octets(text))

    def test_write_registers(self):
        frame = bytearray(32)
        pdu = bytearray(32)
        n = modbus.put_write_registers(pdu, 0, (255, 128, 64, 0))
        frame[0] = 1
        frame[1 : 1 + n] = pdu[:n]
        end = modbus.seal(frame, 1 + n)
        self.assertEqual(bytes(frame[:end]), octets(EXCHANGES[7][0]))

    def test_write_coil(self):
        pdu = bytearray(5)
        modbus.put_write_coil(pdu, 0x00AC, True)  # V1.1b3, 6.5
        self.assertEqual(bytes(pdu), octets("05 00 AC FF 00"))
        modbus.put_write_coil(pdu, 0x00AC, False)
        self.assertEqual(bytes(pdu), octets("05 00 AC 00 00"))


class ReplyLength(unittest.TestCase):
    def test_published_exchanges(self):
        for request, reply, _ in EXCHANGES:
            pdu = split(request)[1]
            self.assertEqual(modbus.reply_length(pdu, len(pdu)), len(split(reply)[1]))

    def test_bits_round_up(self):
        self.assertEqual(
            modbus.reply_length(octets("01 00 13 00 13"), 5), 5
        )  # V1.1b3, 6.1: 19 coils, 3 bytes

    def test_mask_write_echoes(self):
        self.assertEqual(modbus.reply_length(octets("16 00 04 00 F2 00 25"), 7), 7)

    def test_only_silence_tells(self):
        self.assertEqual(modbus.reply_length(octets("2B 0E 01 00"), 4), 0)


class FindReply(unittest.TestCase):
    def find(self, data, request, extra=0):
        address, pdu = split(request)
        return modbus.find_reply(data, len(data) - extra, address, pdu, modbus.reply_length(pdu, len(pdu)))

    def test_published_exchanges(self):
        for request, reply, data in EXCHANGES:
            frame = octets(reply)
            self.assertEqual(self.find(frame, request), 0)
            if data:
                self.assertEqual(frame[3 : 3 + frame[2]], octets(data))

    def test_not_yet_whole(self):
        for request, reply, _ in EXCHANGES:
            for missing in range(1, len(octets(reply))):
                self.assertEqual(self.find(octets(reply), request, missing), -1)

    def test_behind_a_glitch(self):
        for request, reply, _ in EXCHANGES:
            self.assertEqual(self.find(b"\x00" + octets(reply) + b"\xff", request), 1)

    def test_behind_another_slaves_late_reply(self):
        late = octets("02 03 02 00 25 3D 9F")
        self.assertEqual(self.find(late, "01 03 00 00 00 01 84 0A"), -1)
        self.assertEqual(
            self.find(late + octets("01 03 02 02 60 B9 0C"), "01 03 00 00 00 01 84 0A"), len(late)
        )

    def test_wrong_length_is_no_answer(self):
        self.assertEqual(self.find(octets("01 03 02 02 60 B9 0C"), "01 03 26 00 00 04 4F 41"), -1)

    def test_echoed_address_must_agree(self):
        self.assertEqual(self.find(octets("01 06 60 02 00 05 F6 09"), "01 06 07 D0 00 05 49 44"), -1)

    def test_exception(self):
        frame = bytearray(octets("01 83 02 00 00"))
        modbus.seal(frame, 3)
        self.assertEqual(self.find(bytes(frame), "01 03 00 00 00 01 84 0A"), 0)

    def test_unknown_length_reaches_to_the_end(self):
        frame = bytearray(octets("01 2B 0E 01 01 00 00 01 00 02 61 62 00 00"))
        end = modbus.seal(frame, 12)
        self.assertEqual(modbus.find_reply(frame, end, 1, octets("2B 0E 01 00"), 0), 0)
        self.assertEqual(modbus.find_reply(frame, end - 1, 1, octets("2B 0E 01 00"), 0), -1)

    def test_any_flipped_bit_is_seen(self):
        request, reply, _ = EXCHANGES[2]
        whole = octets(reply)
        for bit in range(8 * len(whole)):
            frame = bytearray(whole)
            frame[bit >> 3] ^= 1 << (bit & 7)
            self.assertEqual(self.find(frame, request), -1)

    def test_noise_is_never_a_reply(self):
        random.seed(3)
        for _ in range(300):
            noise = bytearray(random.getrandbits(8) for _ in range(random.getrandbits(6)))
            for request, _, _ in EXCHANGES[:3]:
                at = self.find(noise, request)
                if at >= 0:  # one in 65536 may be: then it must be a real frame
                    end = modbus.reply_end(noise, at, len(noise), modbus.reply_length(split(request)[1], 5))
                    self.assertTrue(modbus.sealed(noise, at, end))


if __name__ == "__main__":
    unittest.main()
