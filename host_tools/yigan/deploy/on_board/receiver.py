# The receiver: takes framed, checksummed messages on the console and writes files. Pasted by deploy/paste.py.
#
# To the board:   A5, kind, sequence, length (2, low byte first), size (2), CRC-32 of these seven; then, if length is
#                 not 0, the payload and its CRC-32. Each 32 bytes of the payload are acknowledged once read.
# From the board: 80..BF  so many 32-byte pieces of this payload were read (modulo 64; the last may be shorter)
#                 lines   `!<sequence, 2 hex><mark><text>*<CRC-32 of all before the star, 8 hex>`, mark
#                         "+" one row, "~" still busy, "=" done, "-" failed, "?" I lost the thread: say it again
# Messages:       T  hash of a slot's tree ("a"), with "+" a row for each file      S  a stream begins (window bits)
#                 B  a block of it: deflated, `size` bytes of records and contents  R  reset       Q  end, to the REPL
# The console reads with a blocking readinto, so a piece cut in the middle hangs until the host fills it up with
# zeros, or until the watchdog gives the pole back to its program. Nothing is sent to the board while it writes:
# the host waits for "=".
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
import micropython

PIECE = 32
LARGEST = 4608  # bytes of one payload: a block that does not compress, and its frame
ROOM = 4096  # bytes that one block unpacks to, at most
SILENCE_MS = 15000  # a host that says nothing for so long is gone

stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
poll = select.poll()
poll.register(sys.stdin, select.POLLIN)
crc32 = binascii.crc32
piece = memoryview(bytearray(PIECE))
head = memoryview(bytearray(11))
room = memoryview(bytearray(ROOM))
spare = memoryview(bytearray(1024))
ack = bytearray(1)
payload = io.BytesIO(bytes(LARGEST + 256))
# A watchdog that the interrupted program armed cannot be stopped: take it over. An RP2040 counts to 8388 ms.
try:
    watchdog = machine.WDT(timeout=8000)
except (AttributeError, ValueError, OSError):
    watchdog = None


class Lost(Exception):
    pass


class State:
    sequence = 255  # of the message that was answered last
    answer = "=ready"
    kept = 0  # bytes at the start of `payload` that the inflater has not read yet
    inflater = None
    file = None
    left = 0  # bytes of that file still to come


def feed():
    if watchdog:
        watchdog.feed()


def say(answer):
    line = "!%02x%s" % (State.sequence, answer)
    stdout.write("\n%s*%08x\n" % (line, crc32(line)))


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
            stdin.readinto(piece[:1])
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
    kind, sequence, length, size, crc = struct.unpack_from("<BBHHI", head, 1)
    if crc32(head[:7]) != crc or length > LARGEST or size > ROOM:
        raise Lost
    return chr(kind), sequence, length, size


def fetch(length):
    # The payload, into `payload` behind what is kept there.
    payload.seek(State.kept)
    crc = done = 0
    while done < length:
        if not wait(2000):
            raise Lost
        part = piece[: min(PIECE, length - done)]
        stdin.readinto(part)
        payload.write(part)
        crc = crc32(part, crc)
        done += len(part)
        ack[0] = 0x80 | (done + PIECE - 1) // PIECE & 63
        stdout.write(ack)
    stdin.readinto(head[:4])
    if struct.unpack_from("<I", head)[0] != crc:
        raise Lost
    payload.seek(State.kept)


def digest(path):
    sha = hashlib.sha256()
    with open(path, "rb") as file:
        while True:
            feed()
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


def tree(slot, rows):
    # Hash of a slot: over path, zero byte and SHA-256 of each file in the order of their paths.
    whole = hashlib.sha256()
    try:
        paths = walk("/" + slot)
    except OSError:
        paths = []
    for path in paths:
        sha = digest(path)
        whole.update(path[3:] + "\0")
        whole.update(sha)
        if rows:
            say("+%s %d %s" % (path[3:], os.stat(path)[6], binascii.hexlify(sha[:8]).decode()))
    return "%d %s" % (len(paths), binascii.hexlify(whole.digest()).decode())


def copy(source, path):
    with open(source, "rb") as old, open(path, "wb") as new:
        while True:
            feed()
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
        say("~" + path)
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
        feed()
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


def block(length, size):
    # The inflater stops in front of the flush that ends the block: these few bytes stay for the next one.
    payload.seek(0)
    n = 0
    while n < size:
        got = State.inflater.readinto(room[n:size])
        if not got:
            raise ValueError("short block")
        n += got
    rest = payload.read(State.kept + length - payload.tell())
    payload.seek(0)
    payload.write(rest)
    State.kept = len(rest)
    carry_out(size)
    return ""


def handle(kind, length, size):
    if kind == "B":
        return block(length, size)
    text = payload.read(length).decode() if length else ""
    if kind == "T":
        return tree(text[0], text[1:])
    if kind == "S":
        State.kept = State.left = 0
        State.inflater = None
        gc.collect()
        State.inflater = deflate.DeflateIO(payload, deflate.RAW, int(text))
    return str(gc.mem_free())


def listen():
    # The next whole message.
    while True:
        try:
            message = header()
            if message and message[2]:
                fetch(message[2])
            return message
        except Lost:
            settle()
            say("?")


def serve():
    while True:
        message = listen()
        if message is None:
            machine.reset()
        kind, sequence, length, size = message
        if kind == "Q":
            return
        if sequence != State.sequence:  # else the host did not hear the answer
            State.sequence = sequence
            try:
                State.answer = "=" + handle(kind, length, size)
            except Exception as error:
                State.answer = "-%s %s" % (type(error).__name__, error)
        say(State.answer)
        if kind == "R":
            time.sleep_ms(100)
            machine.reset()


micropython.kbd_intr(-1)
try:
    say(State.answer)
    serve()
finally:
    micropython.kbd_intr(3)
