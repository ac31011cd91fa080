"""Record batches of Apache Kafka's format v2, uncompressed: build one, read one. No other code of ours."""

import struct

_TABLE = []
for _byte in range(256):
    for _ in range(8):
        _byte = _byte >> 1 ^ (0x82F63B78 if _byte & 1 else 0)
    _TABLE.append(_byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def varint(value):
    """Zigzag, as everywhere inside a record."""
    value = value << 1 ^ value >> 63
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _bytes(value):
    return varint(-1) if value is None else varint(len(value)) + value


def build(records, now_ms):
    """`records`: (key, value, [(header, value)]) with bytes or None. No producer id."""
    body = b""
    for delta, (key, value, headers) in enumerate(records):
        record = b"\0" + varint(delta) + varint(delta) + _bytes(key) + _bytes(value) + varint(len(headers))
        for name, content in headers:
            record += _bytes(name) + _bytes(content)
        body += varint(len(record)) + record
    last = len(records) - 1
    # attributes, last offset delta, first and largest timestamp, producer id and epoch, base sequence, count
    checked = struct.pack(">hiqqqhii", 0, last, now_ms, now_ms + last, -1, -1, -1, len(records)) + body
    # partition leader epoch, magic, crc
    rest = struct.pack(">ibI", -1, 2, crc32c(checked)) + checked
    return struct.pack(">qi", 0, len(rest)) + rest


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        self.at += count
        if self.at > len(self.data):
            raise ValueError("the batch is cut off")
        return self.data[self.at - count:self.at]

    def unpack(self, layout):
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def varint(self):
        shift = value = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value >> 1 ^ -(value & 1)

    def bytes(self):
        length = self.varint()
        return None if length < 0 else self.take(length)


def read(data):
    """Of the first batch: (base offset, records as build() takes them, their timestamps)."""
    whole = _Reader(data)
    base, length = whole.unpack(">qi")
    reader = _Reader(whole.take(length))
    _, magic, crc = reader.unpack(">ibI")
    if magic != 2:
        raise ValueError(f"magic {magic}")
    if crc != crc32c(reader.data[reader.at:]):
        raise ValueError("the checksum does not match")
    attributes, _, first, _, _, _, _, count = reader.unpack(">hiqqqhii")
    if attributes & 7:
        raise ValueError("it is compressed")
    records, times = [], []
    for expected in range(count):
        end = reader.varint()
        end += reader.at
        reader.take(1)
        times.append(first + reader.varint())
        if reader.varint() != expected:
            raise ValueError("an offset is out of line")
        key, value = reader.bytes(), reader.bytes()
        records.append((key, value, [(reader.bytes(), reader.bytes()) for _ in range(reader.varint())]))
        if reader.at != end:
            raise ValueError("a record is not as long as it says")
    return base, records, times
