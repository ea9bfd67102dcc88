# machine.UART over a socket whose descriptor poll can wait on, so that waiting costs nothing.
import io
import select

import _hub
from _pin import Pin

_facts = {}
_rx = {}  # number -> inherited stream
_POLL = 3  # MP_STREAM_POLL
_CLOSE = 4
_FILENO = 10


class UART(io.IOBase):
    INV_TX = 1
    INV_RX = 2
    RTS = 1
    CTS = 2
    IRQ_RX = 1
    IRQ_RXIDLE = 4096
    IRQ_BREAK = 2

    def __init__(self, id, baudrate=115200, bits=8, parity=None, stop=1, **kw):
        if id not in _facts["uarts"]:
            raise ValueError("UART(%d) does not exist" % id)
        self._id = id
        if id not in _rx:
            _rx[id] = _hub.stream("rx", id)
        self._in = _rx[id]
        self._one = bytearray(1)
        self._poll = select.poll()
        self._poll.register(self._in, select.POLLIN)
        self._set = {"baud": 115200, "bits": 8, "parity": "N", "stop": 1}
        self._rxbuf = 256
        self._timeout = self._timeout_char = 0
        self.init(baudrate, bits, parity, stop, **kw)

    def init(self, baudrate=None, bits=None, parity=-1, stop=None, *, tx=None, rx=None, rts=-1, cts=-1, txbuf=256,
             rxbuf=None, timeout=None, timeout_char=None, invert=0, flow=0):
        set = self._set
        if baudrate is not None:
            if not 0 < baudrate <= 5000000:
                raise ValueError("invalid baudrate")
            set["baud"] = baudrate
        if bits is not None:
            if not 5 <= bits <= 8:
                raise ValueError("invalid data bits")
            set["bits"] = bits
        if parity != -1:
            set["parity"] = "N" if parity is None else "O" if parity & 1 else "E"
        if stop is not None:
            if stop not in (1, 2):
                raise ValueError("invalid stop bits")
            set["stop"] = stop
        if rxbuf is not None:
            if rxbuf < 32 or (_facts["port"] == "esp32" and rxbuf <= 128):
                rxbuf = 129 if _facts["port"] == "esp32" else 32
            self._rxbuf = rxbuf
        if timeout is not None:
            self._timeout = timeout
        if timeout_char is not None:
            self._timeout_char = timeout_char
        self._check(tx, "tx")
        self._check(rx, "rx")
        _hub.ask("uart", self._id, set, self._rxbuf)

    def _check(self, pin, role):
        if pin is None or pin == -1:
            return
        number = Pin(pin)._n
        if role == "tx" and number not in _facts["out"]:
            raise ValueError("pin can only be input")
        if _facts["functions"] and number not in _facts["functions"].get("uart%d.%s" % (self._id, role), ()):
            raise ValueError("bad %s pin" % role.upper())

    def deinit(self):
        _hub.ask("uart", self._id, None)

    def any(self):
        return _hub.call(_hub.UART_ANY, self._id)

    def readinto(self, buf, n=None):
        # Without a timeout this allocates nothing, as on a port.
        if n is not None and n < len(buf):
            buf = memoryview(buf)[:n]
        got = self._in.readinto(buf)
        if not self._timeout and not self._timeout_char:
            return got
        got = got or 0
        wait = self._timeout_char if got else self._timeout
        view = memoryview(buf)
        while got < len(buf) and self._poll.poll(wait):
            got += self._in.readinto(view[got:]) or 0
            wait = self._timeout_char
        return got or None

    def read(self, n=-1):
        if n < 0:
            n = max(self.any(), 1)
        buf = bytearray(n)
        got = self.readinto(buf)
        return bytes(memoryview(buf)[:got]) if got else None

    def readline(self, n=-1):
        line = b""
        while n < 0 or len(line) < n:
            if not self.readinto(self._one):
                break
            line += self._one
            if line[-1] == 10:
                break
        return line or None

    def write(self, buf):
        for at in range(0, len(buf), 4096):
            _hub.call(_hub.UART_TX, self._id, 0, memoryview(buf)[at : at + 4096])
        return len(buf)

    def txdone(self):
        left = _hub.call(_hub.UART_LEFT, self._id)
        if left and _hub._virtual:  # who asks until it is done lets that time pass
            _hub._virtual.sleep_ms(1)
            left = _hub.call(_hub.UART_LEFT, self._id)
        return left == 0

    def flush(self):
        from time import sleep_us

        sleep_us(_hub.call(_hub.UART_LEFT, self._id))

    def sendbreak(self):
        pass

    def irq(self, handler=None, trigger=0, hard=False):
        wanted = bool(handler and trigger & self.IRQ_RXIDLE)
        _hub.on_event(3, self._id, (lambda value: handler(self)) if wanted else None)
        _hub.ask("uart_irq", self._id, wanted)
        return self

    def ioctl(self, request, arg):
        if request == _FILENO:
            return self._in.fileno()
        if request == _POLL:
            return arg & (4 | (1 if self.any() else 0))
        return 0

    def __repr__(self):
        return "UART(%d, baudrate=%d)" % (self._id, self._set["baud"])


def setup(facts, leave):
    _facts.update(facts)
    if facts["port"] == "rp2":
        UART.IRQ_RXIDLE, UART.IRQ_BREAK = 64, 512
        leave(UART, "IRQ_RX")
        UART.IRQ_TXIDLE = 32
    else:
        UART.INV_TX, UART.INV_RX, UART.INV_RTS, UART.INV_CTS = 32, 4, 64, 8
