# The receiver: takes framed, checksummed messages on the console and writes files. Pasted by deploy/paste.py.
#
# To the board:   A5, then in hex: kind, sequence, length (2, low byte first), size (2), CRC-32 of these six; then, if
#                 length is not 0, so many bytes of payload and their CRC-32 in hex. Each 32 bytes of the payload are
#                 acknowledged once read. A payload holds no 03: `10 23` stands for it, `10 30` for 10.
#                 03 (Ctrl-C) at any time: start over, whatever you wait for. Five of them without a message: the end.
# From the board: 80..BF  so many 32-byte pieces of this payload were read (modulo 64; the last may be shorter)
#                 C5      the whole message is here and sound, and the work on it begins
#                 lines   `!<sequence, 2 hex><mark><text>*<CRC-32 of all before the star, 8 hex>`, mark
#                         "+" one row, "~" still busy, "=" done, "-" failed, "?" I lost the thread: say it again
# Messages:       T  hash of a slot's tree ("a"); with "+<hash>" a row for each file unless it is that hash
#                 S  a stream begins (window bits)      B  a block of it: deflated, `size` bytes of records and contents
#                 M  make the manifest of a slot from what its files hold, if that gives the one of this SHA-256
#                 R  reset
#
# It starts with a row of facts (on_board/probe.py has run before) and "=<room>", sequence 255: what a block may
# unpack to.
# A read of the console blocks until all of a piece came: Ctrl-C ends that, or the watchdog gives the pole back to its
# program. Nothing is sent to the board while it writes: the host waits for "=".
import binascii
import deflate
import gc
import hashlib
import io
import os
import select
import struct
import sys
import time

import machine
import vfs

PIECE = 32
ROOM = 4096  # bytes that one block unpacks to, at most
LARGEST = 2 * ROOM + 108  # bytes of one payload: a block that does not compress, each byte of it an escape
SILENCE_MS = 15000  # a host that says nothing for so long is gone
PAUSE_MS = 1000  # the longest in the middle of a message
BREAKS = 4
PROGRAM = {"esp32": 32, "rp2": 256}  # program size that the port mounts littlefs with (its _boot.py)

stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
poll = select.poll()
poll.register(sys.stdin, select.POLLIN)
crc32 = binascii.crc32
head = memoryview(bytearray(21))
wire = memoryview(bytearray(LARGEST))
room = memoryview(bytearray(ROOM))
spare = memoryview(bytearray(1024))
ack = bytearray(1)
payload = io.BytesIO(bytes(ROOM + 256))
# A watchdog that the interrupted program armed cannot be stopped: take it over. An RP2040 counts to 8388 ms.
try:
    watchdog = machine.WDT(timeout=8000)
except (AttributeError, ValueError, OSError):
    watchdog = None


class Lost(Exception):
    pass


class State:
    sequence = 255  # of the message that was answered last
    answer = "=%d" % ROOM
    told = 0  # ticks of the last line
    breaks = 0  # Ctrl-C since the last message
    kept = 0  # bytes at the start of `payload` that the inflater has not read yet
    inflater = None
    file = None
    left = 0  # bytes of that file still to come


class Flash:
    # The port's flash, without the 45 ms of an erase where a block is blank already, as on a board from the box.
    def __init__(self, device):
        self.device = device
        self.readblocks, self.writeblocks = device.readblocks, device.writeblocks
        self.piece, self.blank = bytearray(512), b"\xff" * 512

    def ioctl(self, op, block):
        if op == 6 and all(self.reads_blank(block, at) for at in range(0, 4096, 512)):
            return 0
        return self.device.ioctl(op, block)

    def reads_blank(self, block, at):
        self.device.readblocks(block, self.piece, at)
        return self.piece == self.blank


def remount():
    # The same file system on that flash; as it was where anything about it is unusual.
    try:
        if sys.platform == "rp2":
            from rp2 import Flash as found

            device = found()
        else:
            from flashbdev import bdev as device
        if device.ioctl(5, 0) != 4096:
            return
        system = vfs.VfsLfs2(Flash(device), progsize=PROGRAM[sys.platform])
        if system.statvfs("/") == os.statvfs("/"):
            vfs.umount("/")
            vfs.mount(system, "/")
    except (ImportError, AttributeError, KeyError, TypeError, OSError):
        pass


def feed():
    if watchdog:
        watchdog.feed()


def say(answer):
    State.told = time.ticks_ms()
    line = "!%02x%s" % (State.sequence, answer)
    stdout.write("\n%s*%08x\n" % (line, crc32(line)))


def work():
    # Said often during long work: the host and the watchdog hear of it.
    feed()
    if time.ticks_diff(time.ticks_ms(), State.told) > 500:
        say("~")


def wait(ms):
    # True when a byte is there; in short turns, so that the watchdog is fed.
    while ms > 0:
        feed()
        for _ in poll.ipoll(100):
            return True
        ms -= 100
    return False


def settle():
    # After a broken frame: read until the line is quiet.
    for _ in range(4000):
        for _ in poll.ipoll(60):
            stdin.readinto(spare[:1])
            break
        else:
            return


def header():
    # (kind, sequence, length, size) of the next message; None when the host is gone.
    if not wait(SILENCE_MS):
        return None
    stdin.readinto(head[:1])
    if head[0] != 0xA5:
        raise Lost
    stdin.readinto(head[1:])
    try:
        fields = binascii.unhexlify(head[1:])
    except ValueError:
        raise Lost
    kind, sequence, length, size, crc = struct.unpack("<BBHHI", fields)
    if crc32(fields[:6]) != crc or length > LARGEST or size > ROOM:
        raise Lost
    return chr(kind), sequence, length, size


def fetch(length):
    # The payload as it was meant.
    done = 0
    while done < length:
        if not wait(PAUSE_MS):
            raise Lost
        part = min(PIECE, length - done)
        stdin.readinto(wire[done : done + part])
        done += part
        ack[0] = 0x80 | (done + PIECE - 1) // PIECE & 63
        stdout.write(ack)
    stdin.readinto(head[:8])
    if head[:8] != b"%08x" % crc32(wire[:length]):
        raise Lost
    return bytes(wire[:length]).replace(b"\x10\x23", b"\x03").replace(b"\x10\x30", b"\x10")


def digest(path):
    sha = hashlib.sha256()
    with open(path, "rb") as file:
        while True:
            work()
            n = file.readinto(room)
            if not n:
                return sha.digest()
            sha.update(room[:n])


def walk(folder):
    found = []
    for entry in os.ilistdir(folder):
        path = folder + "/" + entry[0]
        found += walk(path) if entry[1] & 0x4000 else [path]
    return sorted(found)


def files(slot):
    try:
        return walk("/" + slot)
    except OSError:
        return []


def tree(slot, known):
    # Hash of a slot: over path, zero byte and SHA-256 of each file in the order of their paths.
    whole, rows = hashlib.sha256(), []
    for path in files(slot):
        sha = digest(path)
        whole.update(path[3:] + "\0")
        whole.update(sha)
        rows.append("+%s %d %s" % (path[3:], os.stat(path)[6], binascii.hexlify(sha[:8]).decode()))
    found = binascii.hexlify(whole.digest())
    if known and known[1:] != found:
        for row in rows:
            say(row)
    return "%d %s" % (len(rows), found.decode())


def seal(slot, want, head):
    # The manifest, made of what the flash holds now; written only when it is the one that was meant.
    path, lines, whole = "/%s/manifest" % slot, [head + "\n"], hashlib.sha256()
    for name in files(slot):
        if name != path:
            lines.append("%s %d %s\n" % (binascii.hexlify(digest(name)).decode(), os.stat(name)[6], name[3:]))
    for line in lines:
        whole.update(line)
    if whole.digest() != want:
        return "differs"
    with open(path, "wb") as file:
        for line in lines:
            file.write(line)
    return "sealed" if digest(path) == want else "differs"


def copy(source, path):
    with open(source, "rb") as old, open(path, "wb") as new:
        while True:
            work()
            n = old.readinto(spare)
            if not n:
                return
            new.write(spare[:n])


def unless(number, act, path):
    # Do it; that it was so already (ENOENT for a removal, EEXIST for a folder) is well.
    try:
        act(path)
    except OSError as error:
        if error.errno != number:
            raise


def record(words):
    act, path = words[0], words[1]
    if act == "f":
        State.file = open(path, "wb")
        State.left = int(words[2])
        if not State.left:
            State.file.close()
    elif act == "c":
        copy(words[2], path)
    elif act == "m":
        os.rename(path, words[2])
    elif act == "x":
        unless(2, os.remove, path)
    elif act == "d":
        unless(17, os.mkdir, path)
    else:
        raise ValueError(act)


def carry_out(n):
    # The first `n` bytes of the room: records, a line each, and the contents of files.
    at = 0
    while at < n:
        work()
        if State.left:
            part = room[at : min(n, at + State.left)]
            State.file.write(part)
            State.left -= len(part)
            at += len(part)
            if not State.left:
                State.file.close()
        else:
            end = at
            while room[end] != 10:
                end += 1
            record(str(room[at:end], "utf-8").split(" "))
            at = end + 1


def block(data, size):
    # The inflater stops in front of the flush that ends the block: these few bytes stay for the next one.
    payload.seek(State.kept)
    payload.write(data)
    payload.seek(0)
    n = 0
    while n < size:
        got = State.inflater.readinto(room[n:size])
        if not got:
            raise ValueError("short block")
        n += got
    rest = payload.read(State.kept + len(data) - payload.tell())
    payload.seek(0)
    payload.write(rest)
    State.kept = len(rest)
    carry_out(size)
    return ""


def handle(kind, data, size):
    if kind == "B":
        return block(data, size)
    if kind == "T":
        return tree(data[:1].decode(), data[1:])
    if kind == "M":
        return seal(data[:1].decode(), data[1:33], data[33:].decode())
    if kind == "S":
        State.kept = State.left = 0
        State.inflater = None
        gc.collect()
        State.inflater = deflate.DeflateIO(payload, deflate.RAW, int(data))
    return str(gc.mem_free())


def listen():
    # The next whole message: (kind, sequence, data, size).
    while True:
        try:
            message = header()
            if message:
                kind, sequence, length, size = message
                data = fetch(length) if length else b""
                stdout.write(b"\xc5")
                State.breaks = 0
                return kind, sequence, data, size
            machine.reset()
        except Lost:
            pass
        except KeyboardInterrupt:
            State.breaks += 1
            if State.breaks > BREAKS:
                raise
        settle()
        say("?")


def serve():
    while True:
        kind, sequence, data, size = listen()
        if sequence != State.sequence:  # else the host did not hear the answer
            State.sequence = sequence
            try:
                State.answer = "=" + handle(kind, data, size)
            except Exception as error:
                State.answer = "-%s %s" % (type(error).__name__, error)
        say(State.answer)
        if kind == "R":
            time.sleep_ms(100)
            machine.reset()


remount()
say("+" + facts)  # noqa: F821 - the probe made them
say(State.answer)
serve()
