# The wire to the board process (see board/wire.py): requests in order, replies in order.
import json
import select
import struct
import sys

_fds = json.loads(sys.argv[1])
settings = _fds
_fds = _fds["fds"]
_wire = open(_fds["wire"], "r+b")
_out = bytearray(8)
_in = bytearray(8)
busy = False
answer = b""

PROGRAM, ERASE, UART_TX, UART_ANY, UART_LEFT, PIN_READ, ADC_READ, I2C, IDLE, RESUME = range(1, 11)
PIN_WRITE, PWM_DUTY, WDT_FEED = 0x80, 0x81, 0x82


def stream(name, number=None):
    """An inherited file descriptor as a stream that poll can wait on."""
    fds = _fds[name]
    return open(fds if number is None else fds[str(number)], "r+b")


def cast(op, a=0, v=0):
    """Tell, without waiting. Allocates nothing."""
    struct.pack_into("<BBHi", _out, 0, op, a, 0, v)
    _wire.write(_out)


def call(op, a=0, v=0, data=None):
    """Ask, wait, return the value; `answer` holds the bytes that came with it. OSError as the board says."""
    global busy, answer
    was = busy
    busy = True  # interrupts wait meanwhile: their requests must not fall between
    struct.pack_into("<BBHi", _out, 0, op, a, len(data) if data else 0, v)
    _wire.write(_out)
    if data:
        _wire.write(data)
    _wire.readinto(_in)
    v, n, error = struct.unpack("<iHH", _in)
    if n:
        answer = _wire.read(n)
    busy = was
    if error:
        raise OSError(error)
    return v


def ask(*words):
    """A rare request: JSON both ways."""
    call(0, 0, 0, json.dumps(words).encode())
    return json.loads(answer)


# Interrupts: a thread that only reads and schedules; handlers run in the main thread, between bytecodes.

handlers = {}
_started = False


def _listen(events, schedule):
    buf = bytearray(4)
    while True:
        if events.readinto(buf) != 4:
            return
        while True:
            try:
                schedule(_dispatch, buf[0] | buf[1] << 8 | buf[2] << 16 | buf[3] << 24)
                break
            except RuntimeError:  # the queue is full: the program is slow
                select.poll().poll(1)


def _dispatch(word):
    if busy:
        _schedule(_dispatch, word)
        return
    handler = handlers.get(word & 0xFFFF)
    if handler:
        handler(word >> 16)


def on_event(kind, number, handler):
    """Call `handler(value)` for the board's events of this kind and number (None: no more)."""
    global _started, _schedule
    handlers[kind | number << 8] = handler
    if not _started and handler:
        import _thread
        from micropython import schedule

        _started = True
        _schedule = schedule
        _wake_often()
        _thread.start_new_thread(_listen, (stream("events"), schedule))


def _wake_often():
    """A sleeping poll does not see the scheduler on this interpreter: let asyncio look every 5 ms."""
    from asyncio import core

    wait = core.IOQueue.wait_io_event

    def often(self, dt):
        wait(self, 5 if dt < 0 or dt > 5 else dt)

    core.IOQueue.wait_io_event = often
