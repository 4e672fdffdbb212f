"""What a stranger, an impostor and somebody who records can do with a courier on the LAN.

  van.py card HOST:PORT OUT            ask who listens; write the certificate
  van.py impostor CERT OUT             listen, show CERT, and write down all that is said
  van.py says HOST:PORT FILE           say FILE's bytes, print how many come back
  van.py bend FILE AT OUT_FOLDER       FILE with one byte changed, under the name of its hash
"""
import hashlib
import os
import socket
import sys

ASK = b"P?\x01\0\0\0\0"


def connect(address):
    host, port = address.rsplit(":", 1)
    link = socket.create_connection((host, int(port)), timeout=5)
    link.settimeout(3)
    return link


def everything(link):
    got = b""
    try:
        while part := link.recv(65536):
            got += part
    except OSError:
        pass
    return got


def card(address, out):
    link = connect(address)
    link.sendall(ASK)
    link.shutdown(socket.SHUT_WR)
    got = everything(link)
    size = int.from_bytes(got[:2], "big")
    with open(out, "wb") as file:
        file.write(got[2:2 + size])
    print(len(got) - 2 - size)  # what came behind it


def impostor(cert, out):
    with open(cert, "rb") as file:
        shown = file.read()
    listener = socket.create_server(("127.0.0.1", 0))
    print("listening 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
    link, _ = listener.accept()
    link.settimeout(3)
    said = b""
    while len(said) < len(ASK):
        said += link.recv(4096)
    link.sendall(len(shown).to_bytes(2, "big") + shown)
    # something that looks like message 2
    said += link.recv(65536)
    link.sendall((67).to_bytes(2, "big") + os.urandom(67))
    said += everything(link)
    with open(out, "wb") as file:
        file.write(said)


def says(address, name):
    link = connect(address)
    with open(name, "rb") as file:
        link.sendall(file.read())
    print(len(everything(link)))


def bend(name, at, folder):
    with open(name, "rb") as file:
        data = bytearray(file.read())
    data[int(at)] ^= 1
    digest = hashlib.blake2b(data, digest_size=32).hexdigest()
    with open(os.path.join(folder, digest + ".phb"), "wb") as file:
        file.write(data)
    print(digest)


if __name__ == "__main__":
    {"card": card, "impostor": impostor, "says": says, "bend": bend}[sys.argv[1]](*sys.argv[2:])
