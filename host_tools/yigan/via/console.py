"""A pole by its serial console: the console service, protocol version 0."""

from collections.abc import Iterable, Iterator

from yigan.errors import DeviceError
from yigan.link import serial, service
from yigan.via.way import Line, Reading, Way, unknown

_UNKNOWN_POINT = 5


def connect(port: str) -> Way:
    return Console(serial.open(port))


class Console(Way):
    """Closes the port with itself."""

    def __init__(self, port: serial.Port):
        self._port = port
        self._client = service.Client(port)
        self.name = f"console:{port.name}"

    def identify(self) -> dict:
        return self._client.identify()

    def get(self, names: Iterable[str]) -> list[Reading]:
        wanted = list(names)
        try:
            rows = self._client.get("*" if wanted == ["*"] else wanted)
        except DeviceError as error:
            raise self._known(error) from None
        return list({row["p"]: _reading(row) for row in rows}.values())

    def set(self, name: str, value: str) -> Reading:
        try:
            return _reading(self._client.set(name, value))
        except DeviceError as error:
            raise self._known(error, name) from None

    def _known(self, error: DeviceError, name: str = "") -> DeviceError:
        """An unknown name deserves the near ones: ask the pole which points it has."""
        if error.code != _UNKNOWN_POINT:
            return DeviceError(error.what, name or error.where, error.hint, error.code)
        present = [row["p"] for row in self._client.get("*")]
        return unknown(error.where, present, self.name)

    def watch(self, names: Iterable[str], every_s: int = 1, for_s: float | None = None) -> Iterator[Reading]:
        wanted = list(names)
        for row in self._client.watch("*" if wanted == ["*"] else wanted, every_s, for_s):
            yield _reading(row)

    def log(self, since: int = 0) -> list[Line]:
        rows = self._client.log(since)
        return [Line(r["s"], r["t"], r["l"], r["w"], r["x"], r.get("k", 1)) for r in rows]

    def tool(self, name: str, **request: object) -> tuple[dict, list[dict]]:
        rows: list[dict] = []
        return self._client.ask(name, rows.append, **request), rows

    def close(self) -> None:
        self._port.close()


def _reading(row: dict) -> Reading:
    return Reading(row["p"], row.get("v"), row.get("u", ""), row.get("q", ""), row.get("age"), row.get("raw"), row.get("why", ""))
