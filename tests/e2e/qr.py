"""qr.py svg|blocks FILE [TEXT]: a QR code as `packhorsed invite` draws it, read as a scanner reads it, but for
what a camera adds: the modules are known, so nothing is corrected, and one that is wrong is an error. Looked at
are the quiet zone, every fixed pattern, both copies of format and version, each block's check (Reed-Solomon, all
syndromes zero), and the padding. Level L and one run of bytes, as we make it (ISO/IEC 18004).
Prints the modules, a line each, 1 for dark. With TEXT what it says, into that file."""
import re
import sys

FINDER = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
# of level L, by version: bytes of a block that check it, and blocks
CHECK = [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28,
         28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30]
BLOCKS = [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8,
          8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25]
LEVEL_L = 1
MASKS = [
    lambda x, y: (x + y) % 2,
    lambda x, y: y % 2,
    lambda x, y: x % 3,
    lambda x, y: (x + y) % 3,
    lambda x, y: (x // 3 + y // 2) % 2,
    lambda x, y: x * y % 2 + x * y % 3,
    lambda x, y: (x * y % 2 + x * y % 3) % 2,
    lambda x, y: ((x + y) % 2 + x * y % 3) % 2,
]


# --- the modules ---

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


def without_margin(grid):
    size = len(grid) - 8
    assert all(len(row) == len(grid) for row in grid), "it is not square"
    assert 21 <= size <= 177 and (size - 21) % 4 == 0, "no QR code has %d modules" % size
    for i in range(len(grid)):
        for j in list(range(4)) + list(range(size + 4, size + 8)):
            assert grid[i][j] == 0 and grid[j][i] == 0, "the quiet zone is not quiet"
    return [row[4:-4] for row in grid[4:-4]]


# --- what is fixed ---

def remainder(value, bits, divisor):
    """VALUE, and behind it the BITS that remain of it."""
    rest = value << bits
    for i in reversed(range(value.bit_length())):
        if rest >> i + bits & 1:
            rest ^= divisor << i
    return value << bits | rest


def alignments(version):
    if version == 1:
        return []
    count = version // 7 + 2
    step = 26 if version == 32 else (version * 4 + count * 2 + 1) // (count * 2 - 2) * 2
    return [6] + [version * 4 + 10 - i * step for i in reversed(range(count - 1))]


def fixed_modules(version):
    """Where no data is: {(x, y): its value}, None where format and version stand."""
    size = version * 4 + 17
    fixed = {}
    for i in range(size):
        fixed[i, 6] = fixed[6, i] = 1 - i % 2
    for left, top in ((0, 0), (size - 7, 0), (0, size - 7)):
        for y in range(-1, 8):
            for x in range(-1, 8):
                if 0 <= left + x < size and 0 <= top + y < size:
                    inside = 0 <= x < 7 and 0 <= y < 7
                    fixed[left + x, top + y] = int(FINDER[y][x]) if inside else 0
    middles = alignments(version)
    for i, cx in enumerate(middles):
        for j, cy in enumerate(middles):
            if (i, j) in ((0, 0), (0, len(middles) - 1), (len(middles) - 1, 0)):
                continue
            for y in range(-2, 3):
                for x in range(-2, 3):
                    fixed[cx + x, cy + y] = int(max(abs(x), abs(y)) != 1)
    for place in format_places(size)[0] + format_places(size)[1]:
        fixed[place] = None
    fixed[8, size - 8] = 1
    if version >= 7:
        for places in version_places(size):
            fixed.update({place: None for place in places})
    return fixed


def format_places(size):
    """Both copies, the lowest bit first."""
    one = [(8, y) for y in (0, 1, 2, 3, 4, 5, 7, 8)] + [(7, 8)] + [(14 - i, 8) for i in range(9, 15)]
    other = [(size - 1 - i, 8) for i in range(8)] + [(8, size - 15 + i) for i in range(8, 15)]
    return one, other


def version_places(size):
    one = [(size - 11 + i % 3, i // 3) for i in range(18)]
    return one, [(y, x) for x, y in one]


def number_at(grid, places):
    return sum(grid[y][x] << i for i, (x, y) in enumerate(places))


def look_at_fixed(grid):
    """Its version and mask."""
    size = len(grid)
    version = (size - 17) // 4
    for (x, y), value in fixed_modules(version).items():
        assert value is None or grid[y][x] == value, "the module at %d, %d is none of the patterns'" % (x, y)
    if version >= 7:
        told = {number_at(grid, places) for places in version_places(size)}
        assert told == {remainder(version, 12, 0x1F25)}, "it says another version"
    one, other = (number_at(grid, places) ^ 0x5412 for places in format_places(size))
    assert one == other, "the two copies of the format differ"
    assert remainder(one >> 10, 10, 0x537) == one, "the format is damaged"
    assert one >> 13 == LEVEL_L, "it is of another level than L"
    return version, one >> 10 & 7


# --- what it says ---

def read_bytes(grid, version, mask):
    """All of them, in the order in which they stand; the bits that make no byte are zero."""
    size = len(grid)
    fixed = fixed_modules(version)
    bits = []
    for right in [x for x in range(size - 1, 6, -2)] + [5, 3, 1]:
        upward = (right + 1) & 2 == 0 if right > 6 else (right + 2) & 2 == 0
        for i in range(size):
            y = size - 1 - i if upward else i
            for x in (right, right - 1):
                if (x, y) not in fixed:
                    bits.append(grid[y][x] ^ (MASKS[mask](x, y) == 0))
    whole = len(bits) // 8
    assert not any(bits[whole * 8:]), "the last bits are not zero"
    return [int("".join(map(str, bits[i * 8:i * 8 + 8])), 2) for i in range(whole)]


def times(a, b):
    out = 0
    while b:
        out ^= a if b & 1 else 0
        a = a << 1 ^ (0x11D if a & 0x80 else 0)
        b >>= 1
    return out


def check_block(block, check):
    root = 1
    for _ in range(check):
        sum_at = 0
        for byte in block:
            sum_at = times(sum_at, root) ^ byte
        assert sum_at == 0, "a block does not meet its check"
        root = times(root, 2)


def data_of(raw, version):
    """The bytes of RAW without what checks them, block behind block."""
    count, check = BLOCKS[version - 1], CHECK[version - 1]
    shorter = count - len(raw) % count  # blocks that are a byte shorter, which come first
    least = len(raw) // count - check
    data = [[] for _ in range(count)]
    checks = [[] for _ in range(count)]
    rest = iter(raw)
    for i in range(least + 1):
        for j in range(count):
            if i < least or j >= shorter:
                data[j].append(next(rest))
    for i in range(check):
        for j in range(count):
            checks[j].append(next(rest))
    assert next(rest, None) is None
    for block, tail in zip(data, checks):
        check_block(block + tail, check)
    return [byte for block in data for byte in block]


def text_of(data, version):
    bits = "".join("{:08b}".format(byte) for byte in data)
    wide = 8 if version < 10 else 16
    assert bits[:4] == "0100", "it is no run of bytes"
    count = int(bits[4:4 + wide], 2)
    end = 4 + wide + 8 * count
    assert end <= len(bits), "it ends within its text"
    end_mark = bits[end:end + 4]
    assert end_mark == "0" * len(end_mark), "something follows its text"
    end += len(end_mark)
    padding = bits[end + -end % 8:]
    assert "1" not in bits[end:end + -end % 8]
    assert padding == ("1110110000010001" * len(bits))[:len(padding)], "the padding is another"
    return bytes(int(bits[i:i + 8], 2) for i in range(4 + wide, 4 + wide + 8 * count, 8))


def main(form, path, out=None):
    with open(path, encoding="utf-8") as file:
        grid = {"svg": from_svg, "blocks": from_blocks}[form](file.read())
    inner = without_margin(grid)
    version, mask = look_at_fixed(inner)
    text = text_of(data_of(read_bytes(inner, version, mask), version), version)
    if out:
        with open(out, "wb") as file:
            file.write(text)
    for row in grid:
        print("".join(map(str, row)))


if __name__ == "__main__":
    main(*sys.argv[1:])
