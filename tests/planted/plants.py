"""A plant: one fault of the product, as a text to find and the text to put there.

  what    a renewal applies to a loan that is closed
  kind    fold
  caught  unit/fold_loan permute compare
  file    common/ledger/copy_loan.c
  --- old
  the lines as they are, tabs and all
  --- new
  the lines as they are to be
  --- end

`caught` names the harnesses that are to catch it, the cheapest first. There may be more
than one file, and more than one place of a file. A text that is not found exactly once is
an error: the product has moved on, and the plant has to follow. Lines that begin with #
before the first file are a comment.
"""
import os
import re

HEAD = re.compile(r"^(what|kind|caught|file)[ \t]+(.*\S)[ \t]*$")
PRODUCT = ("common/", "proto/", "daemon/", "client/")
KINDS = [
    "durability", "log", "session", "limits", "clocks", "fold", "feeds", "privacy", "watch",
]  # fmt: skip


class Stale(Exception):
    """A plant that cannot be put where it says; the text tells why."""


class Place:
    def __init__(self, file, old, new):
        self.file, self.old, self.new = file, old, new

    def put(self, text):
        found = text.count(self.old)
        if found != 1:
            raise Stale("%s: the old text is found %d times, not once" % (self.file, found))
        return text.replace(self.old, self.new)


class Plant:
    def __init__(self, path):
        self.path = path
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.heads = {}
        self.places = []
        with open(path, encoding="utf-8") as file:
            self.read(file.read().splitlines(keepends=True))
        self.check()
        self.what, self.kind = self.heads["what"], self.heads["kind"]
        self.caught = self.heads["caught"].split()

    def read(self, lines):
        section, texts = None, {}
        for number, line in enumerate(lines, 1):
            found = HEAD.match(line)
            if line.startswith("--- "):
                section = line[4:].strip()
                if section == "end":
                    self.places.append(
                        Place(self.heads.get("file", ""), texts.get("old", ""), texts.get("new", ""))
                    )
                    section, texts = None, {}
            elif section is not None:
                texts[section] = texts.get(section, "") + line
            elif found:
                self.heads[found[1]] = found[2]
            elif line.strip() and not line.startswith("#"):
                self.stale("line %d is not of its form" % number)
        if section is not None:
            self.stale("ends without --- end")

    def check(self):
        for head in ("what", "kind", "caught", "file"):
            if head not in self.heads:
                self.stale("says nothing of `%s`" % head)
        if self.heads["kind"] not in KINDS:
            self.stale("the kind is none of " + ", ".join(KINDS))
        if not self.places:
            self.stale("has no place")
        for place in self.places:
            if not place.file.startswith(PRODUCT):
                self.stale("%s is no file of the product" % place.file)
            if not place.old or place.old == place.new:
                self.stale("changes nothing in %s" % place.file)

    def stale(self, why):
        raise Stale("%s: %s" % (self.name, why))

    def put(self, root):
        """The files that it changes, as they are to be: {name: text}."""
        texts = {}
        for place in self.places:
            if place.file not in texts:
                try:
                    with open(os.path.join(root, place.file), encoding="utf-8") as file:
                        texts[place.file] = file.read()
                except OSError as error:
                    self.stale("%s: %s" % (place.file, error.strerror))
            try:
                texts[place.file] = place.put(texts[place.file])
            except Stale as error:
                self.stale(str(error))
        return texts


def read_all(folder):
    names = sorted(name for name in os.listdir(folder) if name.endswith(".plant"))
    return [Plant(os.path.join(folder, name)) for name in names]
