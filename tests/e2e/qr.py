"""qr.py svg|blocks FILE [PNG]: a QR code as `packhorsed invite` draws it, read by nothing but its
rules: square, of a size that exists, with a quiet zone of four and its three finder patterns.
Prints the modules, a line each, 1 for dark. With PNG an image of it, for other readers."""
import re
import struct
import sys
import zlib

FINDER = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]


def from_svg(text):
    size = int(re.search(r'viewBox="0 0 (\d+) \1"', text).group(1))
    grid = [[0] * size for _ in range(size)]
    path = re.search(r' d="([^"]*)"', text).group(1)
    whole = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path)
    assert "".join("M%s %sh%sv1h-%sz" % run for run in whole) == path, "the path holds something else"
    for x, y, run, back in whole:
        assert run == back
        for i in range(int(run)):
            grid[int(y)][int(x) + i] = 1
    return grid


def from_blocks(text):
    halves = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}
    grid = []
    for line in text.splitlines():
        line = re.sub(r"\x1b\[[0-9;]*m", "", line)
        pairs = [halves[c] for c in line]
        grid += [[p[0] for p in pairs], [p[1] for p in pairs]]
    return grid[: len(grid[0])]


def check(grid):
    size = len(grid) - 8
    assert all(len(row) == len(grid) for row in grid), "it is not square"
    assert 21 <= size <= 177 and (size - 21) % 4 == 0, "no QR code has %d modules" % size
    for i in range(len(grid)):
        for j in list(range(4)) + list(range(size + 4, size + 8)):
            assert grid[i][j] == 0 and grid[j][i] == 0, "the quiet zone is not quiet"
    for top, left in ((4, 4), (4, size - 3), (size - 3, 4)):
        for y, row in enumerate(FINDER):
            got = "".join(map(str, grid[top + y][left:left + 7]))
            assert got == row, "a finder pattern is missing"
    return grid


def png(grid, path, scale=4):
    wide = len(grid) * scale
    rows = b"".join((b"\0" + b"".join((b"\0" if m else b"\xff") * scale for m in row)) * scale for row in grid)
    chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    with open(path, "wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", wide, wide, 8, 0, 0, 0, 0)) +
                  chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


with open(sys.argv[2], encoding="utf-8") as file:
    found = check({"svg": from_svg, "blocks": from_blocks}[sys.argv[1]](file.read()))
if len(sys.argv) > 3:
    png(found, sys.argv[3])
for row in found:
    print("".join(map(str, row)))
