"""A broker that takes its time: it says one part of MQTT 3.1.1 byte by byte, or begins it and never ends it."""

import socket
import threading

CONNACK, SUBACK = b"\x20\x02\x00\x00", b"\x90\x05\xff\xff\x01\x01\x01"
LONG = b"\x30\xac\x02\x00\x1dyigan/demo-0001/lamp/level/set" + b" " * 269  # a whole PUBLISH of 303 bytes


class Slow:
    """`slow`: which part, "connack", "puback", "publish". `pace_s`: seconds a byte. `upto`: bytes of it that it says."""

    def __init__(self, slow: str, pace_s=1.0, upto=9999):
        self._slow, self._pace_s, self._upto = slow, pace_s, upto
        self._over = threading.Event()
        self.connections = 0
        self.acknowledged = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept
        self._thread.join()
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, client.makefile("rb") as stream:
            try:
                while head := stream.read(1):
                    self._answer(client, head[0], stream.read(_length(stream)))
            except (OSError, IndexError):  # it has left
                pass

    def _answer(self, client, head, body):
        if head == 0x10:
            self._say(client, "connack", CONNACK)
        elif head == 0x82:
            self._say(client, "suback", SUBACK)
            self._say(client, "publish", LONG if self._slow == "publish" else b"")
        elif head == 0xC0:
            client.sendall(b"\xd0\x00")
        elif head & 6:
            n = 2 + (body[0] << 8 | body[1])
            self._say(client, "puback", b"\x40\x02" + body[n : n + 2])
            self.acknowledged += 1

    def _say(self, client, part, data):
        if part != self._slow:
            client.sendall(data)
            return
        for byte in data[: self._upto]:
            client.sendall(bytes((byte,)))
            self._over.wait(self._pace_s)


def _length(stream) -> int:
    value, shift = 0, 0
    while True:
        byte = stream.read(1)[0]
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value
