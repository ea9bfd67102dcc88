"""An MQTT broker of our own on this machine, for the demo and the bench: amqtt in a thread.

Loopback only, no password: nothing to leave running where strangers are.
"""

import asyncio
import contextlib
import logging
import threading

from yigan.errors import LinkError
from yigan.lang import t

_START_S = 20.0
_STOP_S = 10.0


class Broker:
    """Runs while the context is open: `with Broker() as broker: ... broker.port`.

    `port` 0 takes a free one. LinkError when it cannot start.
    """

    def __init__(self, port: int = 0, host: str = "127.0.0.1"):
        self.host = host
        self.port = port
        self._failure: BaseException | None = None
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "Broker":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Return once it takes connections."""
        self._ready.clear()
        self._failure = None
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)
        self._thread.start()
        self._ready.wait(_START_S)
        if self._failure or not self._end:
            self._thread = None
            what = t(
                "The embedded broker did not start: {e}.", "内置 MQTT 服务器未能启动：{e}。", e=self._failure
            )
            hint = t("Is the port taken?", "端口是否已被占用？")
            raise LinkError(what, f"{self.host}:{self.port}", hint)

    def stop(self) -> None:
        """End it and all its connections; safe to call twice."""
        if self._thread and self._loop and self._end:
            with contextlib.suppress(RuntimeError):  # the loop ended by itself
                self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(_STOP_S)
        self._thread = None
        self._end = None

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 - told to who waits in start()
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        from amqtt.broker import Broker as Amqtt  # takes a third of a second to import

        broker = Amqtt(_config(self.host, self.port))
        await broker.start()
        self.port = _port(broker)
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        self._ready.set()
        await self._end.wait()
        await broker.shutdown()


def _config(host: str, port: int) -> dict:
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }


def _port(broker) -> int:
    """The port it really listens on."""
    return broker._servers["default"].instance.sockets[0].getsockname()[1]
