"""Modbus TCP server: the points of the pole as registers, for a SCADA.

Source: MODBUS Messaging on TCP/IP V1.0b. The address rules stand in protocol/register_image.py. Every client may
read, or those in `readers` only; who is in `writers` may write too. With a `gateway` the slaves of the pole's own line
are reached by their unit ids (protocol/modbus_gateway.py); 0 and 255 are then the pole.

With `tls` it is Modbus/TCP Security (port 802): who connects must show a certificate of the authority `ca`. What such a
client may do, `role` says, or the role that stands in its certificate (codec/certificate_role.py), where the port shows
it. Elsewhere, for two roles: two uplinks, each with an authority of its own.
---
title_zh = "Modbus TCP 服务器"
points = []
tls_port = 802

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

[options.readers]
type = "list"
default = []
en = "IP addresses of the clients that may read; empty: everybody"
zh = "允许读取的客户端 IP 地址；留空为全部"

[options.gateway]
type = "str"
default = ""
brings = { "*" = ["pole.protocol.modbus_gateway"] }
en = "Modbus bus whose slaves clients reach by unit id; 0 and 255 are the pole itself"
zh = "客户端可按单元号访问其从站的 Modbus 总线；0 和 255 为本杆"

[options.units]
type = "list"
default = []
en = "Unit ids that the gateway lets through; empty: those of the bus's peripherals"
zh = "网关放行的单元号；留空为该总线上各外设的地址"

[options.gateway_users]
type = "list"
default = []
en = "IP addresses of the clients that may use the gateway; empty: everybody who may read"
zh = "允许使用网关的客户端 IP 地址；留空为所有可读客户端"

[options.share]
type = "int"
default = 25
low = 1
high = 90
unit = "%"
en = "Time of the bus that the gateway may take, so that the pole's own polling goes on"
zh = "网关最多占用的总线时间，以保证本杆自身的轮询"

[options.tls]
type = "bool"
default = false
brings = { true = ["pole.codec.pem", "pole.hal.net_tls_server"] }
en = "Modbus/TCP Security: only by TLS, only with a certificate of `ca` (port 802 unless written)"
zh = "Modbus/TCP Security：仅限 TLS，且客户端须持有 `ca` 签发的证书（未写端口时为 802）"

[options.ca]
type = "str"
default = ""
en = "The authority of the clients' certificates: PEM text, or a path on the board such as /id/scada.pem"
zh = "客户端证书的签发机构：PEM 文本，或板上路径，如 /id/scada.pem"

[options.cert]
type = "str"
default = ""
en = "The pole's own certificate (PEM text or path)"
zh = "灯杆自身证书（PEM 文本或路径）"

[options.key]
type = "str"
default = ""
secret = true
en = "Private key of `cert`, PKCS #8 (PEM text or path)"
zh = "`cert` 的私钥，PKCS #8（PEM 文本或路径）"

[options.role]
type = "enum"
default = "address"
values = ["address", "reader", "writer", "certificate"]
brings = { certificate = ["pole.protocol.modbus_roles"] }
en = "What clients may do: as `writers` says of their address, as `writer_roles` says of the role in their certificate, or all the same"
zh = "客户端权限：按 `writers` 中的地址（address）、按证书中的角色（certificate，见 `writer_roles`），或统一为只读（reader）或可写（writer）"

[options.writer_roles]
type = "list"
default = []
en = "Roles in clients' certificates that may write; the others may read"
zh = "证书中允许写入的角色；其余角色只读"

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
from pole.log import WARN
from pole.protocol.modbus_server import mbap, pole_server

_FRAME = 260  # the longest, V1.0b, 4.1
_LOOK_MS = 1000
_HELLO_S = 15  # for a TLS handshake and the first request


class _Client:
    """One connection."""

    def __init__(self, task, writer):
        self.task = task
        self.writer = writer
        self.spoke = True  # since somebody last looked
        self.heard = 0  # uptime when that was seen


class Uplink:
    """`bad_streams`: connections closed because they did not speak Modbus; `displaced`: to make room; `strangers`: not
    in the list.

    All clients share one buffer for requests and one for replies: between two waits only one of them is served.
    """

    def __init__(self, pole, options):
        self.pole = pole
        self.port = options.get("port", 502)
        self.writers = options.get("writers", ())
        self.role = options.get("role", "address")
        self._tls = self._roles = self.gateway = None
        if options.get("tls"):
            from pole.codec import pem  # few poles need either

            self._tls = pem.server(options)
            if self.role == "certificate":
                from pole.protocol.modbus_roles import Roles

                self._roles = Roles(pole, options, self._tls)
        self.idle_s = options.get("idle_s", 120)
        self.server = pole_server(pole, options)
        self.readers = options.get("readers", ())
        if options.get("gateway"):
            from pole.protocol.modbus_gateway import Gateway

            self.gateway = Gateway(pole.bus(options["gateway"]), options, clock, asyncio.Lock())
        self._most = options.get("clients", 4)
        self._clients = []
        self._listener = None
        self._rx = memoryview(bytearray(_FRAME))
        self._tx = bytearray(_FRAME)
        self._reply = memoryview(self._tx)  # of the last length: a SCADA asks the same again and again
        self.accepted = 0
        self.bad_streams = 0
        self.displaced = 0
        self.strangers = 0

    def settle(self):
        return [self.server, self.server.image]

    async def run(self, beat):
        """Serve for ever. OSError when the port is taken."""
        serve, tls = self.pole.net.serve, self._tls
        self._listener = await (
            serve(self._client, self.port, tls=tls) if tls else serve(self._client, self.port)
        )
        try:
            while True:
                beat()
                await clock.sleep_ms(_LOOK_MS)
                now = self._look()
                for client in self._clients:
                    if now - client.heard > self.idle_s:
                        client.task.cancel()
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
        if self.readers:
            counters["modbus_tcp.strangers"] = self.strangers
        if self.gateway:
            counters["modbus_tcp.forwarded"] = self.gateway.forwarded
            counters["modbus_tcp.unanswered"] = self.gateway.unanswered

    def _look(self):
        """Note who has spoken: once a second, so that a request need not ask for the time."""
        now = clock.uptime_s()
        for client in self._clients:
            if client.spoke:
                client.spoke = False
                client.heard = now
        return now

    def _make_room(self, writer):
        """Close the client silent the longest if there are too many; a reader never displaces a writer. Is there room?

        A SCADA that lost its line comes back while its old connection still seems open (V1.0b, 4.3.1.3).
        """
        self._look()
        if len(self._clients) < self._most:
            return True
        victim = None
        for client in self._clients:
            if (writer or not client.writer) and (victim is None or client.heard < victim.heard):
                victim = client
        if victim is None:
            return False
        self.displaced += 1
        victim.task.cancel()
        self._clients.remove(victim)
        return True

    async def _client(self, stream):
        """One connection, from its first byte to its last. The net closes the stream, and hears of OSError."""
        writer = self.role == "writer" or self.role == "address" and stream.peer in self.writers
        if self._roles:
            writer = None  # its certificate is shown when the handshake is over: with the first request
        if self.readers and not writer and stream.peer not in self.readers:
            self.strangers += 1
            return
        if not self._make_room(writer):
            return
        client = _Client(asyncio.current_task(), writer)
        self._clients.append(client)
        if self._tls:  # who does not even say hello holds 30 KB: not for long
            client.spoke = False
            client.heard = clock.uptime_s() - self.idle_s + _HELLO_S
        self._look()
        self.accepted += 1
        try:
            await self._talk(client, stream)
        except ValueError:  # a certificate out of its dates, on some builds
            if self._tls is None:
                raise
        finally:
            if client in self._clients:
                self._clients.remove(client)

    async def _talk(self, client, stream):
        """Until the peer closes, or speaks no Modbus. It waits here only, so a request makes no generator."""
        rx, kept = self._rx, b""  # kept: of a frame that is not all there
        while True:
            await stream.ready
            n = stream.take(rx[len(kept) :] if kept else rx)
            if n is None:
                continue
            if n == 0:
                return
            client.spoke = True
            if client.writer is None:
                client.writer = self._roles.may_write(stream)
            if kept:
                rx[: len(kept)] = kept
                n += len(kept)
            at = length = 0
            while at < n:
                length = mbap(rx, at, n)
                if length <= 0:
                    break
                if self.gateway and 0 < rx[at + 6] < 255:  # a slave's: others may be served meanwhile
                    frame, kept = bytes(rx[at : at + length]), bytes(rx[at + length : n])
                    await stream.write(await self.gateway.ask(frame, stream.peer, client.writer))
                    at, n = 0, len(kept)
                    rx[:n] = kept
                    continue
                reply = self._answer(at, length, client.writer)
                at += length
                taken = stream.give(reply)
                if taken < len(reply):  # its socket is full: others may be served meanwhile
                    kept, rest = bytes(rx[at:n]), bytes(reply[taken:])
                    await stream.write(rest)
                    at, n = 0, len(kept)
                    rx[:n] = kept
            if length < 0:
                break
            kept = bytes(rx[at:n]) if at < n else b""
        self.bad_streams += 1
        self.pole.log.add(WARN, "modbus_tcp", "%s does not speak Modbus" % stream.peer)

    def _answer(self, at, length, writer):
        """The reply frame to the one at rx[at:at+length]."""
        rx, tx = self._rx, self._tx
        n = self.server.answer(rx, at + 7, length - 7, tx, 7, writer) + 7
        tx[0] = rx[at]  # the transaction
        tx[1] = rx[at + 1]
        tx[5] = n - 6
        tx[6] = rx[at + 6]  # any unit, unless there is a gateway (V1.0b, 4.4.1)
        if len(self._reply) != n:
            self._reply = memoryview(tx)[:n]
        return self._reply
