"""Modbus slaves at the end of a way to a pole, without a pole: for what the bench makes of their bytes."""

from yigan.twin import modbus_rtu, modbus_sensor


class Wire:
    """A way to a pole whose line holds these slaves; what several say at once is spoilt."""

    name = "console:test"

    def __init__(self, *slaves):
        self.slaves = list(slaves)
        self.rows = []
        for slave in slaves:
            slave.start()

    def tool(self, name, **request):
        assert name == "modbus"
        if "act" not in request:
            return {}, [{"running": False, "at": 0, "found": 0, "error": ""}, *self.rows]
        if request["act"] == "ask":
            addresses, pdu = [request["a"]], bytes.fromhex(request["pdu"])
        else:
            addresses, pdu = range(request["first"], request["last"] + 1), bytes.fromhex("0300000001")
        told = [{"a": a, "rx": self.heard(a, pdu).hex()} for a in addresses]
        self.rows = [row for row in told if row["rx"] or request["act"] == "ask"]
        return {"running": True}, []

    def heard(self, address, pdu):
        frame = modbus_rtu.seal(bytes([address]) + pdu)
        replies = [reply for slave in self.slaves if (reply := modbus_rtu.reply(slave, frame))]
        if len(replies) < 2:
            return replies[0] if replies else b""
        return bytes(a & b for a, b in zip(*replies, strict=False))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def restart(self):
        for slave in self.slaves:
            slave.stop()
            slave.start()


def slave(kind, address=1, **values):
    part = modbus_sensor.Twin(None, {"map": kind, "address": address})
    for name, value in values.items():
        part.set(name, value)
    return part
