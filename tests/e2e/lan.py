"""lan.py - somebody on the LAN who is no machine of the site.

  lan.py relay LISTEN PORT FILE   pass one connection on to PORT; what the caller said goes to FILE
  lan.py play PORT FILE [BYTES]   say what is in FILE, or its first bytes; print how many came back
  lan.py hold PORT N ADDRESS...   N connections from each, that say nothing; anew when they are ended
  lan.py port                     a port that is free
"""
import select
import socket
import sys
import threading
import time

HOST = "127.0.0.1"


def heard(peer, wait):
    """Bytes until the peer ends, or is silent for so long."""
    peer.settimeout(wait)
    count = 0
    try:
        while data := peer.recv(65536):
            count += len(data)
    except (TimeoutError, ConnectionError):
        pass
    return count


def play(port, name, size=None):
    with socket.create_connection((HOST, int(port))) as peer, open(name, "rb") as file:
        peer.sendall(file.read(int(size) if size else -1))
        print(heard(peer, 2))


def pump(source, sink, file=None):
    try:
        while data := source.recv(65536):
            if file:
                file.write(data)
            sink.sendall(data)
    except OSError:
        pass
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def relay(listen, port, name):
    with socket.create_server((HOST, int(listen))) as server, open(name, "wb") as file:
        print("listening", flush=True)
        caller, _ = server.accept()
        with caller, socket.create_connection((HOST, int(port))) as peer:
            back = threading.Thread(target=pump, args=(peer, caller))
            back.start()
            pump(caller, peer, file)
            back.join()


def hold(port, number, *addresses):
    held = {}
    while True:
        for address in addresses:
            while sum(a == address for a in held.values()) < int(number):
                held[socket.create_connection((HOST, int(port)), 5, (address, 0))] = address
        print("held", flush=True)
        time.sleep(0.02)
        for peer in select.select(list(held), [], [], 30)[0]:
            peer.close()
            del held[peer]


def port():
    with socket.create_server((HOST, 0)) as server:
        print(server.getsockname()[1])


{"play": play, "relay": relay, "hold": hold, "port": port}[sys.argv[1]](*sys.argv[2:])
