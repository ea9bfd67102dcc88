"""A USB cable: a pty with a name of its own in front of a board's socket, gone when it is pulled."""

import os
import pty
import select
import socket
import threading
import tty


class PtyCable:
    """`port` is its near end, a new one after each `plug()`. `pull_after(n)`: n bytes towards the board, and it is out."""

    def __init__(self, url):
        self.reach(url)
        self.left, self.on_pull, self.carried = None, None, 0
        self.old = -1
        self.plug()

    def reach(self, url):
        """The board that the next `plug()` connects."""
        host, port = url.removeprefix("socket://").split(":")
        self.far = (host, int(port))

    def plug(self):
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.port = os.ttyname(self.slave)
        if self.old >= 0:
            os.close(self.old)  # only now: the new one must not get its number
        self.board = socket.create_connection(self.far)
        self.wake, self._bell = os.pipe()
        self.thread = threading.Thread(target=self._carry, daemon=True)
        self.thread.start()

    def pull_after(self, count, on_pull=None):
        self.carried, self.left, self.on_pull = 0, count, on_pull

    def pull(self):
        if self.thread.is_alive():
            os.write(self._bell, b"x")
            self.thread.join()

    def close(self):
        self.pull()
        os.close(self.old)

    def _carry(self):
        while not self._step():
            pass
        self.old = self.slave
        for fd in (self.master, self.wake, self._bell):
            os.close(fd)
        self.board.close()
        told, self.on_pull = self.on_pull, None
        if told:
            told()

    def _step(self):
        """Whether it was the last."""
        ready = select.select([self.master, self.board, self.wake], [], [])[0]
        if self.wake in ready:
            return True
        if self.board in ready:
            data = self.board.recv(4096)
            if not data:
                return True
            os.write(self.master, data)
        if self.master in ready:
            data = os.read(self.master, 256)
            self.carried += len(data)
            if self.left is not None and self.carried > self.left:
                self.left = None
                return True
            self.board.sendall(data)
        return False
