"""What a DL/T 645 meter does with a password: switch its relay, set its clock. Loaded when it does.

Source: DL/T 645-2007, 7.1.4 (write), 7.1.8 (broadcast time); the relay command is that of Q/GDW 365.
"""

from pole import clock
from pole.codec import dlt645
from pole.errors import BAD_FRAME, DeviceFault

_WORD_3 = b"\x03\x05\x00\x04"  # annex B.3: bit 4 is set while the relay is open
_DATE, _TIME = b"\x01\x01\x00\x04", b"\x02\x01\x00\x04"
_BROADCAST = b"\x99\x99\x99\x99\x99\x99"
_MOVES = 8  # looks at the relay, a second apart
_DAY_S = 86400


class Control:
    """`meter` is the Driver. The password is in `secret` only, and in no error and no log."""

    def __init__(self, meter, options):
        self.meter = meter
        self.secret = None
        if options.get("password"):
            self.secret = secret(
                options.get("level", 2), options["password"], options.get("operator", "00000000")
            )
        self._close = dlt645.CLOSE_DIRECT if options.get("close") == "direct" else dlt645.CLOSE
        self._valid_s = options.get("valid_s", 300)
        self._ahead_s = 60 * options.get("utc_offset_min", 480)

    async def switch(self, on):
        """Trip or close the relay, and see by the status word that it has. DeviceFault when it has not."""
        until = clock.date(await self.time() + self._valid_s)
        code = self._close if on else dlt645.TRIP
        # The 01 is the published frames'; other papers have 00 there.
        await self._send(dlt645.RELAY, self.secret + bytes((code, 1)) + stamp(until))
        self.meter.wanted = 1 if on else 0
        for _ in range(_MOVES):
            if await self._ask(_WORD_3, 4) < 6:
                raise DeviceFault(BAD_FRAME, "status")
            if self.meter.bus.data[4] >> 4 & 1 != self.meter.wanted:
                return
            await clock.sleep_ms(1000)
        raise DeviceFault(BAD_FRAME, "relay did not move")

    async def _ask(self, data, n, control=dlt645.READ):
        """The length of the answer."""
        bus = self.meter.bus
        await bus.ask(self.meter.address, control, data, n, self.meter)
        return bus.have

    async def _send(self, control, body):
        await self._ask(body, len(body), control)

    async def time(self):
        """The meter's clock, its local time in seconds since 2020."""
        day, month, year = await self._numbers(_DATE, 5)  # behind the weekday
        second, minute, hour = await self._numbers(_TIME, 4)
        if None in (day, month, year, second, minute, hour) or not 1 <= month <= 12:
            raise DeviceFault(BAD_FRAME, "clock")
        return clock.seconds_2020(2000 + year, month, day, hour, minute, second)

    async def _numbers(self, di, at):
        if await self._ask(di, 4) < at + 3:
            raise DeviceFault(BAD_FRAME, "clock")
        data = self.meter.bus.data
        return [dlt645.bcd(data, at + k, 1) for k in range(3)]

    async def set_time(self, local):
        """Set this meter's clock with the password: 04000101 and 04000102."""
        date = clock.date(local)
        weekday = bytes(((date[6] + 1) % 7,))  # 0 is Sunday
        await self._send(dlt645.WRITE, _DATE + self.secret + weekday + stamp(date)[3:])
        await self._send(dlt645.WRITE, _TIME + self.secret + stamp(date)[:3])

    async def broadcast_time(self, local):
        """Tell all meters of the line the time (7.1.8: they follow once a day, by five minutes at most).

        Lowest digits first, as all numbers of this protocol; unconfirmed, some implementations send the year first.
        """
        meter = self.meter
        await meter.bus.ask(_BROADCAST, dlt645.BROADCAST_TIME, stamp(clock.date(local)), 6, meter)

    async def keep_clock(self):
        """Bring the clock back; not near midnight, where a tariff's day would be cut short or doubled."""
        local = clock.now() + self._ahead_s
        self.meter.checked = clock.uptime_s()
        if not 600 <= local % _DAY_S <= _DAY_S - 600:
            self.meter.checked += 1200 - _DAY_S  # look again in twenty minutes
            return
        off = abs(await self.time() - local)
        if 10 < off <= 300:
            await self.broadcast_time(local)
        elif off > 300 and self.secret:
            await self.set_time(local)


def secret(level, password, operator):
    """Level, password, operator: numbers, so lowest digits first (unconfirmed for the password)."""
    body = bytearray(8)
    body[0] = level
    dlt645.put_bcd(body, 1, 3, int(password))
    dlt645.put_bcd(body, 4, 4, int(operator))
    return bytes(body)


def stamp(date):
    """Second, minute, hour, day, month, year of a date in BCD."""
    body = bytearray(6)
    for k in range(6):
        dlt645.put_bcd(body, k, 1, date[5 - k] % 100)
    return body
