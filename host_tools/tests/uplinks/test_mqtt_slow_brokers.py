"""The MQTT uplink against brokers that are slow on purpose: it leaves by its answer time, and the pole goes on meanwhile."""

import pytest
from uplinks.brokers import NOW, eventually, pole
from uplinks.slow_broker import Slow

_REASON = {
    "connack": "BusError: CONNACK",
    "puback": "BusError: PUBACK",
    "publish": "BusError: the rest of a packet",
}


@pytest.fixture(params=["cpython", "vm"])
def interpreter(request):
    return request.param


def _heap(process) -> list[int]:
    """Bytes in use at each tenth poll."""
    return [int(line.split()[2]) for line in process.lines if line.startswith("polled")]


@pytest.mark.parametrize("upto", (9999, 2), ids=("a byte a second", "half a packet"))
@pytest.mark.parametrize("part", _REASON)
def test_slow_brokers(interpreter, part, upto):
    options = {"answer_s": 2, "keepalive_s": 600, "qos": 0 if part == "publish" else 1, "polls": True}
    with Slow(part, 1.0, upto) as broker, pole(interpreter, broker.port, NOW, **options) as process:
        eventually(lambda: broker.connections == 1)
        before = len(_heap(process))
        eventually(lambda: broker.connections >= 3, 30)
        # 20 polls a connection that is kept waiting; 3 between two. Who stood still would tell one tenth at most
        assert len(_heap(process)) >= before + 2
        assert process.said("dim ") and not process.said("Traceback")
        # A packet that began counts from its first byte, what we ask for from our question: either may be over first
        assert process.said(_REASON[part]) or process.said(_REASON["publish"])


@pytest.mark.parametrize("part", ("connack", "publish"))
def test_patience_costs_no_heap(part):
    options = {"answer_s": 1, "keepalive_s": 600, "polls": True}
    with Slow(part, 0.3, 3) as broker, pole("vm", broker.port, NOW, **options) as process:
        eventually(lambda: broker.connections >= 3, 30)
        early = max(_heap(process))
        known = len(_heap(process))
        eventually(lambda: broker.connections >= 7, 30)
        assert min(_heap(process)[known:]) < early + 512  # a stream or a task kept by each connection is more
        assert not process.said("MemoryError")


def test_slow_and_honest(interpreter):
    """A byte each 50 ms is a narrow link, not a broken one."""
    with Slow("puback", 0.05) as broker, pole(interpreter, broker.port, NOW, answer_s=5) as process:
        eventually(lambda: broker.acknowledged > 12, 20)
        assert broker.connections == 1
        assert not process.said("BusError")


def test_a_broker_that_says_nothing_in_tls(interpreter):
    options = {"tls": True, "verify": False, "answer_s": 2, "polls": True}
    with Slow("connack", 1.0, 0) as broker, pole(interpreter, broker.port, NOW, **options) as process:
        eventually(lambda: broker.connections >= 1)
        before = len(_heap(process))
        eventually(lambda: len(_heap(process)) >= before + 2)
        if interpreter == "vm":  # asyncio on CPython makes its handshake before it connects: 20 s
            eventually(lambda: broker.connections >= 2)
