"""Pictures in files: fonts that have the chosen language's characters, SVG and PNG side by side, the same twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # no window: files only
import matplotlib.pyplot as plt
from matplotlib import font_manager
from matplotlib.figure import Figure

from yigan import lang
from yigan.lang import t

FORMATS = ("svg", "png")
_CHINESE = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
    "WenQuanYi Micro Hei",
)


def _fonts() -> list[str]:
    """A font with Chinese characters, if there is one and it is wanted."""
    known = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in _CHINESE if name in known][:1] if lang.current() == "zh" else []


def words(en: str, zh: str) -> str:
    """A picture cannot show what no font of this machine has."""
    return t(en, zh) if lang.current() != "zh" or _fonts() else en


@contextmanager
def style() -> Iterator[None]:
    """What all our pictures share; draw inside it."""
    with plt.rc_context(
        {"font.sans-serif": [*_fonts(), "DejaVu Sans"], "svg.fonttype": "none", "svg.hashsalt": "yigan"}
    ):
        yield


def save(figure: Figure, *paths: Path) -> list[Path]:
    """Write it in the form of each path's ending, and be done with it."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=120, metadata={"Date": None} if path.suffix == ".svg" else {})
    plt.close(figure)
    return list(paths)
