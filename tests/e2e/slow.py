"""Clients of an API that are slow, silent, many or deaf: others are served meanwhile, and they are let go of.

  run(Face(tap, port, most, page, ...))

Of the hub's API and of a site's: api.py and front.py run it.
"""

import socket
import struct
import threading
import time

from room import wait_for

SOON = 2  # seconds to an answer of an honest client


class Face:
    def __init__(self, tap, port, most, page, half, post, events, followers, work=None, counts=None):
        self.tap, self.port = tap, port
        self.most = most            # connections that are held
        self.page = page            # asks for a page: its status
        self.half = half            # a request without its end
        self.post = post            # the head of a change, and no body
        self.events = events        # the request of one who follows
        self.followers = followers  # of one account
        self.work = work            # (name, what else is done by whoever has the store: true when it went well)
        self.counts = counts        # what the program counts; None: it does not tell

    def dial(self, data=b"", window=None):
        peer = socket.socket()
        if window:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        peer.connect(("127.0.0.1", self.port))
        peer.sendall(data)
        return peer

    def honest(self, name):
        begun = time.monotonic()
        status = self.page()
        took = time.monotonic() - begun
        self.tap.ok(f"{name}: an honest client is answered within {SOON} s", status == 200 and took < SOON,
                    status, took)
        if self.work:
            begun = time.monotonic()
            done = self.work[1]()
            took = time.monotonic() - begun
            self.tap.ok(f"{name}: {self.work[0]} within {SOON} s", done and took < SOON, done, took)


def close(peers):
    for peer in peers:
        peer.close()


def is_ended(peer):
    """Whether the other side has ended it; what it sent before is passed over."""
    peer.setblocking(False)
    try:
        while peer.recv(65536):
            pass
        return True
    except BlockingIOError:
        return False
    except OSError:
        return True


def drip(face):
    """A byte each half second, of a head and of a body, beside silent ones."""
    tap = face.tap
    idle = [face.dial() for _ in range(face.most * 5 // 16)]
    head, body = face.dial(face.half), face.dial(face.post)
    begun, ended = time.monotonic(), None
    face.honest(f"{len(idle)} silent ones and two that drip")
    while time.monotonic() - begun < 30:
        try:
            head.sendall(b"X")
            body.sendall(b" ")
        except OSError:
            ended = time.monotonic() - begun
            break
        time.sleep(0.5)
    tap.between("a byte each half second is not enough: ended after seconds", round(ended or 99), 14, 24)
    tap.ok("the silent ones are let go of", wait_for(lambda: all(map(is_ended, idle)), 10))
    if face.counts:
        tap.ok("none is held any more", wait_for(lambda: face.counts()["connections"] == 0, 10), face.counts())
        tap.ok("which is counted", face.counts()["slow"] >= 1, face.counts())
    close(idle + [head, body])


def crowded(face):
    """Silent ones and half requests on more connections than are held, and new ones all the time."""
    tap, many = face.tap, face.most + 12
    crowd = [face.dial() for _ in range(many)]
    for _ in range(3):
        face.honest(f"{many} silent ones")
    close(crowd)
    if face.counts:
        wait_for(lambda: face.counts()["connections"] < 8)
        before = face.counts()["crowded"]
    crowd = [face.dial(face.half) for _ in range(many)]
    for _ in range(3):
        face.honest(f"{many} half requests")
    if face.counts:
        tap.between(f"of {many} half requests so many are held", face.counts()["connections"],
                    face.most - 8, face.most)
        tap.ok("those that made room are counted",
               wait_for(lambda: face.counts()["crowded"] - before >= 12), face.counts())
    else:
        held = [not is_ended(peer) for peer in crowd]
        tap.between(f"of {many} half requests so many are held", sum(held), face.most - 8, face.most)
        tap.ok("the oldest made room", not any(held[:12]) and all(held[-8:]), held)
    renewed(face, crowd)
    close(crowd)


def renewed(face, crowd):
    stop = threading.Event()

    def more():
        while not stop.is_set():
            crowd.append(face.dial(face.half))
            time.sleep(0.002)

    thread = threading.Thread(target=more)
    thread.start()
    for _ in range(3):
        face.honest("more half requests all the time")
    stop.set()
    thread.join(10)


def deaf(face):
    """As many as may follow the events, none of whom reads, and half requests on all other connections."""
    tap = face.tap
    peers = [face.dial(face.events, 2048) for _ in range(face.followers)]
    tap.ok("who follows is told so", wait_for(lambda: all(peer.recv(15, socket.MSG_PEEK) == b"HTTP/1.1 200 OK"
                                                          for peer in peers)))
    late = face.dial(face.events)
    late.settimeout(20)
    tap.equal("more than may follow are refused", late.recv(12), b"HTTP/1.1 429")
    late.close()
    for _ in range(3):
        face.honest(f"{face.followers} that follow and do not read")
    crowd = [face.dial(face.half) for _ in range(face.most)]
    face.honest("half requests beside them")
    tap.ok("who follows does not make room", not any(map(is_ended, peers)))
    close(crowd)
    for peer in peers:  # so that it is a reset, which the next comment finds, within fifteen seconds
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    close(peers)

    def again():
        with face.dial(face.events) as peer:
            peer.settimeout(20)
            time.sleep(0.2)  # he too may ask so often, and no more
            return peer.recv(12) == b"HTTP/1.1 200"

    tap.ok("when they are gone others may follow", wait_for(again, 30))


def run(face):
    drip(face)
    crowded(face)
    deaf(face)
    for _ in range(3):
        face.tap.equal("when they are gone others are served", face.page(), 200)
        crowd = [face.dial() for _ in range(face.most * 5 // 4)]
        if face.counts:
            wait_for(lambda: face.counts()["connections"] >= face.most)
        close(crowd)
