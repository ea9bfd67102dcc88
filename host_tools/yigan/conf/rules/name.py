"""Names and points that only one part may have."""

from yigan.conf.plan import Plan
from yigan.lang import t


def rule(plan: Plan) -> None:
    """Two peripherals of one name, or serving one point of one instance; a service written twice."""
    _names(plan)
    _points(plan)
    _services(plan)


def _names(plan: Plan) -> None:
    seen: dict[str, int] = {}
    doc = plan.pole.document
    for part in plan.pole.peripherals:
        first = seen.setdefault(part.name, doc.place(*part.at).line)
        if first == doc.place(*part.at).line:
            continue
        at = (*part.at, "name" if "name" in doc.data["peripheral"][part.at[1]] else "kind")
        what = t(
            "The name {n!r} is taken in line {l}.", "名称 {n!r} 在第 {l} 行已使用。", n=part.name, l=first
        )
        taken = {p.name for p in plan.pole.peripherals}
        free = next(f"{part.name}{k}" for k in range(2, 1000) if f"{part.name}{k}" not in taken)
        doc.error("duplicate_name", at, what, t('Write name = "{n}".', '请写 name = "{n}"。', n=free))


def _points(plan: Plan) -> None:
    doc = plan.pole.document
    owner: dict[int, str] = {}
    taken = {(p.capability, p.instance) for d in plan.devices for p in d.points if p}
    for device in plan.devices:
        clash = [p for p in device.points if p and p.id in owner]
        if clash:
            point = clash[0]
            at = (*device.part.at, "instance" if device.part.instance is not None else "kind")
            what = t("{d} and {o} both serve {p}.", "{d} 与 {o} 都提供 {p}。",
                     d=device.part.name, o=owner[point.id], p=point.name)  # fmt: skip
            number = next(n for n in range(1000) if (point.capability, n) not in taken)
            taken.add((point.capability, number))
            doc.error(
                "duplicate_instance", at, what, t("Write instance = {n}.", "请写 instance = {n}。", n=number)
            )
        owner.update({p.id: device.part.name for p in device.points if p and p.id not in owner})


def _services(plan: Plan) -> None:
    doc, seen = plan.pole.document, {}
    for part in plan.pole.services:
        line = doc.place(*part.at).line
        if seen.setdefault(part.kind, line) != line:
            what = t("{k} is already in line {l}.", "{k} 已在第 {l} 行。", k=part.kind, l=seen[part.kind])
            doc.error("duplicate_service", (*part.at, "kind"), what)
