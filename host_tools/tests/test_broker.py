import socket

import pytest

from yigan.broker import Broker
from yigan.errors import LinkError


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as client:
            client.sendall(bytes.fromhex("101000044d51545404020 03c000464657631".replace(" ", "")))
            return client.recv(4) == b"\x20\x02\x00\x00"
    except OSError:
        return False


def test_takes_a_free_port_and_gives_it_back():
    with Broker() as broker:
        port = broker.port
        assert answers(port)
    assert not answers(port)


def test_starts_again_on_its_port():
    broker = Broker()
    for _ in range(2):
        with broker:
            assert answers(broker.port)
        broker.stop()


def test_hangs_up_on_its_clients():
    with Broker() as broker:
        client = socket.create_connection(("127.0.0.1", broker.port), 2)
        client.sendall(bytes.fromhex("101000044d5154540402003c000464657631"))
        assert client.recv(4) == b"\x20\x02\x00\x00"
    assert client.recv(1) == b""
    client.close()


def test_taken_port():
    with Broker() as broker, pytest.raises(LinkError) as caught, Broker(broker.port):
        pass
    assert str(broker.port) in caught.value.where


def test_says_nothing(capfd):
    with Broker() as broker:
        assert answers(broker.port)
        socket.create_connection(("127.0.0.1", broker.port)).close()
    assert capfd.readouterr() == ("", "")
