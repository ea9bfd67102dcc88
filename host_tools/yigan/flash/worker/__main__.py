"""`python -m yigan.flash.worker`: a job as JSON on standard input, events as JSON lines on standard output.

esptool's logger belongs to the whole process (its issue 1102), so every port gets a process of its own.
"""

import json
import signal
import sys

from yigan.flash.worker.job import run


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides, and ends us by closing the pipe
    out = sys.stdout
    sys.stdout = sys.stderr  # what a library prints must not look like an event

    def tell(**event: object) -> None:
        out.write(json.dumps(event) + "\n")
        out.flush()

    try:
        return run(json.loads(sys.stdin.readline()), tell)
    except BrokenPipeError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
