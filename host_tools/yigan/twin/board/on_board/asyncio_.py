# What `_asyncio` has, in Python, because the C half reads the VM's own clock. For virtual time only.
from time import ticks_diff, ticks_ms

from micropython import const

_MASK = const(0x3FFFFFFF)
_HALF = const(0x20000000)


class TaskQueue:
    """Tasks by the time they are due; those due together keep their order."""

    def __init__(self):
        self._tasks = []

    def push(self, task, due=None):
        task.data = None
        task.ph_key = due = ticks_ms() if due is None else due
        tasks = self._tasks
        at = len(tasks)
        while at and due - tasks[at - 1].ph_key & _MASK >= _HALF:  # that one is later
            at -= 1
        tasks.insert(at, task)

    def peek(self):
        return self._tasks[0] if self._tasks else None

    def pop(self):
        return self._tasks.pop(0)

    def remove(self, task):
        self._tasks.remove(task)


class Task:
    """`state`: True runs, a TaskQueue has waiters, None ended, False ended and awaited; `data`: see asyncio.core."""

    def __init__(self, coro, core=None):
        self.coro = coro
        self.data = None
        self.state = True
        self.ph_key = 0
        self._core = core

    def __iter__(self):
        if not self.state:
            self.state = False
        elif self.state is True:
            self.state = TaskQueue()
        elif not isinstance(self.state, TaskQueue):
            raise RuntimeError("can't wait")
        return self

    def __next__(self):
        if not self.state:
            raise self.data
        waiter = self._core["cur_task"]
        self.state.push(waiter)
        waiter.data = self

    def done(self):
        return not self.state

    def cancel(self):
        core = self._core
        if not self.state:
            return False
        if self is core["cur_task"]:
            raise RuntimeError("can't cancel self")
        last = self
        while isinstance(last.data, Task):
            last = last.data
        queue = core["_task_queue"]
        if last.data is not None and hasattr(last.data, "remove"):
            last.data.remove(last)
            queue.push(last)
        elif ticks_diff(last.ph_key, ticks_ms()) > 0:
            queue.remove(last)
            queue.push(last)
        last.data = core["CancelledError"]
        return True
