"""The demo pole as a whole, on a virtual esp32-devkit: memory, idle CPU, and how fast it is back.

YIGAN_BENCH_MINUTES says how long it runs before its memory is read; 1 when not said.
"""

import os
import queue
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho

from benchmarks.harness import ROOT, Row
from yigan.story import Story

MINUTES = float(os.environ.get("YIGAN_BENCH_MINUTES", "1"))
_IDLE_S = 20


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder, Story(ROOT / "poles/demo.toml", Path(folder)) as story:
        began = time.monotonic()
        story.up()
        story.modbus()
        yield Row("pole: idle CPU", _idle_percent(story), unit="% of a core", bar="<= 2")
        yield Row("pole: from reset to first reading at the broker", _back_s(story), unit="s")
        time.sleep(max(0, began + MINUTES * 60 - time.monotonic()))
        yield from _memory(story)


def _idle_percent(story: Story) -> float:
    """Nobody asks anything; the MQTT uplink reports as its policies say."""
    before = story.board.stats()["vm_cpu_s"]
    time.sleep(_IDLE_S)
    return (story.board.stats()["vm_cpu_s"] - before) / _IDLE_S * 100


def _back_s(story: Story) -> float:
    """Power-on to the first value of a peripheral that the broker passes on, Wi-Fi and MQTT included."""
    heard: queue.Queue[float] = queue.Queue()
    heads = tuple({p.name.partition(".")[0] for device in story.devices() for p in device.points if p})
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.on_connect = lambda c, *_: c.subscribe("#")
    client.on_message = lambda c, d, m: _note(m, heads, heard)
    client.connect("127.0.0.1", story.broker.port)
    client.loop_start()
    try:
        time.sleep(1)  # what is retained comes first, and is old
        while not heard.empty():
            heard.get()
        story.board.power(False)
        time.sleep(1)
        while not heard.empty():
            heard.get()
        story.board.power(True)
        began = time.monotonic()
        return heard.get(timeout=90) - began
    finally:
        client.loop_stop()
        client.disconnect()


def _note(message: paho.MQTTMessage, heads: tuple[str, ...], heard: queue.Queue) -> None:
    point = message.topic.split("/")[2:]
    if point[0] in heads and point[-1] not in ("set", "result") and b'"good"' in message.payload and not message.retain:
        heard.put(time.monotonic())


def _heap(story: Story) -> dict[str, float]:
    """What the pole says of its heap; its largest block is looked for half a minute after its start."""
    while True:
        rows = story.get("node.heap_free", "node.heap_largest")
        if all(row.value is not None for row in rows):
            return {row.name: float(row.value) for row in rows}
        time.sleep(1)


def _memory(story: Story) -> Iterator[Row]:
    """The virtual board's heap without its shims': what stands for a board's."""
    stats = story.board.stats()
    heap = stats["heap_limit"] - stats["heap_shims"]
    told = _heap(story)
    size, after = f"{heap / 1024:.0f} KB", f"after {MINUTES:g} min"
    yield Row(f"pole: heap free of {size}, {after}", told["node.heap_free"] / heap * 100, unit="%", bar=">= 20")
    yield Row(f"pole: largest free block of {size}, {after}", told["node.heap_largest"] / 1024, unit="KB")
