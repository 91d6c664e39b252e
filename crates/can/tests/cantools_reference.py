"""Compares decoded frames with cantools and with the prose of the fact table.

Usage: cantools_reference.py DBC FACTS < frames

Each line of `frames` is one frame as the decoder under test saw it, fields joined by tabs:
stream number, microseconds since the stream's start, id and data in hexadecimal, the values
before validity as NAME=VALUE joined by blanks, and the names that remained valid.

Before validity every value must be the one that cantools gives. A value must be withheld exactly
when the column "invalid raw" of the fact table names it; that column is read here on its own,
without the attributes that the DBC makes of it. The first difference is printed and ends the run
with status 1; otherwise the numbers of what was compared are printed.
"""

import csv
import re
import struct
import sys

import cantools

# A silence of all ids that means sleep, in microseconds: part of the rule, not of the table.
BUS_ASLEEP = 2_200_000


def rules(prose):
    """Turns the prose of one signal into tests of (raw, data, siblings' raw values, first frame)."""
    if not prose:
        return []
    if prose == "0 in the first frame":
        return [lambda raw, data, siblings, state: raw == 0 and not state["nonzero"]]
    if prose == "first frame after wake is stale":
        return [lambda raw, data, siblings, state: state["first_after_sleep"]]
    if prose == "0 in init frames":
        return [lambda raw, data, siblings, state: raw == 0]
    tests = []
    for clause in prose.split(";"):
        if match := re.fullmatch(r"\s*any while (\w+)!=(0x[0-9A-F]+)", clause):
            name, code = match.group(1), int(match.group(2), 16)
            tests.append(lambda raw, data, siblings, state, n=name, c=code: siblings[n] != c)
            continue
        if match := re.search(r"\(byte (\d) = (0x[0-9A-F]+)\)", clause):
            byte, code = int(match.group(1)), int(match.group(2), 16)
            tests.append(lambda raw, data, siblings, state, b=byte, c=code: data[b] == c)
            clause = clause[: match.start()]
        for code in re.split(r",|\bor\b", clause.replace("raw", "")):
            comparison, number = re.fullmatch(r"\s*(>=|>|)\s*(\w+)\s*", code).groups()
            number = int(number, 0)
            if comparison == ">=":
                tests.append(lambda raw, data, siblings, state, n=number: raw >= n)
            elif comparison == ">":
                tests.append(lambda raw, data, siblings, state, n=number: raw > n)
            else:
                tests.append(lambda raw, data, siblings, state, n=number: raw == n)
    return tests


def same(ours, theirs):
    return struct.pack("<d", ours) == struct.pack("<d", float(theirs))


def main():
    database = cantools.database.load_file(sys.argv[1], strict=True)
    with open(sys.argv[2], encoding="utf-8") as table:
        prose = {
            (int(row["message id"], 16), row["signal"]): rules(row["invalid raw"])
            for row in csv.DictReader(table)
        }
    frames = values = withheld = 0
    stream = None
    for line in sys.stdin:
        number, micros, identifier, data, unchecked, valid = line.rstrip("\n").split("\t")
        if number != stream:
            stream, heard, wakes, nonzero, seen = number, None, 0, {}, {}
        if heard is not None and int(micros) - heard >= BUS_ASLEEP:
            wakes += 1
        heard = int(micros)
        identifier, data = int(identifier, 16), bytes.fromhex(data)
        ours = dict(pair.split("=") for pair in unchecked.split())
        valid = set(valid.split())
        try:
            message = database.get_message_by_frame_id(identifier)
        except KeyError:
            message, theirs, raws = None, {}, {}
        else:
            options = {"decode_choices": False, "allow_truncated": True}
            theirs = message.decode(data, **options)
            raws = message.decode(data, scaling=False, **options)
        where = f"stream {number}, {int(micros) / 1e6:.6f} s, id {identifier:03X}"
        if identifier != 0x69F:  # The VIN serial is not printed.
            where += f", data {data.hex(' ')}"
        if set(ours) != set(theirs):
            return f"{where}: signals {sorted(ours)} instead of {sorted(theirs)}"
        if not valid <= set(ours):
            return f"{where}: {sorted(valid - set(ours))} valid without a value"
        state = {"first_after_sleep": wakes > seen.get(identifier, 0)}
        for name, value in theirs.items():
            if not same(float(ours[name]), value):
                shown = "" if identifier == 0x69F else f" is {ours[name]} instead of {value!r}"
                return f"{where}: {name}{shown}"
            state["nonzero"] = nonzero.get((identifier, name)) == wakes
            named = any(
                test(raws[name], data, raws, state) for test in prose[identifier, name]
            )
            if named == (name in valid):
                verb = "given, but the fact table names it" if named else "withheld without a reason"
                return f"{where}: {name} is {verb}"
            if raws[name] != 0:
                nonzero[identifier, name] = wakes
            values += 1
            withheld += named
        seen[identifier] = wakes
        frames += 1
    print(f"frames {frames} values {values} withheld {withheld}")
    return None


if __name__ == "__main__":
    difference = main()
    if difference:
        print(f"first difference: {difference}")
        sys.exit(1)
