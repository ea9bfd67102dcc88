"""A part that exists in no catalogue: plays every bus, and remembers what it was told."""


class Twin:
    BUS = "uart"
    FAULTS = ("silent",)
    send = drive = None

    def __init__(self, clock, options):
        self.clock, self.options = clock, options
        self.heard = b""
        self.seen = {}
        self.address = options.get("address", 0x40)
        self.faults = set()
        self.powered = False

    def start(self):
        self.powered = True

    def stop(self):
        self.powered = False

    def received(self, data):
        self.heard += data
        if self.options.get("echo", True) and "silent" not in self.faults:
            self.send(data)

    def request(self, pdu):
        self.heard += pdu
        return None if "silent" in self.faults else bytes([pdu[0], 2, 0x12, 0x34])

    def pwm(self, duty_u16, freq_hz):
        self.seen["pwm"] = [duty_u16, freq_hz]

    def pin(self, value):
        self.seen["pin"] = value

    def write(self, address, data):
        if address != self.address:
            return False
        self.heard += data
        return True

    def read(self, address, n):
        return bytes(range(n)) if address == self.address else None

    def set(self, name, value):
        if name == "send":
            self.send(bytes.fromhex(value))
        elif name == "drive":
            self.drive(value)

    def fault(self, name, on=True):
        (self.faults.add if on else self.faults.discard)(name)

    def state(self):
        return {"heard": self.heard.hex(), "powered": self.powered, **self.seen}
