"""Pages that ask without end, and what that costs whoever answers.

  with Hammer(port, [request, request]) as pages: ...

A connection for each request, which is offered RATE times a second in all, BATCH at a time, for ever.
What the kernel does not take any more, since nobody reads it, is offered all the same: `pages.offered`
counts by the clock. `pages.answers` counts statuses, `pages.asked` the requests whose answers have come.
"""

import collections
import os
import re
import select
import socket
import threading
import time

BATCH = 50
RATE = 10000


def cpu_seconds(pid):
    """Of processor, of all threads of PID that there are."""
    tasks = f"/proc/{pid}/task"
    total = 0
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e9


class Hammer:
    def __init__(self, port, requests):
        self.port = port
        self.offered = 0
        self.answers = collections.Counter()
        self._rate = RATE / len(requests)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._pages = [threading.Thread(target=self._page, args=(request * BATCH,), daemon=True)
                       for request in requests]

    @property
    def asked(self):
        return sum(self.answers.values())

    def _page(self, batch):
        begun, offered, out, data = time.monotonic(), 0, b"", b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as peer:
            peer.setblocking(False)
            while not self._stop.is_set():
                due = int((time.monotonic() - begun) * self._rate) // BATCH * BATCH
                if due > offered:
                    out = out or batch
                    with self._lock:
                        self.offered += due - offered
                    offered = due
                readable, writable, _ = select.select([peer], [peer] if out else [], [], 0.005)
                try:
                    if writable:
                        out = out[peer.send(out):]
                    if readable:
                        more = peer.recv(262144)
                        if not more:
                            return
                        data = self._count(data + more)
                except BlockingIOError:
                    pass
                except OSError:  # it was made to leave
                    return

    def _count(self, data):
        """Count the answers in DATA; what is left of it."""
        found = list(re.finditer(rb"HTTP/1\.1 (\d{3}) ", data))
        with self._lock:
            self.answers.update(int(status[1]) for status in found)
        return data[found[-1].end():] if found else data[-16:]

    def __enter__(self):
        for page in self._pages:
            page.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for page in self._pages:
            page.join(60)
