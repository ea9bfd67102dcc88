"""What a DALI gear shall keep: its curve, limits, fade time, groups and scenes. Loaded when a lamp starts.

Source: IEC 62386-102:2014, 9.4 to 9.20 and 11; 62386-207 (the curve). Its memory bears some ten thousand writes, so
only what differs is written.
"""

from pole.codec import dali
from pole.errors import DeviceFault


class Memory:
    """The memory of the gear at `to`. `writes` counts."""

    def __init__(self, bus, to):
        self._bus = bus
        self._to = to
        self.writes = 0

    async def settle(self, linear, arcs, fade, groups, scenes):
        """Let the gear keep all that; its lowest arc power level comes back.

        arcs: lowest, highest, power-on and failure level. fade: its time code. scenes: levels, -1: as it is. All levels
        are arc power levels. BusError when nobody is there.
        """
        lowest, highest, power_on, failure = arcs
        await self._bus.own()
        try:
            await self._keep_curve(linear)
            least = await self._ask(dali.QUERY_PHYSICAL_MINIMUM)
            await self._keep(dali.QUERY_MAX_LEVEL, dali.SET_MAX_LEVEL, highest)
            await self._keep(dali.QUERY_MIN_LEVEL, dali.SET_MIN_LEVEL, max(least, lowest))
            # it was held above the old minimum
            await self._keep(dali.QUERY_MAX_LEVEL, dali.SET_MAX_LEVEL, highest)
            await self._keep(dali.QUERY_POWER_ON_LEVEL, dali.SET_POWER_ON_LEVEL, power_on)
            await self._keep(dali.QUERY_SYSTEM_FAILURE_LEVEL, dali.SET_SYSTEM_FAILURE_LEVEL, failure)
            await self._keep(dali.QUERY_FADE_TIME_FADE_RATE, dali.SET_FADE_TIME, fade, 4)
            if not fade:
                await self._keep_no_extended_fade()
            if groups:
                await self._keep_groups(groups)
            for scene, arc in enumerate(scenes):
                if arc >= 0:
                    await self._keep(dali.QUERY_SCENE_LEVEL + scene, dali.SET_SCENE + scene, arc)
        finally:
            self._bus.owned = False
        return least

    def _ask(self, query):
        return self._bus.ask(dali.command(self._to, query))

    async def _keep(self, query, command, value, shift=0):
        """Write `value` if the gear has another. Several that answer at once may differ: they get it, too."""
        try:
            same = await self._ask(query) >> shift == value
        except DeviceFault:
            same = False
        if not same:
            await self._store(command, value)

    async def _store(self, command, value):
        """A configuration command that takes its value from DTR0."""
        await self._bus.do(dali.special(dali.DTR0, value))
        await self._bus.do(dali.command(self._to, command))
        self.writes += 1

    async def _keep_curve(self, linear):
        """Only a gear of type 6 says which curve it has."""
        enable = dali.special(dali.ENABLE_DEVICE_TYPE, dali.LED)
        has = await self._bus.together(enable, dali.command(self._to, dali.QUERY_DIMMING_CURVE))
        if has >= 0 and has != linear:
            await self._bus.do(dali.special(dali.DTR0, 1 if linear else 0))
            await self._bus.together(enable, dali.command(self._to, dali.SELECT_DIMMING_CURVE))
            self.writes += 1

    async def _keep_no_extended_fade(self):
        """Fade time 0 is at once only where the extended fade time is 0, too; older gear has none."""
        if await self._bus.do(dali.command(self._to, dali.QUERY_EXTENDED_FADE_TIME)) > 0:
            await self._store(dali.SET_EXTENDED_FADE_TIME, 0)

    async def _keep_groups(self, groups):
        has = await self._ask(dali.QUERY_GROUPS_ZERO_TO_SEVEN)
        has |= await self._ask(dali.QUERY_GROUPS_EIGHT_TO_FIFTEEN) << 8
        for number in range(16):
            wanted = number in groups
            if wanted != bool(has >> number & 1):
                command = dali.ADD_TO_GROUP if wanted else dali.REMOVE_FROM_GROUP
                await self._bus.do(dali.command(self._to, command + number))
                self.writes += 1
