"""How often a peripheral is read."""

import ast
from functools import lru_cache
from pathlib import Path

from yigan.conf.plan import Device

_USUAL_MS = 1000  # the sampler's, when nobody says anything


def written_ms(device: Device) -> int:
    """What the board must be told: the pole file's `period_s`, else a register map that asks for more patience
    than the driver has; 0 when the driver's own will do."""
    if device.part.period_s is not None:
        return round(device.part.period_s * 1000)
    patience = int(getattr(device.map, "period_ms", 0) or 0)
    return patience if patience > own_ms(device) else 0


def effective_ms(device: Device) -> int:
    """What it will be."""
    return device.options.get("period_ms") or own_ms(device) or _USUAL_MS


def own_ms(device: Device) -> int:
    """The driver's: `period_ms = 5000` in its class; 0 for a stream and for a driver that says none."""
    return _own_ms(device.card.path, device.card.path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _own_ms(path: Path, _changed: int) -> int:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            if "period_ms" in names and isinstance(node.value.value, int):
                return node.value.value
    return 0
