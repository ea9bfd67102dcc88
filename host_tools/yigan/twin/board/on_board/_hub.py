# The wire to the board process (see board/wire.py): requests in order, replies in order.
import json
import select
import struct
import sys

_fds = json.loads(sys.argv[1])
settings = _fds
_fds = _fds["fds"]
_wire = open(_fds["wire"], "r+b")
_HEAD = 10
_ROOM = 256
_out = bytearray(_HEAD + _ROOM)
_in = bytearray(8)
_number = 0
busy = False
answer = b""
_torn = False  # a reply was begun and not read to its end

PROGRAM, ERASE, UART_TX, UART_ANY, UART_LEFT, PIN_READ, ADC_READ, I2C, IDLE, RESUME, RAW, MEND = range(1, 13)
_MARK = b"\xfe\xed\xfa\xce\xca\xfe\xbe"
_DISTURBED = 0x8000
_SLOW = (PROGRAM, ERASE, UART_TX)  # board time passes in them
_virtual = None  # the module, when time is virtual
PIN_WRITE, PWM_DUTY, WDT_FEED, PASSED = 0x80, 0x81, 0x82, 0x83


def stream(name, number=None):
    """An inherited file descriptor as a stream that poll can wait on."""
    fds = _fds[name]
    return open(fds if number is None else fds[str(number)], "r+b")


def cast(op, a=0, v=0):
    """Tell, without waiting. Allocates nothing."""
    if _virtual:
        _virtual.tell()
        _virtual.disturbed()  # perhaps: it is not told
    put(op, a, v)


def put(op, a, v):
    """`cast`, whatever the time is."""
    struct.pack_into("<BBBBHi", _out, 0, op, a, 0, 0, 0, v)
    _wire.write(_out, _HEAD)


# Ctrl-C is a signal here and cuts in anywhere, also in a straight line: a request is one write, so that it goes
# whole or not at all, and a reply that was cut short is mended before the next request.


def ask_only(op, a=0, v=0, data=None):
    """Ask, and leave the reply to `hear`; the request's number."""
    global _number
    if _torn:
        _mend()
    if _virtual:
        _virtual.tell()
    n = len(data) if data else 0
    _number = number = _number + 1 & 255
    struct.pack_into("<BBBBHi", _out, 0, op, a, number, 0, n, v)
    if n > _ROOM:
        _wire.write(bytes(memoryview(_out)[:_HEAD]) + data)
        return number
    if n:
        _out[_HEAD : _HEAD + n] = data
    _wire.write(_out, _HEAD + n)
    return number


def hear(number):
    """The value of that request's reply; `answer` holds the bytes that came with it. OSError as the board says."""
    global answer, _torn
    while True:
        _torn = True
        _wire.readinto(_in)
        v, n, error, told = struct.unpack("<iHBB", _in)
        answer = _wire.read(n & ~_DISTURBED)
        _torn = False
        if told == number:
            break
    if n & _DISTURBED:
        _virtual.disturbed()
    if error:
        raise OSError(error)
    return v


def _mend():
    """Ask for a mark, and drop what comes before it."""
    global _number, _torn
    _number = _number + 1 & 255
    struct.pack_into("<BBBBHi", _out, 0, MEND, 0, _number, 0, 0, 0)
    _wire.write(_out, _HEAD)
    mark = _MARK + bytes([_number])
    tail = b""
    while tail != mark:
        tail = (tail + _wire.read(1))[-len(mark) :]
    _torn = False


def call(op, a=0, v=0, data=None):
    """Ask and hear."""
    global busy
    was = busy
    busy = True  # interrupts wait meanwhile: their requests must not fall between
    try:
        return hear(ask_only(op, a, v, data))
    finally:
        busy = was
        if _virtual and op in _SLOW:
            _virtual.sync()


def ready(poller):
    """Wait for a reply or a stream of `poller`; True when it is a reply."""
    poller.register(_wire, select.POLLIN)
    found = poller.poll(-1)
    poller.unregister(_wire)
    return any(row[0] is _wire for row in found)


def ask(*words):
    """A rare request: JSON both ways."""
    call(0, 0, 0, json.dumps(words).encode())
    return json.loads(answer)


# Interrupts: a thread that only reads and schedules; handlers run in the main thread, between bytecodes.

handlers = {}
_started = False
_events = None


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
    global _started, _events
    handlers[kind | number << 8] = handler
    if not _started and handler:
        _started = True
        _events = stream("events")
        if _virtual:
            _virtual.listen(_events)
        else:
            _start_thread()


def take_event():
    """Read one event and serve it."""
    word = _events.read(4)
    handler = handlers.get(word[0] | word[1] << 8)
    if handler:
        handler(word[2] | word[3] << 8)


def _start_thread():
    global _schedule
    import _thread
    from micropython import schedule

    _schedule = schedule
    _wake_often()
    _thread.start_new_thread(_listen, (_events, schedule))


def _wake_often():
    """A sleeping poll does not see the scheduler on this interpreter: let asyncio look every 5 ms."""
    from asyncio import core

    wait = core.IOQueue.wait_io_event

    def often(self, dt):
        wait(self, 5 if dt < 0 or dt > 5 else dt)

    core.IOQueue.wait_io_event = often
