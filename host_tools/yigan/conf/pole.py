"""A pole file as dataclasses: what is written, before any card, board or point table is asked.

`load` accepts anything that is TOML. What has the wrong shape becomes a finding in `pole.findings` and a
harmless value here, so that one run of `yigan check` can tell everything.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from yigan import near
from yigan.conf import document
from yigan.conf.document import Change, Document, Finding
from yigan.conf.lines import Path as Keys
from yigan.lang import t

SECTIONS = ("id", "board", "site", "bus", "peripheral", "uplink", "interface", "point", "service", "lighting",
            "alarm", "plausibility", "maintenance", "journal", "ntp", "link")  # fmt: skip
OPTIONS_OF = ("maintenance", "journal", "ntp", "link")  # sections that are the options of the service of their name
POINT_KEYS = ("deadband", "min_s", "max_s", "ttl_s", "low", "high")
_POLE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,23}")
_KINDS = {str: ("a text", "文字"), int: ("a whole number", "整数"), float: ("a number", "数值"), dict: ("a table", "表"),
          list: ("an array", "数组"), bool: ("true or false", "true 或 false")}  # fmt: skip


@dataclass
class Site:
    """WGS-84 degrees; `timezone` is an IANA name."""

    latitude: float = 0.0
    longitude: float = 0.0
    timezone: str = "Asia/Shanghai"


@dataclass
class Part:
    """One `[[uplink]]`, `[[interface]]` or `[[service]]`; `options` are all keys but `kind`."""

    at: Keys
    kind: str
    options: dict = field(default_factory=dict)


@dataclass
class Peripheral(Part):
    """One `[[peripheral]]`. `instance` None: the next free one of its capability."""

    name: str = ""
    bus: str = ""
    instance: int | None = None
    period_s: float | None = None
    twin: dict = field(default_factory=dict)
    calibration: list[tuple[Keys, dict]] = field(default_factory=list)


@dataclass
class Pole:
    """What one pole.toml says. `document.place(*keys)` tells where."""

    document: Document
    id: str
    board: str
    site: Site
    buses: dict[str, dict]
    peripherals: list[Peripheral]
    uplinks: list[Part]
    interfaces: list[Part]
    services: list[Part]
    points: dict[str, dict]
    lighting: dict | None = None
    alarms: list[tuple[Keys, dict]] = field(default_factory=list)
    plausibility: list[tuple[Keys, dict]] = field(default_factory=list)
    options: dict[str, dict] = field(default_factory=dict)  # of OPTIONS_OF

    @property
    def subjects(self) -> set[str]:
        """What services can go with: sections, kinds of written services, and "calibration" where there is any."""
        calibrated = {"calibration" for p in self.peripherals if p.calibration}
        return set(self.document.data) | {part.kind for part in self.services} | calibrated

    @property
    def path(self) -> Path:
        return self.document.path

    @property
    def findings(self) -> list[Finding]:
        return self.document.findings


def load(path: Path | str, changes: tuple[Change, ...] = ()) -> Pole:
    """Read a pole file, some keys of it changed. ConfigError only when it is no readable TOML."""
    doc = document.read(path)
    doc.change(changes)
    return _Reader(doc).pole()


class _Reader:
    def __init__(self, doc: Document):
        self.doc = doc

    def pole(self) -> Pole:
        doc, data = self.doc, self.doc.data
        for key in data:
            if key not in SECTIONS:
                doc.error("unknown_key", (key,), _unknown(key), near.hint(key, SECTIONS))
        return Pole(
            doc,
            self.identity(),
            self.take((), data, "board", str, None) or "",
            self.site(),
            self.tables("bus"),
            [p for at, row in self.rows("peripheral") if (p := self.peripheral(at, row))],
            self.parts("uplink"),
            self.parts("interface"),
            self.parts("service"),
            self.tables("point"),
            self.take((), data, "lighting", dict, {}) if "lighting" in data else None,
            self.rows("alarm"),
            self.rows("plausibility"),
            {section: self.take((), data, section, dict, {}) or {} for section in OPTIONS_OF},
        )

    def take(self, at: Keys, table: dict, key: str, kind: type, default):
        """`table[key]` if it is a `kind`, else a finding and None. A `default` of None makes the key required."""
        if key not in table:
            if default is None:
                what = t("{k} is missing.", "缺少 {k}。", k=key)
                self.doc.error("missing_key", (*at, key), what, t("Write {k} = ...", "请写 {k} = ……", k=key))
            return default
        value = table[key]
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            self.doc.error("wrong_type", (*at, key), wrong_type(key, kind, value), _example(key, kind, value))
            return None if default is None else default
        return value

    def identity(self) -> str:
        name = self.take((), self.doc.data, "id", str, None)
        if name is not None and not _POLE_ID.fullmatch(name):
            self.doc.error(
                "bad_id",
                ("id",),
                t("{n!r} cannot be a pole id: it becomes a topic, a file name and a label.",
                  "{n!r} 不能作灯杆编号：它将用作主题、文件名和标签。", n=name),
                t("Letters a-z A-Z, digits, - and _, at most 32.", "只用英文字母、数字、- 和 _，最多 32 个。"),
            )  # fmt: skip
        return name or ""

    def site(self) -> Site:
        table = self.take((), self.doc.data, "site", dict, None)
        if table is None:
            return Site()
        known = ("latitude", "longitude", "timezone")
        for key in table:
            if key not in known:
                self.doc.error("unknown_key", ("site", key), _unknown(key), near.hint(key, known))
        values = [
            self.take(("site",), table, key, kind, None) for key, kind in zip(known, (float, float, str))
        ]
        fallback = Site()
        return Site(*(v if v is not None else getattr(fallback, k) for k, v in zip(known, values)))

    def tables(self, section: str) -> dict[str, dict]:
        """`[bus.rs485]`, `[point."lamp.level"]`: name -> table."""
        found = self.take((), self.doc.data, section, dict, {})
        return {k: v for k in found if (v := self.take((section,), found, k, dict, {}))}

    def rows(self, section: str, at: Keys = (), table: dict | None = None) -> list[tuple[Keys, dict]]:
        """`[[peripheral]]`: (path, table) each."""
        found = (self.doc.data if table is None else table).get(section, [])
        if isinstance(found, list) and all(isinstance(row, dict) for row in found):
            return [((*at, section, n), row) for n, row in enumerate(found)]
        what = t("{s} must be a list of tables.", "{s} 必须是表的列表。", s=section)
        name = ".".join(word for word in (*at, section) if isinstance(word, str))
        self.doc.error("wrong_type", (*at, section), what, t("Write [[{s}]].", "请写 [[{s}]]。", s=name))
        return []

    def parts(self, section: str) -> list[Part]:
        return [
            Part(at, kind, {k: v for k, v in row.items() if k != "kind"})
            for at, row in self.rows(section)
            if (kind := self.take(at, row, "kind", str, None))
        ]

    def peripheral(self, at: Keys, row: dict) -> Peripheral | None:
        kind = self.take(at, row, "kind", str, None)
        if not kind:
            return None
        own = ("kind", "name", "bus", "instance", "period_s", "twin", "calibration")
        found = Peripheral(
            at,
            kind,
            {k: v for k, v in row.items() if k not in own},
            self.take(at, row, "name", str, kind),
            self.take(at, row, "bus", str, ""),
            self.take(at, row, "instance", int, 0) if "instance" in row else None,
            self.take(at, row, "period_s", float, 0.0) or None,
            self.take(at, row, "twin", dict, {}),
            self.rows("calibration", at, row),
        )
        self.judge(at, row, found)
        return found

    def judge(self, at: Keys, row: dict, found: Peripheral) -> None:
        if "name" in row and not _NAME.fullmatch(found.name):
            what = t("{n!r} cannot be a name.", "{n!r} 不能作名称。", n=found.name)
            hint = t(
                "a-z first, then a-z, 0-9, _ and -, at most 24.",
                "以 a-z 开头，其后用 a-z、0-9、_、-，最多 24 个。",
            )
            self.doc.error("bad_name", (*at, "name"), what, hint)
        if isinstance(row.get("period_s"), (int, float)) and not 0.1 <= row["period_s"] <= 86400:
            found.period_s = None
            what = t("period_s is {v}.", "period_s 为 {v}。", v=row["period_s"])
            self.doc.error("out_of_range", (*at, "period_s"), what, t("0.1 to 86400 s.", "0.1 至 86400 秒。"))


def _unknown(key: str) -> str:
    return t("{k!r} is unknown here.", "此处不认识 {k!r}。", k=key)


def wrong_type(key: str, kind: type, value: object) -> str:
    """ "baud must be a whole number, not a text."."""
    want, got = _KINDS[kind], _KINDS.get(type(value), ("something else", "其他类型"))
    return t(
        "{k} must be {want}, not {got}.", "{k} 须为{zh_want}，而不是{zh_got}。",
        k=key, want=want[0], got=got[0], zh_want=want[1], zh_got=got[1],
    )  # fmt: skip


def _example(key: str, kind: type, value: object) -> str:
    if kind is str and isinstance(value, (int, float)):
        return t('Write {k} = "{v}".', '请写 {k} = "{v}"。', k=key, v=value)
    if kind in (int, float) and isinstance(value, str):
        return t("Write {k} = {v} (no quotes).", "请写 {k} = {v}（不加引号）。", k=key, v=value)
    return ""
