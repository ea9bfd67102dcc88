"""The pole's NTP client against servers whose packets come from ntplib."""

import asyncio
import socket
import threading
import time
from types import SimpleNamespace

import ntplib
import pytest

from pole import clock
from pole.services.ntp import Service


class Server(threading.Thread):
    """Answers each question on loopback; `off_s`: how wrong its clock is; `change(packet)` spoils an answer."""

    def __init__(self, off_s=0.0, change=None, copies=1):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.name = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.off_s, self.change, self.copies, self.asked = off_s, change, copies, 0
        self.start()

    def run(self):
        while True:
            try:
                data, peer = self.socket.recvfrom(512)
            except OSError:
                return
            self.asked += 1
            question, reply = ntplib.NTPPacket(), ntplib.NTPPacket(version=4, mode=4)
            question.from_data(data)
            assert (question.mode, question.version) == (3, 4)
            reply.stratum, reply.root_delay, reply.root_dispersion = 2, 0.01, 0.02
            reply.recv_timestamp = reply.tx_timestamp = ntplib.system_to_ntp_time(time.time() + self.off_s)
            raw = bytearray(reply.to_data())
            raw[24:32] = data[40:48]  # to_data would round it
            if self.change:
                self.change(raw)
            for _ in range(self.copies):
                self.socket.sendto(raw, peer)


@pytest.fixture
def ask(monkeypatch):
    """`ask(server, ...)`: the service after one round, and its log."""
    servers = []
    clock.forget()
    monkeypatch.setattr("pole.services.ntp._ANSWER_MS", 300)

    def run(*wanted):
        servers.extend(wanted)
        said = []
        pole = SimpleNamespace(log=SimpleNamespace(add=lambda level, where, text: said.append(text)), count=lambda name: None)
        one = Service(pole, {"servers": [s.name for s in wanted], "period_min": 60})
        found = asyncio.run(one.ask(lambda: None))
        if found is not None:
            one.believe(found, len(wanted))
        return one, said

    yield run
    clock.forget()
    for server in servers:
        server.socket.close()


def right():
    return abs(clock.now() - (time.time() - 1577836800)) <= 2


def test_one_server(ask):
    ask(Server())
    assert right() and clock.trust() == clock.NETWORK


def test_one_of_three_is_wrong(ask):
    ask(Server(), Server(-86400), Server(0.4))
    assert right()


def test_two_that_contradict_each_other(ask):
    one, said = ask(Server(), Server(500))
    assert clock.now() is None and one.refused == 1 and "contradict" in said[-1]


def test_who_answers_other_questions_is_none(ask):
    def forge(raw):
        raw[24:32] = b"12345678"

    one, said = ask(Server(change=forge), Server(copies=3))
    assert right() and one.refused == 1 and "another question" in said[0]


def test_kiss_of_death_and_silence(ask):
    def kiss(raw):
        raw[1], raw[12:16] = 0, b"RATE"

    silent = Server()
    silent.copies = 0
    one, said = ask(Server(change=kiss), silent)
    assert clock.now() is None and one.refused == 2 and "RATE" in said[0] and "no answer" in said[1]


def test_nobody_there(ask):
    gone = Server()
    gone.socket.close()
    one, said = ask(gone)
    assert clock.now() is None and one.refused == 1
