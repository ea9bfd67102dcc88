"""Uplinks and interfaces: is there a network, is every port one server's, can a client be named so?"""

import ipaddress

from yigan import near
from yigan.cards import Card
from yigan.conf.encode import CLIENTS
from yigan.conf.lines import Path as Keys
from yigan.conf.option import misspelt
from yigan.conf.plan import Member, Plan
from yigan.conf.pole import Part, wrong_type
from yigan.lang import t

# [[interface]] has no card: the port's hal has them all (pole/hal/board.py).
_ADDRESS = {"address": str, "netmask": str, "gateway": str, "dns": str}  # for who has no DHCP
INTERFACES: dict[str, dict[str, type]] = {
    "wifi": {"ssid": str, "password": str, "networks": list, "ipv6": str, **_ADDRESS},
    "ethernet": {"ipv6": str, **_ADDRESS},
}

_SESSION_KB, _ROOMY = 30, 1 << 20  # of one TLS session; a heap with PSRAM behind it
_IPV6 = "auto", "off"


def rule(plan: Plan) -> None:
    for part in plan.pole.interfaces:
        _interface(plan, part)
    _twice(plan)
    _network(plan)
    _ports(plan)
    for member in plan.uplinks:
        _writers(plan, member)
        _encrypted(plan, member)


def needs_network(card: Card) -> bool:
    """An uplink that is on no bus of its own goes through the pole's network; `needs` in a card says otherwise."""
    return "network" in card.data.get("needs", ["network"] if card.bus == "none" else [])


def listens(card: Card) -> bool:
    """A part with a port and no host to call is a server."""
    return "port" in card.options and "host" not in card.options


def _interface(plan: Plan, part: Part) -> None:
    doc, known = plan.pole.document, plan.board.interfaces if plan.board else tuple(INTERFACES)
    at = (*part.at, "kind")
    if part.kind not in INTERFACES:
        what = t("There is no interface {k!r}.", "没有接口 {k!r}。", k=part.kind)
        doc.error("unknown_kind", at, what, near.hint(part.kind, INTERFACES))
        return
    if part.kind not in known and plan.board:
        what = t("{b} has no {k}.", "{b} 没有 {k}。", b=plan.board.name, k=part.kind)
        hint = t("It has: {n}.", "它有：{n}。", n=", ".join(known) or t("no network", "无网络"))
        doc.error("no_such_interface", at, what, hint)
        return
    keys = INTERFACES[part.kind]
    for key, value in part.options.items():
        if key not in keys:
            what = t("{c} has no option {k!r}.", "{c} 没有选项 {k!r}。", c=part.kind, k=key)
            doc.error("unknown_option", (*part.at, key), what, near.hint(key, keys))
        elif not isinstance(value, keys[key]):
            doc.error("wrong_type", (*part.at, key), wrong_type(key, keys[key], value))
    _address(plan, part)
    _ipv6(plan, part)
    if part.kind == "wifi":
        networks = part.options.get("networks")
        if not isinstance(networks, list):
            _wifi(plan, part.at, part.options)
        for n, one in enumerate(networks if isinstance(networks, list) else []):
            _known(plan, (*part.at, "networks", n), one)


def _ipv6(plan: Plan, part: Part) -> None:
    """MicroPython's images for ESP32 can give an interface no IPv6 address, those for RP2 can (hal/ipv6.py)."""
    doc, at, wanted = plan.pole.document, (*part.at, "ipv6"), part.options.get("ipv6")
    if isinstance(wanted, str) and wanted not in _IPV6:
        what = t("ipv6 is {a} or {b}, not {v!r}.", "ipv6 为 {a} 或 {b}，而不是 {v!r}。", a=_IPV6[0], b=_IPV6[1], v=wanted)
        doc.error("bad_value", at, what, near.hint(wanted, _IPV6))
    elif wanted == "auto" and plan.board and plan.board.port == "esp32":
        what = t("MicroPython for ESP32 gives its interfaces no IPv6 address.", "ESP32 的 MicroPython 不能为接口分配 IPv6 地址。")
        doc.error("no_ipv6", at, what, t('Write ipv6 = "off".', '请写 ipv6 = "off"。'))


def _known(plan: Plan, at: Keys, one: object) -> None:
    """One of several networks."""
    if not isinstance(one, dict) or not one.keys() <= {"ssid", "password"}:
        what = t("Each network is a table with ssid and password.", "每个网络是一个含 ssid 和 password 的表。")
        hint = t('Write { ssid = "...", password = "..." }.', '请写 { ssid = "……", password = "……" }。')
        plan.pole.document.error("wrong_type", at, what, hint)
    else:
        _wifi(plan, at, one)


def _address(plan: Plan, part: Part) -> None:
    """A fixed address needs a gateway in its network; the rest has usual values."""
    doc, options, found = plan.pole.document, part.options, {}
    for key in _ADDRESS:
        try:
            if isinstance(options.get(key), str):
                found[key] = ipaddress.IPv4Address(options[key])
        except ValueError:
            doc.error("bad_address", (*part.at, key), t("{v} is no IPv4 address.", "{v} 不是 IPv4 地址。", v=options[key]))
            return
    if found and "address" not in found:
        what = t("Without address this says nothing.", "没有 address 时此项无效。")
        doc.error("missing_option", (*part.at, next(iter(found))), what, t("Write address = ...", "请写 address = ……"))
    elif found and "gateway" not in found:
        what = t("A fixed address needs a gateway.", "固定地址需要 gateway。")
        doc.error("missing_option", (*part.at, "address"), what, t("Write gateway = ...", "请写 gateway = ……"))
    elif found:
        _same_network(plan, part, found)


def _same_network(plan: Plan, part: Part, found: dict) -> None:
    try:
        network = ipaddress.IPv4Network(f"{found['address']}/{found.get('netmask', '255.255.255.0')}", strict=False)
    except ValueError:
        what = t("{v} is no netmask.", "{v} 不是子网掩码。", v=found["netmask"])
        plan.pole.document.error("bad_address", (*part.at, "netmask"), what)
        return
    if found["gateway"] not in network:
        what = t("The gateway is not in {n}.", "gateway 不在 {n} 内。", n=network)
        plan.pole.document.error("bad_address", (*part.at, "gateway"), what)


def _wifi(plan: Plan, at: Keys, options: dict) -> None:
    """IEEE 802.11 9.4.2.2: an SSID has at most 32 bytes; WPA's passphrase 8 to 63 printable characters."""
    doc, ssid, password = plan.pole.document, options.get("ssid"), options.get("password", "")
    if ssid is None and not misspelt("ssid", options, INTERFACES["wifi"]):
        what = t("wifi needs ssid.", "wifi 需要 ssid。")
        doc.error("missing_option", (*at, "ssid"), what, t('Write ssid = "..."', '请写 ssid = "……"'))
    elif isinstance(ssid, str) and not 1 <= len(ssid.encode()) <= 32:
        what = t(
            "An ssid has 1 to 32 bytes, this one {n}.",
            "ssid 为 1 至 32 字节，此处 {n} 字节。",
            n=len(ssid.encode()),
        )
        doc.error("out_of_range", (*at, "ssid"), what)
    if isinstance(password, str) and password and not 8 <= len(password) <= 63:
        what = t("A Wi-Fi password has 8 to 63 characters, this one {n}.", "Wi-Fi 密码为 8 至 63 个字符，此处 {n} 个。",
                 n=len(password))  # fmt: skip
        doc.error(
            "out_of_range",
            (*at, "password"),
            what,
            t("Leave it out for an open network.", "开放网络请省略。"),
        )


def _twice(plan: Plan) -> None:
    seen: dict[str, int] = {}
    doc = plan.pole.document
    for part in plan.pole.interfaces:
        line = doc.place(*part.at).line
        if seen.setdefault(part.kind, line) != line:
            what = t("{k} is already in line {l}.", "{k} 已在第 {l} 行。", k=part.kind, l=seen[part.kind])
            doc.error("duplicate_interface", (*part.at, "kind"), what)
    names: dict[str, int] = {}
    for member in plan.uplinks:
        name, line = str(member.part.options.get("name", member.card.kind)), doc.place(*member.part.at).line
        if names.setdefault(name, line) != line:
            at = (*member.part.at, "name" if "name" in member.part.options else "kind")
            what = t(
                "Another uplink is called {n} (line {l}).",
                "已有名为 {n} 的上行链路（第 {l} 行）。",
                n=name,
                l=names[name],
            )
            doc.error("duplicate_name", at, what, t('Write name = "{n}2".', '请写 name = "{n}2"。', n=name))


def _network(plan: Plan) -> None:
    board, doc = plan.board, plan.pole.document
    if board is None or board.port == "linux":  # the operating system keeps its own interfaces
        return
    for member in plan.uplinks:
        at = (*member.part.at, "kind")
        if not needs_network(member.card):
            continue
        if not board.interfaces:
            what = t(
                "{k} needs a network, and {b} has none.",
                "{k} 需要网络，而 {b} 没有。",
                k=member.card.kind,
                b=board.name,
            )
            doc.error(
                "no_network",
                at,
                what,
                t("Leave it out: the console still answers.", "请删除：控制台仍可用。"),
            )
        elif not plan.pole.interfaces:
            what = t("{k} needs a network, and no [[interface]] is written.", "{k} 需要网络，但未写 [[interface]]。",
                     k=member.card.kind)  # fmt: skip
            hint = t("Write [[interface]] with kind = {n}.", "请写 [[interface]]，kind = {n}。",
                     n=t(" or ", " 或 ").join(f'"{n}"' for n in board.interfaces))  # fmt: skip
            doc.error("no_interface", at, what, hint)


def _ports(plan: Plan) -> None:
    owner: dict[object, Member] = {}
    doc = plan.pole.document
    for member in [*plan.uplinks, *plan.services]:
        port = member.options.get("port")
        if not listens(member.card) or not isinstance(port, int):
            continue
        other = owner.setdefault(port, member)
        if other is not member:
            at = (*member.part.at, "port" if "port" in member.part.options else "kind")
            what = t("TCP port {p} is {k}'s (line {l}).", "TCP 端口 {p} 已被 {k} 使用（第 {l} 行）。",
                     p=port, k=other.card.kind, l=doc.place(*other.part.at).line)  # fmt: skip
            used = {m.options.get("port") for m in [*plan.uplinks, *plan.services]}
            free = next(n for n in range(port + 1, 1 << 17) if n not in used)
            doc.error("port_taken", at, what, t("Write port = {n}.", "请写 port = {n}。", n=free))


def _writers(plan: Plan, member: Member) -> None:
    """Clients that may do more than others are named by address: a name could be anybody's."""
    for key in sorted(CLIENTS):
        written = member.part.options.get(key, [])
        for n, client in enumerate(written if isinstance(written, list) else []):
            _client(plan, (*member.part.at, key, n), client)


def _encrypted(plan: Plan, member: Member) -> None:
    """A server that encrypts has a certificate and asks for one; each session takes a piece of a small heap."""
    doc, options = plan.pole.document, member.options
    if options.get("role") == "certificate":
        _roles(plan, member)
    if not options.get("tls") or "tls_port" not in member.card.data:
        return
    for key in ("ca", "cert", "key"):
        if not options.get(key):
            what = t("{c} with tls needs {k}.", "{c} 启用 tls 时需要 {k}。", c=member.card.kind, k=key)
            hint = t('Write {k} = "/id/....pem"', '请写 {k} = "/id/……pem"', k=key)
            doc.error("missing_option", (*member.part.at, key), what, hint)
    sessions = int(options.get("clients", 1))
    if plan.board and 0 < plan.board.heap_bytes < _ROOMY and sessions > 1:
        what = t("{n} encrypted clients at a time take {k} KB of this board's memory.",
                 "{n} 个加密客户端同时连接将占用 {k} KB 内存。", n=sessions, k=_SESSION_KB * sessions)  # fmt: skip
        doc.warn(
            "tls_memory", (*member.part.at, "clients"), what, t("Write clients = 1.", "请写 clients = 1。")
        )


def _roles(plan: Plan, member: Member) -> None:
    """Roles come from certificates where TLS shows them: not on RP2; on ESP32 by its images' defaults (docs/modbus.md)."""
    doc, at, port = plan.pole.document, (*member.part.at, "role"), plan.board.port if plan.board else ""
    for key, hint in (("tls", "tls = true"), ("writer_roles", 'writer_roles = ["operator"]')):
        if not member.options.get(key):
            what = t("role = certificate needs {k}.", "role = certificate 需要 {k}。", k=key)
            doc.error("missing_option", at, what, t("Write {h}.", "请写 {h}。", h=hint))
    roles = member.options.get("writer_roles")
    if isinstance(roles, list) and not all(isinstance(one, str) and one for one in roles):
        what = t("Roles are names.", "角色应为名称。")
        doc.error("wrong_type", (*member.part.at, "writer_roles"), what)
    if port == "rp2":
        what = t("MicroPython for RP2 shows no client's certificate.", "RP2 的 MicroPython 不提供客户端证书。")
        hint = t("Write role = \"reader\", and a second uplink with another ca for writers.",
                 "请写 role = \"reader\"，并为可写客户端另写一个使用其他 ca 的上行链路。")  # fmt: skip
        doc.error("no_certificates", at, what, hint)


def _client(plan: Plan, at: Keys, client: object) -> None:
    try:
        if not isinstance(client, str) or "%" in client:  # ip_address(5) is 0.0.0.5
            raise ValueError
        ipaddress.ip_address(client)
    except ValueError:
        what = t("{v!r} is no IP address.", "{v!r} 不是 IP 地址。", v=client)
        hint = t('Write it as "192.168.1.10" or "2001:db8::10".', '请写成 "192.168.1.10" 或 "2001:db8::10" 的形式。')
        plan.pole.document.error("bad_address", at, what, hint)
