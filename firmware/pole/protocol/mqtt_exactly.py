"""An MQTT session whose own messages may have QoS 2: the broker has each exactly once. Loaded where an option asks for it.

Source: MQTT 3.1.1 and 5.0, 4.3.3. A message that the broker acknowledged with PUBREC becomes its PUBREL, in its own
place: that is what a broken connection sends again. Identifiers are few, so that a pole that forgot which were under way
(a restart, a journal that tells its records anew) can release all others: a broker that holds one would take the next
message of that number for the same, and counts it against what it takes at once.
"""

from pole.codec import mqtt
from pole.errors import ProtocolError
from pole.protocol import mqtt_session
from pole.protocol.mqtt_session import NOTHING, TAKEN

_PUBREL = 0x62


class Session(mqtt_session.Session):
    """See mqtt_session.Session."""

    _released = 0  # PUBCOMPs that may come for numbers which are in use again

    def open(self):
        self.last = 2 * len(self.packets)
        mqtt_session.Session.open(self)

    def begin(self, qos, topic, names=b"", start=0, end=0):
        if not self.used:  # from 1 again: a pole that forgets releases what it said last in its order
            self._ident = 0
        return mqtt_session.Session.begin(self, qos, topic, names, start, end)

    def control(self, head):
        if self.state == mqtt_session.UP and (
            head == mqtt.PUBACK or head == mqtt.PUBREC or head == mqtt.PUBCOMP
        ):
            self._quiet = 0
            return self.step(head, self.acknowledged())
        return mqtt_session.Session.control(self, head)

    def acknowledged(self):
        """The identifier in a PUBACK, PUBREC or PUBCOMP; `reason` is why not, or 0."""
        reader = self.reader
        if reader.end - reader.start != 2:
            raise ProtocolError("acknowledgement")
        self.reason = 0
        return reader.buf[reader.start] << 8 | reader.buf[reader.start + 1]

    def step(self, head, ident):
        """The broker took a message, or a step of its way."""
        k = self._find(ident)
        if k < 0:
            if head == mqtt.PUBREC:  # of a life before: let go of it
                self.release(ident, 0x92)
            return NOTHING
        packet = self.packets[k]
        first = packet.view[packet.start]
        if head == mqtt.PUBCOMP and first != _PUBREL and self._released:  # of the number's life before
            self._released -= 1
            return NOTHING
        if head != (
            mqtt.PUBACK
            if first & 2 and first != _PUBREL
            else mqtt.PUBCOMP
            if first == _PUBREL
            else mqtt.PUBREC
        ):
            if head == mqtt.PUBREC and first == _PUBREL:  # it missed our PUBREL
                self.release(ident, 0)
                return NOTHING
            raise ProtocolError("packet %x" % head)
        if head == mqtt.PUBREC and not self.reason:
            packet.view[:4] = bytes((_PUBREL, 2, ident >> 8, ident & 255))
            packet.start, packet.at = 0, 4
            self.release(ident, 0)
            return NOTHING
        self.drop(k)
        return TAKEN

    def release(self, ident, reason):
        self._say(bytes((_PUBREL, 2, ident >> 8, ident & 255)))

    def _connack(self, code, present):
        mqtt_session.Session._connack(self, code, present)
        self._released = 0
        if (
            self._clean or not present
        ):  # what was released the broker has, and it knows nothing of the rest of the way
            k = self.used
            while k:
                k -= 1
                if self.packets[k].view[self.packets[k].start] == _PUBREL:
                    self.drop(k)
        else:
            ident = self._ident
            for _ in range(self.last):  # the oldest first: what the broker holds back goes on in this order
                ident = ident % self.last + 1
                if self._find(ident) < 0:
                    self.release(ident, 0x92)
                    self._released += 1
