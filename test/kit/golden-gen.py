#!/usr/bin/python3
"""Makes the dumps of the golden packets from the scapy expressions beside them.

usage: golden-gen.py [--check] [FILE...]     without FILE: test/*/golden/*.txt
--check changes nothing and exits with 1 when a dump differs from its expression.
The format is described at the top of golden.ts.
"""
import difflib
import glob
import os
import re
import sys

HEX = re.compile(r"^\s+[0-9a-f]{4}  ([0-9a-f]{2} ?)+$")


def dump(data):
    rows = []
    for offset in range(0, len(data), 16):
        row = " ".join("%02x" % byte for byte in data[offset:offset + 16])
        rows.append("  %04x  %s" % (offset, row))
    return rows


class GoldenError(Exception):
    pass


def evaluate(expression, names, where):
    try:
        first = bytes(eval("(" + expression + ")", names))
        second = bytes(eval("(" + expression + ")", names))
    except Exception as error:
        raise GoldenError("%s: %s: %s" % (where, type(error).__name__, error))
    if first != second:
        raise GoldenError("%s: the expression gives other bytes each time: give the random field a value" % where)
    return first


def define(text, names, where):
    match = re.match(r"let\s+(\w+)\s*=\s*(.*)$", text, re.S)
    if not match:
        raise GoldenError("%s: a definition is: let NAME = EXPRESSION" % where)
    try:
        names[match.group(1)] = eval("(" + match.group(2) + ")", names)
    except Exception as error:
        raise GoldenError("%s: %s: %s" % (where, type(error).__name__, error))


def regenerate(path, text, base):
    names = dict(base)
    out = []
    expression = []      # lines of the expression being read
    definition = []      # lines of a let being read
    trailing = []        # empty lines and comments behind an expression
    start = 0

    def close():
        nonlocal expression, definition, trailing
        if definition:
            define("\n".join(definition), names, "%s:%d" % (path, start))
        if expression:
            out.extend(dump(evaluate("\n".join(expression), names, "%s:%d" % (path, start))))
        out.extend(trailing)
        expression, definition, trailing = [], [], []

    for number, line in enumerate(text.split("\n"), 1):
        if HEX.match(line):
            continue
        if line.strip() == "" or line.startswith("#"):
            if expression or definition:
                trailing.append(line)
            else:
                out.append(line)
            continue
        if line.startswith(" "):
            if line.strip().startswith("mask "):
                if expression:
                    raise GoldenError("%s:%d: a mask stands before the expression" % (path, number))
                out.append(line)
                continue
            if trailing:
                raise GoldenError("%s:%d: an empty line within an expression" % (path, number))
            if definition:
                definition.append(line.strip())
            else:
                if not expression:
                    start = number
                expression.append(line.strip())
            out.append(line)
            continue
        close()
        if line.startswith("let "):
            start = number
            definition = [line]
        out.append(line)
    close()
    return "\n".join(out)


def main():
    arguments = sys.argv[1:]
    check = "--check" in arguments
    files = [argument for argument in arguments if argument != "--check"]
    if any(name.startswith("-") for name in files):
        sys.stderr.write(__doc__)
        return 2
    if not files:
        root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
        files = sorted(os.path.relpath(name) for name in glob.glob(os.path.join(root, "*", "golden", "*.txt")))
    if not files:
        print("no golden file")
        return 0
    import logging
    logging.getLogger("scapy").setLevel(logging.ERROR)
    import scapy.all
    import scapy.contrib.igmp  # noqa: F401
    import scapy.layers.sctp  # noqa: F401
    import scapy.layers.vxlan  # noqa: F401
    base = {name: value for name, value in vars(scapy.all).items() if not name.startswith("__")}
    status = 0
    for path in files:
        with open(path, encoding="utf-8") as file:
            old = file.read()
        try:
            new = regenerate(path, old, base)
        except GoldenError as error:
            print(error)
            status = 1
            continue
        if new == old:
            continue
        if check:
            status = 1
            print("%s: the dump is not what scapy makes of its expression" % path)
            lines = difflib.unified_diff(old.split("\n"), new.split("\n"), "in the file", "by scapy", lineterm="")
            print("\n".join(list(lines)[:60]))
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.write(new)
            print("%s: written" % path)
    if check and status == 0:
        print("%d golden files are what scapy makes of them" % len(files))
    return status


if __name__ == "__main__":
    sys.exit(main())
