"""Modbus masters that share nothing with us: Debian's mbpoll (libmodbus) and npm's modbus-serial, as programs."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[3]
_VALUE = re.compile(r"^\[(\d+)\]:\s+(-?[\w.]+)", re.M)
# What libmodbus says for the exception codes (modbus.c)
CODES = {
    "Illegal function": 1, "Illegal data address": 2, "Illegal data value": 3, "Slave device or server failure": 4,
    "Slave device or server is busy": 6, "Gateway path unavailable": 10, "Target device failed to respond": 11,
}  # fmt: skip


def mbpoll(
    where: str, unit: int, *words: object, rtu: bool = True, port: int = 502, timeout_s: float = 1.5
) -> dict | int | str:
    """{register: text} read, the exception code, or what else it complained of ("" when a write was fine)."""
    if not shutil.which("mbpoll"):
        pytest.skip("no mbpoll here")
    line = ["-b", "115200", "-P", "none"] if rtu else ["-p", port]
    command = [
        "mbpoll",
        "-m",
        "rtu" if rtu else "tcp",
        "-a",
        unit,
        *line,
        "-0",
        "-1",
        "-o",
        timeout_s,
        where,
        *words,
    ]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=30)
    said = done.stdout + done.stderr
    failed = next((row for row in said.splitlines() if "failed" in row), "")
    if failed:
        return next((code for text, code in CODES.items() if text in failed), failed)
    return {int(register): value for register, value in _VALUE.findall(done.stdout)} or ""


def modbus_serial(to: dict, unit: int, *calls: list, timeout: int = 1500) -> list[dict]:
    """What npm's modbus-serial got for each call."""
    if not shutil.which("node") or not (_ROOT / "node_modules" / "modbus-serial").is_dir():
        pytest.skip("no modbus-serial here")
    job = json.dumps({"to": to, "unit": unit, "calls": calls, "timeout": timeout})
    done = subprocess.run(
        ["node", str(Path(__file__).with_name("masters.js")), job],
        capture_output=True, text=True, timeout=60, env=_environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(row) for row in done.stdout.splitlines()]


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "NODE_PATH": str(_ROOT / "node_modules")}
