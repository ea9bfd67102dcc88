"""Modbus TCP server: the points of the pole as registers, for a SCADA.

Source: MODBUS Messaging on TCP/IP V1.0b. The address rules stand in protocol/register_image.py. Every client may
read; only those in `writers` may write.
---
title_zh = "Modbus TCP 服务器"
points = []

[options.port]
type = "int"
default = 502
low = 1
high = 65535
en = "TCP port"
zh = "TCP 端口"

[options.word_order]
type = "enum"
default = "abcd"
values = ["abcd", "cdab"]
en = "Order of the two words of a pair: abcd is high word first"
zh = "双字寄存器的字序：abcd 为高字在前"

[options.writers]
type = "list"
default = []
en = "IP addresses of the clients that may write"
zh = "允许写入的客户端 IP 地址"

[options.clients]
type = "int"
default = 4
low = 1
high = 16
en = "Clients at a time; one more closes the one that was silent the longest"
zh = "同时连接的客户端数；超出时关闭静默最久的连接"

[options.idle_s]
type = "int"
default = 120
low = 10
high = 7200
unit = "s"
en = "A client silent for so long is closed"
zh = "客户端静默超过该时间即断开"

[options.blocks]
type = "list"
default = []
en = "First and last id of every block of the pole's capabilities; filled in when the pole file is compiled"
zh = "各能力编号块的首末编号，编译时自动填入"
"""

import asyncio

from pole import clock
from pole.codec import modbus
from pole.log import WARN
from pole.protocol.modbus_server import ModbusServer
from pole.protocol.register_image import RegisterImage

_FRAME = 7 + modbus.MOST_PDU  # 260, V1.0b, 4.1
_RX = 300  # a whole frame, or 25 pipelined reads
_TX = _FRAME + 60  # short answers go out together
_READ = 12  # bytes of a request of functions 1 to 4
_LOOK_MS = 1000


class _Client:
    """The buffers of one connection: made at the start, used again by the next client."""

    def __init__(self):
        self.rx = bytearray(_RX)
        self.rx_view = memoryview(self.rx)
        self.tx = bytearray(_TX)
        self.tx_view = memoryview(self.tx)
        self.reply_view = self.tx_view[:0]  # of the last length: a SCADA asks the same again and again
        self.task = None  # None: free
        self.writer = False
        self.spoke = False  # since somebody last looked
        self.heard = 0  # uptime when that was seen
        self.head = self.rx_view[2:_READ]  # a read without its transaction
        self.asked = bytearray(_READ - 2)  # the last one, whose answer still lies in tx
        self.kept = 0  # how long that is; 0: there is none
        self.first = self.end = self.version = 0  # what of the image it shows
        self.have = 0  # bytes in rx
        self.bad = False

    def reply(self, n):
        if len(self.reply_view) != n:
            self.reply_view = self.tx_view[:n]
        return self.reply_view

    def drop(self, n):
        """The first n bytes of rx are done with; the rest moves to the front."""
        self.have -= n
        if n:
            for k in range(self.have):
                self.rx[k] = self.rx[n + k]


class Uplink:
    """`bad_streams`: connections closed because they did not speak Modbus; `displaced`: to make room."""

    def __init__(self, pole, options):
        self.pole = pole
        self.port = options.get("port", 502)
        self.writers = options.get("writers", ())
        self.idle_s = options.get("idle_s", 120)
        self.image = RegisterImage(pole.store, options.get("blocks"), options.get("word_order") == "cdab")
        self.server = ModbusServer(self.image, _identity(pole))
        self._most = options.get("clients", 4)
        self._clients = []  # made when first needed, then used again
        self._listener = None
        self.accepted = 0
        self.bad_streams = 0
        self.displaced = 0

    async def run(self, beat):
        """Serve for ever. OSError when the port is taken."""
        self._listener = await self.pole.net.serve(self._client, self.port)
        try:
            while True:
                beat()
                await clock.sleep_ms(_LOOK_MS)
                self._close_idle()
                self._publish()
        finally:
            self.close()

    def close(self):
        if self._listener:
            self._listener.close()
            self._listener = None

    def _publish(self):
        counters = self.pole.counters
        counters["modbus_tcp.requests"] = self.server.requests
        counters["modbus_tcp.refused"] = self.server.refused
        counters["modbus_tcp.accepted"] = self.accepted
        counters["modbus_tcp.bad_streams"] = self.bad_streams
        counters["modbus_tcp.displaced"] = self.displaced

    def _look(self):
        """Note who has spoken: once a second, so that a request need not ask for the time."""
        now = clock.uptime_s()
        for client in self._clients:
            if client.spoke:
                client.spoke = False
                client.heard = now
        return now

    def _close_idle(self):
        now = self._look()
        for client in self._clients:
            if client.task and now - client.heard > self.idle_s:
                client.task.cancel()

    def _take(self, writer):
        """A free client, else that of the one silent the longest; a reader never displaces a writer. Or None.

        A SCADA that lost its line comes back while its old connection still seems open (V1.0b, 4.3.1.3).
        """
        victim = None
        self._look()
        for client in self._clients:
            if client.task is None:
                return client
            if (writer or not client.writer) and (victim is None or client.heard < victim.heard):
                victim = client
        if len(self._clients) == self._most:
            if victim is None:
                return None
            self.displaced += 1
            victim.task.cancel()
            self._clients.remove(victim)
        client = _Client()
        self._clients.append(client)
        return client

    async def _client(self, stream):
        """One connection, from its first byte to its last. The net closes the stream."""
        writer = stream.peer in self.writers
        client = self._take(writer)
        if client is None:
            return
        client.task = asyncio.current_task()
        client.writer = writer
        client.heard = clock.uptime_s()
        self.accepted += 1
        try:
            await self._talk(client, stream)
        except OSError:  # gone in the middle of something: a matter of the line
            pass
        finally:
            client.task = None

    async def _talk(self, client, stream):
        """Until the peer closes, or speaks no Modbus. It waits here only, so a request makes no generator."""
        client.have = client.kept = 0
        client.bad = False
        while not client.bad:
            await stream.ready
            n = stream.take(client.rx_view[client.have :] if client.have else client.rx_view)
            if n is None:
                continue
            if n == 0:
                return
            client.spoke = True
            client.have += n
            filled = self._serve(client)
            while filled:
                taken = stream.give(client.reply(filled))
                if taken < filled:
                    await stream.write(client.tx_view[taken:filled])
                filled = self._serve(client) if client.have else 0
        self.bad_streams += 1
        self.pole.log.add(WARN, "modbus_tcp", "%s does not speak Modbus" % stream.peer)

    def _serve(self, client):
        """Answer the whole frames of rx, as many as tx has room for. How much of tx is filled."""
        rx, have = client.rx, client.have
        if have == _READ and client.kept and client.head == client.asked:
            if self.image.unchanged(client.first, client.end, client.version):
                client.tx[0] = rx[0]
                client.tx[1] = rx[1]
                client.have = 0
                self.server.requests += 1
                return client.kept
        client.kept = 0
        at = filled = length = 0
        while filled <= _TX - _FRAME:
            length = modbus.mbap(rx, at, have)
            if length <= 0:
                break
            filled = self._answer(client, at, length, filled)
            at += length
            if at == have:
                client.have = 0
                if at == _READ:
                    self._keep(client, filled)
                return filled
        client.bad = length < 0
        client.drop(at)
        return filled

    def _keep(self, client, filled):
        """Most SCADA systems ask the same again and again, more often than values change: spare the work."""
        image, function = self.image, client.rx[7]
        if (function == 3 or function == 4) and client.tx[7] == function and image.first >= 0:
            client.asked[:] = client.head
            client.first, client.end, client.version = image.first, image.end, image.version
            client.kept = filled

    def _answer(self, client, at, length, to):
        """Lay the answer to the frame rx[at:at+length] into tx[to:]; returns the place behind it."""
        rx, tx = client.rx, client.tx
        n = self.server.answer(rx, at + 7, length - 7, tx, to + 7, client.writer)
        tx[to] = rx[at]  # the transaction
        tx[to + 1] = rx[at + 1]
        tx[to + 2] = tx[to + 3] = tx[to + 4] = 0
        tx[to + 5] = n + 1
        tx[to + 6] = rx[at + 6]  # any unit: the pole is no gateway (V1.0b, 4.4.1)
        return to + 7 + n


def _identity(pole):
    """Objects 0 to 6 of read device identification."""
    info = pole.info
    board = info.get("board", "")
    return ("yigan", "pole", info.get("version", ""), "", "yigan smart pole", board, pole.id)
