#!/usr/bin/python3
"""docs/check-sections.py ROOT - what sources, tests and pages cite of the book is there.

`PAGE.md, "Words"` (or `PAGE, "Words"`, `[PAGE](PAGE.md), "Words"`, and what stands behind it as
` and "More"`) is a heading of that page, or a paragraph that begins in bold, which begins with these words, or of
which a part between commas does. `PAGE.md#words` is the address of a heading. TAP: a point a page.
"""
import os
import re
import sys

ROOMS = ["common", "proto", "daemon", "client", "tests", "docs"]
KINDS = (".c", ".h", ".py", ".sh", ".md", ".scd", ".build")
LEAST = 400  # citations in all: fewer were found only if this looks for the wrong thing
WORDS = r'"([A-Z][^"\\]*)"'


def texts(root):
    """(path, text) of all that may cite; a line goes on in the next, whatever begins it in a comment."""
    paths = [os.path.join(root, name) for name in os.listdir(root) if name.endswith(".md")]
    for room in ROOMS:
        for folder, _, names in os.walk(os.path.join(root, room)):
            paths += [os.path.join(folder, name) for name in names if name.endswith(KINDS)]
    for path in sorted(paths):
        with open(path, encoding="utf-8", errors="replace") as file:
            text = re.sub(r"\s*\n[ \t]*(?:\*|#|//)?[ \t]*", " ", file.read())
        yield os.path.relpath(path, root), text.replace('\\"', '"')


def headings(path):
    """Those of the page, and beginnings of paragraphs in bold, in small letters."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"^```.*?^```", "", file.read(), flags=re.M | re.S)
    heads = [head.lower() for head in re.findall(r"^#+ (.*\S)", text, re.M)]
    return heads, [bold.lower() for bold in re.findall(r"^(?:- |\d+\. )?\*\*([^*]+)", text, re.M)]


def has_section(page, words):
    return any(part.startswith(words.lower())
               for head in page[0] + page[1] for part in [head] + head.split(", "))


def has_address(page, address):
    return address in [re.sub(r"[^\w -]", "", head).replace(" ", "-") for head in page[0]]


def main(root):
    docs = os.path.join(root, "docs")
    pages = {name[:-3]: headings(os.path.join(docs, name)) for name in sorted(os.listdir(docs))
             if re.fullmatch(r"[A-Z-]+\.md", name)}
    names = "|".join(sorted(pages, key=len, reverse=True))
    section = re.compile(r"\b(%s)(?:\.md)?\)?(?:\]\([^)]*\))?, %s(?: and %s)?" % (names, WORDS, WORDS))
    address = re.compile(r"\b(%s)\.md#([\w-]+)" % names)
    wrong = {name: [] for name in pages}
    n = 0
    for path, text in texts(root):
        for page, *cited in section.findall(text):
            cited = [words for words in cited if words]
            n += len(cited)
            wrong[page] += ['%s: "%s"' % (path, words) for words in cited
                            if not has_section(pages[page], words)]
        for page, where in address.findall(text):
            n += 1
            wrong[page] += ["%s: #%s" % (path, where)] if not has_address(pages[page], where) else []
    for i, (page, gone) in enumerate(wrong.items(), 1):
        print("%s %d - %s has what is cited of it" % ("not ok" if gone else "ok", i, page))
        print("".join("# %s\n" % one for one in gone), end="")
    print("%s %d - %d citations" % ("ok" if n >= LEAST else "not ok", len(wrong) + 1, n))
    print("1..%d" % (len(wrong) + 1))
    return n >= LEAST and not any(wrong.values())


sys.exit(0 if main(sys.argv[1]) else 1)
