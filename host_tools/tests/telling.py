"""What a test measured, for people: shown with `pytest -s`, and kept in build/."""

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "build"


def tell(name: str, text: str) -> None:
    """Print `text`, and keep it as build/<name>.txt."""
    sys.stdout.write("\n" + text + "\n")
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
