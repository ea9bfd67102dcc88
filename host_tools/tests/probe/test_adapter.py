"""A local port: a pseudo terminal, and a TCP serial server, with a twin at the far end."""

import os
import socket
import threading
import time
import tty

import pytest
from probe.probed import slave

from yigan.errors import LinkError
from yigan.fieldbus import ABSENT, ALONE
from yigan.probe import Adapter
from yigan.twin import modbus_rtu

ASK = bytes.fromhex("0300000001")
ANSWER = bytes.fromhex("030201F5")


def serve(read, write, part, echo=False):
    """Answer every burst of bytes as a slave does."""
    while data := read():
        if echo:
            write(data)
        if reply := modbus_rtu.reply(part, data):
            time.sleep(0.01)
            write(reply)


def started(part):
    part.start()
    return part


@pytest.fixture
def terminal():
    made = []

    def open_(part, echo=False):
        ours, theirs = os.openpty()
        for end in (ours, theirs):
            tty.setraw(end)

        def read():
            try:
                return os.read(ours, 300)
            except OSError:  # closed
                return b""

        threading.Thread(
            target=serve, args=(read, lambda data: os.write(ours, data), part, echo), daemon=True
        ).start()
        made.extend((theirs, ours))
        return os.ttyname(theirs)

    yield open_
    for end in made:
        os.close(end)


@pytest.mark.parametrize("echo", [False, True])
def test_a_port(terminal, echo):
    with Adapter(terminal(started(slave("noise")), echo), 9600, wait_s=0.5) as line:
        heard = line.ask(1, ASK)
        assert (heard.state, heard.pdu) == (ALONE, ANSWER)
        assert line.ask(9, ASK).state == ABSENT
        assert line.ask(1, ASK, 4800).pdu == ANSWER and line.baud == 4800


def test_a_serial_server():
    server = socket.create_server(("127.0.0.1", 0))

    def run():
        client, _ = server.accept()
        with client:
            serve(lambda: client.recv(300), client.sendall, started(slave("xy_md02")))

    threading.Thread(target=run, daemon=True).start()
    with Adapter(f"socket://127.0.0.1:{server.getsockname()[1]}", wait_s=0.5) as line:
        assert line.ask(1, bytes.fromhex("0400010001")).pdu == bytes.fromhex("04020131")
    server.close()


def test_no_port():
    with pytest.raises(LinkError):
        Adapter("/dev/ttyNone")
