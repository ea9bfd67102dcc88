"""`python -m yigan.twin.board DIR`: be one board until told to stop."""

import argparse
import json
import sys
from pathlib import Path

from yigan.errors import YiganError
from yigan.twin.board import control


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m yigan.twin.board")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--as", dest="profile", default="esp32-devkit", help="board profile")
    parser.add_argument("--pole", type=Path, help="pole file whose peripherals are played")
    parser.add_argument("--wiring", type=Path, help="JSON list of twins, instead of a pole file")
    parser.add_argument("--clock", choices=["real", "virtual"], default="real")
    parser.add_argument("--latency", type=float, default=1.0, help="flash and radio times, 0 = none")
    parser.add_argument("--baud", type=int, default=115200, help="console speed, 0 = lossless")
    parser.add_argument("--heap", type=int, default=0, help="bytes for the pole, 0 = as the profile says")
    parser.add_argument("--bare", action="store_true", help="a new chip: no MicroPython on it yet")
    parser.add_argument("--off", action="store_true", help="do not switch it on yet")
    options = parser.parse_args()
    try:
        control.serve(options)
    except YiganError as error:
        sys.stdout.write(json.dumps({"error": type(error).__name__, "what": error.what, "hint": error.hint}) + "\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
