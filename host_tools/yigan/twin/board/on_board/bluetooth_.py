# `bluetooth` of a board that nobody is near: it starts and stops, advertises to nobody, and finds nothing.
FLAG_READ = 0x02
FLAG_WRITE_NO_RESPONSE = 0x04
FLAG_WRITE = 0x08
FLAG_NOTIFY = 0x10
FLAG_INDICATE = 0x20


class UUID:
    def __init__(self, value):
        self._value = value

    def __repr__(self):
        return "UUID(%r)" % self._value


class BLE:
    _active = False

    def active(self, on=None):
        if on is not None:
            BLE._active = bool(on)
        return BLE._active

    def config(self, name=None, **kw):
        if name == "mac":
            return (0, b"\x02\x00\x00\x00\x00\x02")

    def irq(self, handler):
        pass

    def _must_be_active(self):
        if not BLE._active:
            raise OSError(19)

    def gap_advertise(self, interval_us, adv_data=None, *, resp_data=None, connectable=True):
        self._must_be_active()

    def gap_scan(self, duration_ms, interval_us=1280000, window_us=11250, active=False):
        self._must_be_active()

    def gatts_register_services(self, services):
        self._must_be_active()
        handle = 1
        found = []
        for _, characteristics in services:
            found.append(tuple(range(handle, handle + len(characteristics))))
            handle += len(characteristics) + 1
        return tuple(found)
