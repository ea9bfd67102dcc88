"""Give the browser build's asyncio a `run` that returns when the coroutine is done, as everywhere else."""

import asyncio
import nap
from asyncio import core

# It would ask the browser to come back later: we come back ourselves.
core._schedule_run_iter = lambda wait_ms: None


async def _keep(coroutine, box):
    try:
        box.append((await coroutine, None))
    except BaseException as error:
        box.append((None, error))
    while core._task_queue.peek():  # what it left running ends with it, as on CPython
        core._task_queue.pop()


def _turn(limit_ms=1):
    core._run_iter()
    if core._task_queue.peek():
        wait_ms = core.ticks_diff(core._task_queue.peek().ph_key, core.ticks())
        nap.ms(max(0, min(wait_ms, limit_ms)))


def run(coroutine):
    box = []
    task = core.create_task(_keep(coroutine, box))
    while not task.done():
        if not core._task_queue.peek():
            raise RuntimeError("every task waits for another: nothing would ever wake this test")
        _turn(50)
    value, error = box[0]
    if error:
        raise error
    return value


asyncio.run = core.run = run
