"""The records that clients are given, and how they are written in JSON: bytes as base64, null as null."""

import base64
import random
import typing


class Record(typing.NamedTuple):
    partition: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple = ()  # of (name, bytes or None)


def text_of(data):
    return None if data is None else base64.b64encode(data).decode()


def bytes_of(text):
    return None if text is None else base64.b64decode(text)


def to_json(record):
    return {"partition": record.partition, "timestamp": record.timestamp, "key": text_of(record.key),
            "value": text_of(record.value), "headers": [[name, text_of(value)] for name, value in record.headers]}


def from_json(line):
    return Record(line["partition"], line["timestamp"], bytes_of(line["key"]), bytes_of(line["value"]),
                  tuple((name, bytes_of(value)) for name, value in line["headers"]))


# 1.9 x 2^40 ms: long ago, so that a client that stamps records itself is found out.
LONG_AGO = 1_700_000_000_000


def tricky():
    """What a client might not say as it is, over two partitions; times go back and forth."""
    noise = random.Random(7)
    rows = [
        (b"key", b"value", ()),
        (None, b"no key", ()),
        (b"", b"an empty key", ()),
        (b"an empty value", b"", ()),
        (b"a tombstone", None, ()),
        (None, None, ()),
        (b"\xff\xfe\x00\x80", b"\x00\x01\xff\n\r\t\xc3\x28", ()),
        ("Schlüssel".encode(), "値".encode(), (("名", "вода".encode()),)),
        (b"headers", b"of many kinds", (("twice", b"first"), ("none", None), ("twice", b"second"), ("empty", b""),
                                        ("", b"no name"), ("bytes", b"\xff\xfe\x80"))),
        (b"headers of a tombstone", None, (("reason", b"gone"),)),
        (b"noise", noise.randbytes(1_000_000), ()),
        (b"letters", b"abcdefghij" * 100_000, (("length", b"1000000"),)),
        (noise.randbytes(5000), noise.randbytes(300), ()),
        (b"last", b"record", ()),
    ]
    return [Record(partition, LONG_AGO + (i * 7919) % 100_003, key, value, headers)
            for partition in (0, 1) for i, (key, value, headers) in enumerate(rows)
            if partition == 0 or len(value or b"") < 1_000_000]  # Once is enough: some take seconds for a megabyte.


def numbered(first, count, size=100):
    """Plain records that say their number, over two partitions in turn, a second apart."""
    return [Record(i % 2, LONG_AGO + 1000 * i, b"%08d" % i, (b"record %08d " % i).ljust(size, b"."))
            for i in range(first, first + count)]
