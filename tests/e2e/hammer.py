"""Pages that ask as fast as they can, and what that costs whoever answers.

  with Hammer(port, [request, request]) as pages: ...

A connection for each request, which goes out BATCH at a time, for ever. `pages.answers` counts
statuses, `pages.asked` the requests whose answers have come.
"""

import collections
import os
import re
import socket
import threading

BATCH = 50


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
        self.answers = collections.Counter()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._pages = [threading.Thread(target=self._page, args=(request * BATCH,), daemon=True)
                       for request in requests]

    @property
    def asked(self):
        return sum(self.answers.values())

    def _page(self, batch):
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as peer:
            while not self._stop.is_set():
                peer.sendall(batch)
                got, data = 0, b""
                while got < BATCH:
                    more = peer.recv(262144)
                    if not more:
                        return
                    data += more
                    found = list(re.finditer(rb"HTTP/1\.1 (\d{3}) ", data))
                    with self._lock:
                        self.answers.update(int(status[1]) for status in found)
                    got += len(found)
                    data = data[found[-1].end():] if found else data

    def __enter__(self):
        for page in self._pages:
            page.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for page in self._pages:
            page.join(60)
