"""A TCP cable that can be pulled after so many bytes."""

import socket
import threading


class Cable:
    """`url` is its near end. `pull_after(n)`: n bytes towards the board, and it is out until `plug()`."""

    def __init__(self, url):
        host, port = url.removeprefix("socket://").split(":")
        self.far = (host, int(port))
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"socket://127.0.0.1:{self.server.getsockname()[1]}"
        self.left, self.out, self.carried, self.ends = None, False, 0, []
        threading.Thread(target=self._accept, daemon=True).start()

    def pull_after(self, count):
        self.left = count

    def plug(self):
        self.out, self.left, self.carried = False, None, 0

    def _accept(self):
        while True:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            if self.out:
                near.close()
                continue
            far = socket.create_connection(self.far)
            self.ends = [near, far]
            threading.Thread(target=self._carry, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(far, near, False), daemon=True).start()

    def _carry(self, source, target, outward):
        try:
            while data := source.recv(4096):
                if outward:
                    self.carried += len(data)
                    if self.left is not None:
                        data, self.left = data[: self.left], self.left - len(data)
                target.sendall(data)
                if outward and self.left is not None and self.left <= 0:
                    self.out = True
                    break
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def close(self):
        self.server.close()
        for end in self.ends:
            end.close()
