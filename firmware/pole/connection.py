"""An uplink's connection to a broker: made, served until it breaks, and made again, with longer and longer waits.

Who uses it has `session`, `_treat(event)` and `_pump()`, and may do something of its own in `_join()`, before each
connection, and in `close()`.
"""

import asyncio

from pole import clock
from pole.errors import PoleError
from pole.log import WARN
from pole.protocol import mqtt_session as mqtt

_TICK_MS = 100
_CONNECT_S = 20
_STABLE_MS = 10000  # a connection this old was a good one: the next failure starts from the shortest wait


class Connection:
    """`reason`: why there is no connection, or "". `options`: of the card of uplinks/mqtt.py."""

    def __init__(self, pole, options, port):
        self.pole = pole
        self.options = options
        self.port = port
        self.reason = ""
        self._stream = self._reader = None

    async def run(self, beat):
        """For ever: connect, serve, wait, again."""
        shortest, longest = self.options["retry_min_ms"], self.options["retry_max_ms"]
        step = 0
        while True:
            self._age_ms = 0
            try:
                beat()
                self._join()
                self._stream = await self._connect()
                if self._stream:
                    await self._serve(beat)
                step = 0  # it only waits for the time
            except (OSError, ValueError, MemoryError, PoleError, asyncio.TimeoutError) as error:
                step = self._failed(error, step, longest)
            finally:
                self.close()
            if self._age_ms > _STABLE_MS:
                step = 0
            step = max(min(2 * step, longest), shortest)
            rest = mqtt.wait_ms(step)
            while rest > 0:
                beat()
                await clock.sleep_ms(min(rest, 1000))
                rest -= 1000

    def _failed(self, error, step, longest):
        """Tell why; the step of the next wait."""
        text, session = (
            getattr(error, "detail", "") or getattr(error, "verify_message", "") or error,
            self.session,
        )
        if self.options["tls"]:
            from pole.codec import tls_reason

            text = tls_reason.word(str(text)) or text
        self.reason = "%s: %s" % (type(error).__name__, text)
        self.pole.log.add(WARN, "mqtt", self.reason)
        if self.options["version"] == 5 and not self._node:  # Sparkplug is 3.1.1 here
            session.leave(error, self._stream)
            if session.taken_over:  # two poles of one name would drive each other out for ever
                self._age_ms = 0
                return longest
        return step

    def close(self):
        """Release the socket."""
        self._broken = OSError("closed")
        self.session.close()
        if self._reader:
            self._reader.cancel()
            self._reader = None
        if self._stream:
            self._stream.close()
            self._stream = None

    async def _connect(self):
        """A stream to the broker, or None while the time is unknown: certificates have dates."""
        options, tls = self.options, None
        if options["tls"]:
            if options["verify"] and clock.now() is None:
                if not options["without_time"]:
                    self.pole.log.add(WARN, "mqtt", "waits for the time: certificates have dates")
                    return None
                self.pole.log.add(WARN, "mqtt", "time unknown: certificate dates are not checked")
            from pole.codec import pem  # a pole that does not encrypt has no room for it

            tls = pem.tls(options)
        way = self.pole.net.connect(options["host"], self.port, tls=tls)
        if options["path"]:
            from pole.protocol import websocket_hello

            way = websocket_hello.connect(way, options["host"], self.port, options["path"])
        return await asyncio.wait_for(way, _CONNECT_S)

    async def _serve(self, beat):
        """Let time pass for the session until the connection breaks."""
        session, last = self.session, clock.ticks_ms()
        self._broken = None  # what ended the connection
        session.open()
        self._reader = asyncio.create_task(self._read(self._stream))
        while not self._broken:
            self._pump()
            beat()
            await clock.sleep_ms(_TICK_MS)
            now = clock.ticks_ms()
            passed, last = clock.ticks_diff(now, last), now
            session.tick(passed)
            if session.state == mqtt.UP:
                self._age_ms += passed
        raise self._broken

    async def _read(self, stream):
        session, reader = self.session, self.session.reader
        try:
            while True:
                await stream.ready
                n = stream.take(reader.space())
                if n == 0:
                    raise OSError("closed by the broker")
                reader.fed(n or 0)
                self.bytes_down += n or 0
                while True:
                    event = session.next()
                    if event:
                        self._treat(event)
                        continue
                    self._pump()
                    if not session.full():
                        break
                    await clock.sleep_ms(20)  # the socket takes nothing just now
        except Exception as error:  # `_serve` raises it where the connection is known
            self._broken = error  # type: ignore[assignment]
