"""What fuzz.py begins with: good frames of every codec, and how their checksums are mended."""

import binascii
import struct

from pole.codec import crc, mqtt5, record

# Good frames


def sum16(data):
    total = sum(data) & 0xFFFF
    return bytes(data) + bytes((total >> 8, total & 255))


def kept(number, class_=record.TELEMETRY):
    buf = bytearray(40)
    n = record.pack(buf, 0, class_, record.SAMPLE, number, 217497600, struct.pack("<HBi", 102, 1, 80))
    return bytes(buf[:n])


def sentence(text):
    total = 0
    for byte in text:
        total ^= byte
    return b"$%s*%02X\r\n" % (text, total)


NMEA = [
    sentence(b"GNRMC,080000.00,A,3113.9999,N,12128.4221,E,0.05,77.5,221126,,,A"),
    sentence(b"GNGGA,080000.00,3113.9999,N,12128.4221,E,1,12,0.8,14.2,M,9.1,M,,"),
    sentence(b"GBGSV,2,1,05,01,40,083,41,02,17,308,43,12,07,344,39,14,22,228,45"),
    sentence(b"GNGSA,A,3,05,07,13,14,15,17,19,23,24,30,,,1.9,1.1,1.5,1"),
    sentence(b"GNZDA,080000.00,22,11,2026,00,00"),
    sentence(b"GNVTG,77.5,T,,M,0.05,N,0.1,K,A"),
]
METRICS = [
    bytes.fromhex("08EAF2F5A8A02B121D0A0B54656D7065726174757265100118EAF2F5A8A02B2009650000AC411800"),
    bytes.fromhex("08EAF2F5A8A02B12120A05626453657118EAF2F5A8A02B20085800"),
    b"\x12\x17\x0a\x14Node Control/Rebirth\x70\x01",
    b"\x12\x0b\x10\x64\x69\x00\x00\x00\x00\x00\x40\x45\x40\x12\x07\x10\x66\x65\x00\x00\x28\x42\x12\x04\x10\x6a\x70\x01",
]


def publish(topic, data, head=0x30):
    body = bytes((0, len(topic))) + topic + (b"\x00\x07" if head & 6 else b"") + data
    return bytes((head,)) + mqtt5.length(len(body)) + body


BROKER = [b"\x20\x02\x00\x00", b"\x40\x02\x00\x01", b"\x62\x02\x00\x09", b"\xd0\x00", b"\x90\x03\xff\xff\x01"]
BROKER += [publish(b"t/set", b'{"id":1,"value":5}', 0x30 | qos << 1) for qos in (0, 1, 2)]
BROKER5 = [b"\x20\x03\x00\x00\x00", b"\x20\x08\x00\x00\x05\x22\x00\x05\x24\x01", b"\x40\x04\x00\x01\x10\x00", b"\xe0\x02\x8e\x00",
           publish(b"t/set", b'\x09\x08\x00\x01r\x02\x00\x00\x00\x3c{"id":1}', 0x32), b"\x90\x04\xff\xff\x00\x01"]  # fmt: skip
COMMANDS = [
    b'{"id":"c1","value":42.5,"expires":"2026-11-22T16:05:00+08:00"}',
    b'{"id":7,"value":true,"expires":60}',
]
MAPS = [
    bytes.fromhex("a2626964626331" + "6576616c7565c48221196ab3"),
    bytes.fromhex("a36269640765" + "76616c7565fb4045400000000000" + "67657870697265731903e8"),
]
LINE = [b'#y0 {"n":7,"do":"set","p":"lamp.level","v":"50"}*0000\n', b"hello\r\n"]
PMS = [sum16(b"\x42\x4d\x00\x1c" + bytes(range(26)))]
SDS = [bytes((0xAA, 0xC0, 0xD4, 4, 0x3A, 0x0A, 0xA1, 0x60, 0x1D, 0xAB))]
WINSEN = [bytes((0xFF, 0x19, 3, 0, 0, 0x13, 0x27, 0x10, 0x8A))]
MBAP = [
    bytes.fromhex(words)
    for words in (
        "0001 0000 0006 01 04 00c8 0002",
        "0002 0000 000b 01 10 00c8 0002 04 00000064",
        "0003 0000 0005 01 2b 0e 01 00",
        "0004 0000 000f 01 17 00c8 0002 00c8 0002 04 00000064",
        "0005 0000 0006 01 05 006a ff00",
        "0006 0000 0008 01 0f 0060 0008 01 ff",
    )
]
RTU = [b"\x07\x03\x04\x00\x01\x00\x02", b"\x07\x83\x02"]
DLT = [bytes.fromhex("FEFEFEFE68AAAAAAAAAAAA689108333334333343546500") + b"\x16"]
WS = [
    b"\x82\x05hello",
    b"\x89\x02hi",
    b"\x82\x7e\x00\x90" + bytes(144),
    b"\x88\x02\x03\xe8",
    b"\x02\x01a\x80\x01b",
]


# Checksums mended


def mend_crc(frame):
    check = crc.modbus(frame[:-2])
    frame[-2], frame[-1] = check & 255, check >> 8


def mend_sum16(frame):
    total = sum(frame[:-2]) & 0xFFFF
    frame[-2], frame[-1] = total >> 8, total & 255


def mend_sum(start, end):
    def mend(frame):
        frame[end] = sum(frame[start:end]) & 255

    return mend


def mend_winsen(frame):
    frame[-1] = -sum(frame[1:-1]) & 255


def mend_bl0942(frame):
    frame[-1] = ~(0x58 + sum(frame[:-1])) & 255


def mend_dlt(frame):
    at = frame.find(0x68)
    if 0 <= at < len(frame) - 2:
        frame[-2], frame[-1] = sum(frame[at:-2]) & 255, 0x16


def mend_xor(frame):
    frame[-1] = frame[-5] ^ frame[-4] ^ frame[-3] ^ frame[-2]


def mend_nmea(frame):
    star, total = frame.rfind(b"*"), 0
    if frame[:1] == b"$" and 0 < star < len(frame) - 4:
        for byte in frame[1:star]:
            total ^= byte
        frame[star + 1 : star + 3] = b"%02X" % total


def mend_line(frame):
    star = frame.rfind(b"*")
    if frame[:4] == b"#y0 " and 4 < star < len(frame) - 5:
        frame[star + 1 : star + 5] = b"%04x" % crc.modbus(frame[4:star])


def mend_record(frame):
    check = binascii.crc32(bytes(frame[:-2]))
    frame[-2], frame[-1] = check & 255, check >> 8 & 255


def mend_keep(frame):
    star = frame.rfind(b" *")
    if 0 < star < len(frame) - 6:
        frame[star + 2 : star + 6] = b"%04x" % crc.modbus(frame[:star])
