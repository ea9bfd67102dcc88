"""A Modbus line for tests of who stands on it: `exchange(address, pdu, n, reply)` answers for all slaves."""


class Asked:
    def question(self, address, reply):
        return _Question(self, address, reply)


class _Question:
    def __init__(self, bus, address, reply):
        self.bus, self.address, self.reply = bus, address, reply

    async def ask(self, pdu, n):
        self.got = await self.bus.exchange(self.address, pdu, n, self.reply)
