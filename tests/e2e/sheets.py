#!/usr/bin/python3
"""Reads sheets for 21-sheets.sh and 96-report-page.sh, by other programs than ours.

  sheets.py office FILE...   what LibreOffice reads in them: JSON, {file: {sheet: rows}}
  sheets.py strict FILE      a file of CSV by docs/EXPORTS.md alone: JSON, list of tables
  sheets.py parts FILE.xlsx  that each part of a workbook is XML; how many formulas, links
  sheets.py names FILE.xlsx  of its sheets
  sheets.py cells FILE.xlsx  what its last sheet says, line by line, null where a cell is empty
  sheets.py page FILE.html   a page to be printed: its headings, its tables, what would run or be loaded
  sheets.py rows N           a book of N lines of stock, for those who measure
  sheets.py random PROGRAM [--count N] [--seed S]
                             N books of texts that a format could trip over, through
                             packhorse-xlsx and read back; each text must be what it was
"""
import csv
import glob
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from xml.etree import ElementTree

OUT = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,false,false,false,false,-1"
IN = "CSV:44,34,76,1,,0,true,true"  # UTF-8; what is quoted is text


def convert(files, folder, options):
    subprocess.run(
        ["soffice", "-env:UserInstallation=file://" + folder + "/profile", "--headless", *options,
         "--convert-to", OUT, "--outdir", folder + "/out", *files],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)


def office(files):
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for ending, options in ((".xlsx", []), (".csv", ["--infilter=" + IN])):
            some = [f for f in files if f.endswith(ending)]
            if some:
                convert(some, folder, options)
            for name in some:
                base = os.path.basename(name)[: -len(ending)]
                sheets = {}
                for made in glob.glob(glob.escape(folder + "/out/" + base) + "-*.csv"):
                    with open(made, encoding="utf-8", newline="") as file:
                        sheets[os.path.basename(made)[len(base) + 1 : -4]] = list(csv.reader(file))
                    os.unlink(made)
                found[os.path.basename(name)] = sheets
    return found


def shapes(paths):
    """How many files of CSV, of how many tables each, and those whose lines differ in length."""
    files = {path: strict(path) for path in paths}
    odd = [path for path, tables in files.items() for table in tables if len({len(row) for row in table}) != 1]
    return [len(files), sorted({len(tables) for tables in files.values()}), odd]


def risky(text):
    """What docs/EXPORTS.md, "Formulas", says of a text."""
    for letter in text:
        if letter in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20":
            return True
        if letter != "'" and unicodedata.category(letter) not in ("Zs", "Zl", "Zp", "Cf", "Cc"):
            return False
    return False


def strict(path):
    text = open(path, "rb").read().decode("utf-8")
    assert text.startswith("\ufeff"), "no byte order mark"
    assert text.endswith("\r\n"), "the last line has no end"
    assert "\n" not in text.replace("\r\n", ""), "a line that ends in LF alone"
    tables = [[]]
    for row in csv.reader(io.StringIO(text[1:], newline=""), strict=True):
        if not row:
            tables.append([])
        else:
            tables[-1].append([c[1:] if c.startswith("'") and risky(c) else c for c in row])
    return tables


def parts(path):
    formulas = links = 0
    with zipfile.ZipFile(path) as book:
        assert book.testzip() is None
        for name in book.namelist():
            root = ElementTree.fromstring(book.read(name))
            tags = [e.tag.rpartition("}")[2] for e in root.iter()]
            formulas += tags.count("f")
            links += tags.count("hyperlink") + name.count("externalLink")
    return {"formulas": formulas, "links": links}


def names(path):
    with zipfile.ZipFile(path) as book:
        root = ElementTree.fromstring(book.read("xl/workbook.xml"))
        return [e.get("name") for e in root.iter() if e.tag.endswith("}sheet")]


def cell_of(cell, shared):
    texts = [e.text or "" for e in cell.iter() if e.tag.endswith(("}v", "}t"))]
    if not texts:
        return None
    return shared[int(texts[0])] if cell.get("t") == "s" else "".join(texts)


def cells(path):
    with zipfile.ZipFile(path) as book:
        shared = []
        if "xl/sharedStrings.xml" in book.namelist():
            for item in ElementTree.fromstring(book.read("xl/sharedStrings.xml")):
                shared.append("".join(e.text or "" for e in item.iter() if e.tag.endswith("}t")))
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet%d.xml" % len(names(path))))
    lines = [e for e in sheet.iter() if e.tag.endswith("}row")]
    return [[cell_of(cell, shared) for cell in line] for line in lines]


PIECES = ["=", "+", "-", "@", "'", '"', " ", "\t", "\n", "\r", "\r\n", "\x01", "\x1b", "\x7f", "\x85", "\ufffe", "\uffff",
          "\u2028", "\u202e", "\ufeff", "<", ">", "&", "]]>", "&amp;", "<f>1</f>", "_x0041_", "_x005F_", "_x00", "_", "đ", "ế",
          "e\u0302\u0301", "ꪀꪫ", "🐴", "０", "0", "1e5", "TRUE", "#REF!", "http://x.invalid", "mailto:x", "A1", "{", "}"]
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def in_workbook(text):
    """What docs/EXPORTS.md, "XLSX", says a text becomes."""
    return NOT_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def read_sheets(data):
    """The texts and numbers of a workbook's sheets, as a reader of XLSX takes them."""
    unescape = lambda s: re.sub("_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), s)
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
        shared = []
        if "xl/sharedStrings.xml" in book.namelist():
            for item in ElementTree.fromstring(book.read("xl/sharedStrings.xml")).iter(space + "si"):
                shared.append(unescape("".join(t.text or "" for t in item.iter(space + "t"))))
        for number in range(1, 1 + sum(n.startswith("xl/worksheets/sheet") for n in book.namelist())):
            root = ElementTree.fromstring(book.read("xl/worksheets/sheet%d.xml" % number))
            assert not list(root.iter(space + "f")) and not list(root.iter(space + "hyperlink"))
            cells = {}
            for cell in root.iter(space + "c"):
                value = cell.find(space + "v")
                if value is not None:
                    cells[cell.get("r")] = shared[int(value.text)] if cell.get("t") == "s" else float(value.text)
            yield cells


def random_books(program, count, seed):
    draw = random.Random(seed)
    cells = 0
    for number in range(count):
        columns = draw.randint(1, 5)
        text = lambda: "".join(draw.choice(PIECES) for _ in range(draw.choice([0, 1, 2, 3, 8])))
        cell = lambda: draw.choice([text, text, text, lambda: draw.randint(-(1 << 53), 1 << 53), lambda: None])()
        sheets = [{"name": text(), "columns": [{"title": text()} for _ in range(columns)],
                   "rows": [[cell() for _ in range(columns)] for _ in range(draw.randint(0, 6))]}
                  for _ in range(draw.randint(1, 4))]
        made = subprocess.run([program], input=json.dumps({"sheets": sheets}).encode(), stdout=subprocess.PIPE)
        assert made.returncode == 0, (seed, number, made.returncode)
        for sheet, got in zip(sheets, read_sheets(made.stdout), strict=True):
            rows = [[c["title"] for c in sheet["columns"]]] + sheet["rows"]
            want = {}
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    value = in_workbook(value) if isinstance(value, str) else value
                    if value not in ("", None):
                        want["ABCDE"[c] + str(r + 1)] = value
            got = {k: v for k, v in got.items() if v != ""}
            assert got == want, (seed, number, {k: (want.get(k), got.get(k)) for k in {*want, *got} if want.get(k) != got.get(k)})
            cells += len(want)
    return "%d books, %d cells, seed %d: each text and number came back" % (count, cells, seed)


def page(path):
    root = ElementTree.parse(path).getroot()
    text = lambda element: "".join(element.itertext())
    loads = [e.tag for e in root.iter() if e.tag in ("script", "link", "img", "iframe", "object", "embed", "form", "a", "base")]
    loads += [k for e in root.iter() for k in e.keys() if k.startswith("on") or k in ("src", "href", "srcset", "style")]
    return {"headings": [text(e) for e in root.iter("h2")], "loads": loads, "text": text(root),
            "tables": [[[text(c) for c in row] for row in table.iter("tr")] for table in root.iter("table")]}


def rows(n):
    return {"sheets": [{"name": "here", "columns": [{"title": t} for t in ("ĐIỂM", "BẢN SÁCH", "NHAN ĐỀ", "TÌNH TRẠNG")] + [{"title": "GIÁ", "type": "money"}],
                        "rows": [["Điểm %d" % (i % 500), "%06d" % i, "Nhan đề số %d của tủ sách" % (i % 9000), "", i % 90 * 1000] for i in range(n)]}]}


def random_arguments(arguments):
    options = dict(zip(arguments[1::2], arguments[2::2]))
    return arguments[0], int(options.get("--count", 100)), int(options.get("--seed") or os.environ.get("PACKHORSE_SEED") or random.randrange(1 << 32))


def main():
    what, files = sys.argv[1], sys.argv[2:]
    answer = {"office": lambda: office(files), "strict": lambda: strict(files[0]),
              "parts": lambda: parts(files[0]), "names": lambda: names(files[0]), "cells": lambda: cells(files[0]), "page": lambda: page(files[0]), "shapes": lambda: shapes(files), "rows": lambda: rows(int(files[0])),
              "random": lambda: random_books(*random_arguments(files))}[what]()
    print(json.dumps(answer, ensure_ascii=False))


main()
