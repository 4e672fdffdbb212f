"""Somebody on the line who writes down what is said, and says it again.

  replay.py tap HOST:PORT FOLDER      relay to HOST:PORT; of connection K: FOLDER/K.up, K.down
  replay.py say HOST:PORT FILE TIMES  say FILE's bytes so often; print how many bytes came back
  replay.py pose FILE                 listen, and answer whoever calls with FILE's bytes
"""
import os
import socket
import sys
import threading


def connect(address):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=5)


def listen():
    listener = socket.create_server(("127.0.0.1", 0))
    print("listening 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
    return listener


def carry(source, target, path):
    with open(path, "wb") as heard:
        try:
            while part := source.recv(65536):
                heard.write(part)
                heard.flush()
                target.sendall(part)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def tap(address, folder):
    os.makedirs(folder, exist_ok=True)
    listener = listen()
    number = 0
    while True:
        link, _ = listener.accept()
        hub = connect(address)
        hub.settimeout(None)
        number += 1
        for name, source, target in (("up", link, hub), ("down", hub, link)):
            path = os.path.join(folder, "%d.%s" % (number, name))
            threading.Thread(target=carry, args=(source, target, path), daemon=True).start()


def say(address, path, times):
    with open(path, "rb") as file:
        words = file.read()
    most = 0
    for _ in range(times):
        got = 0
        try:
            link = connect(address)
            link.settimeout(10)
            link.sendall(words)
            link.shutdown(socket.SHUT_WR)
            while part := link.recv(65536):
                got += len(part)
        except OSError:
            pass
        link.close()
        most = max(most, got)
    print(most)


def pose(path):
    with open(path, "rb") as file:
        words = file.read()
    listener = listen()
    while True:
        link, _ = listener.accept()
        link.settimeout(3)
        try:
            link.recv(65536)
            link.sendall(words)
            while link.recv(65536):
                pass
        except OSError:
            pass
        link.close()


def main():
    what, *rest = sys.argv[1:]
    if what == "tap":
        tap(*rest)
    elif what == "say":
        say(rest[0], rest[1], int(rest[2]))
    elif what == "pose":
        pose(rest[0])
    else:
        sys.exit(__doc__)


main()
