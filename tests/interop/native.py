"""A client made of the .proto files alone: generated code and a socket.

usage: native.py ROPEWALKD PROTO_DIR PROTOC
"""

import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

SKIPPED = 77

try:
    import google.protobuf  # noqa: F401
except ImportError:
    print("skipped: python3-protobuf is not installed (./dev test --interop installs it)")
    sys.exit(SKIPPED)

import batch


def generate(protoc, proto_dir, into):
    files = [os.path.join("ropewalk/v1", name) for name in sorted(os.listdir(os.path.join(proto_dir, "ropewalk/v1")))
             if name.endswith(".proto")]
    subprocess.run([protoc, f"--proto_path={proto_dir}", f"--python_out={into}", *files], check=True)
    sys.path.insert(0, into)


class Daemon:
    def __init__(self, program, directory):
        self.errors = open(os.path.join(directory, "stderr"), "w+")
        self.process = subprocess.Popen(
            [program, "--data-dir", os.path.join(directory, "data"), "--native-listen", "127.0.0.1:0",
             "--kafka-listen", "off",
             "--admin-listen", "off"], stdout=subprocess.PIPE, stderr=self.errors, text=True)
        if not select.select([self.process.stdout], [], [], 60)[0]:
            self.stop()
            raise RuntimeError("the daemon is not ready after a minute")
        ready = self.process.stdout.readline()
        if not ready.startswith("ready "):
            self.stop()
            raise RuntimeError(f"the daemon said {ready!r}: {open(self.errors.name).read()}")
        host, port = dict(word.split("=") for word in ready.split()[1:])["native"].rsplit(":", 1)
        self.address = host, int(port)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


class Connection:
    """Frames: 4 bytes of length, the header with its length as a varint before it, the body."""

    def __init__(self, address):
        from ropewalk.v1 import header_pb2
        self.messages = header_pb2
        self.socket = socket.create_connection(address, timeout=30)
        self.correlation = 0

    def call(self, api, request, response):
        self.correlation += 1
        header = self.messages.RequestHeader(api_key=api, api_version=1, correlation_id=self.correlation,
                                             timeout_ms=30000)
        head = header.SerializeToString()
        frame = self._varint(len(head)) + head + request.SerializeToString()
        self.socket.sendall(struct.pack(">I", len(frame)) + frame)
        answer = self._read(struct.unpack(">I", self._read(4))[0])
        length, at = self._read_varint(answer)
        header = self.messages.ResponseHeader.FromString(answer[at:at + length])
        expect(header.correlation_id == self.correlation, f"a reply to {header.correlation_id}")
        expect(not header.HasField("error"), f"api {api} was answered {header.error}")
        response.ParseFromString(answer[at + length:])
        return response

    def _read(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            expect(more, "the broker closed the connection")
            data += more
        return data

    @staticmethod
    def _varint(value):
        out = bytearray()
        while value > 0x7F:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        out.append(value)
        return bytes(out)

    @staticmethod
    def _read_varint(data):
        value = at = 0
        while True:
            value |= (data[at] & 0x7F) << 7 * at
            at += 1
            if data[at - 1] < 0x80:
                return value, at


def expect(condition, words):
    if not condition:
        raise AssertionError(words)


def converse(address):
    from ropewalk.v1 import (error_pb2, fetch_pb2, header_pb2, metadata_pb2, negotiate_pb2, produce_pb2, topics_pb2)
    broker = Connection(address)
    hello = broker.call(header_pb2.API_NEGOTIATE,
                        negotiate_pb2.NegotiateRequest(software_name="interop", software_version="1"),
                        negotiate_pb2.NegotiateResponse())
    offered = {api.api_key for api in hello.apis}
    needed = {header_pb2.API_METADATA, header_pb2.API_CREATE_TOPIC, header_pb2.API_PRODUCE, header_pb2.API_FETCH}
    expect(len(hello.cluster_id) == 16 and needed <= offered, f"negotiated {hello}")

    created = broker.call(header_pb2.API_CREATE_TOPIC, topics_pb2.CreateTopicRequest(name="interop", partitions=2),
                          topics_pb2.CreateTopicResponse())
    expect(len(created.topic_id) == 16 and created.partitions == 2, f"created {created}")

    # The leader may take a moment to be there.
    for _ in range(600):
        metadata = broker.call(header_pb2.API_METADATA, metadata_pb2.MetadataRequest(topic_names=["interop"]),
                               metadata_pb2.MetadataResponse())
        topic = metadata.topics[0]
        if not topic.HasField("error") and len(topic.partitions) == 2 and topic.partitions[1].leader_id >= 0:
            break
        time.sleep(0.05)
    expect(topic.topic_id == created.topic_id and topic.partitions[1].leader_id == hello.broker_id,
           f"metadata {metadata}")

    def produce(records):
        request = produce_pb2.ProduceRequest(acks=produce_pb2.ACKS_ALL)
        request.partitions.add(topic_id=topic.topic_id, partition=1,
                               leader_epoch=topic.partitions[1].leader_epoch, records=records)
        # A broker may know that it leads a little before it can: it says that trying again helps.
        for _ in range(600):
            answer = broker.call(header_pb2.API_PRODUCE, request, produce_pb2.ProduceResponse())
            expect(len(answer.partitions) == 1, f"produced {answer}")
            if not answer.partitions[0].error.retriable:
                break
            time.sleep(0.05)
        return answer.partitions[0]

    now = int(time.time() * 1000)
    sent = [(b"key", b"value", [(b"header", b"content"), (b"empty", b""), (b"none", None)]),
            (None, b"x" * 300, []),
            ("Schlüssel".encode(), None, [])]
    built = batch.build(sent, now)
    for base in (0, len(sent)):
        stored = produce(built)
        expect(not stored.HasField("error") and stored.base_offset == base, f"produced {stored}")

    damaged = bytearray(built)
    damaged[-1] ^= 1
    refused = produce(bytes(damaged))
    expect(refused.error.code == error_pb2.CORRUPT_MESSAGE, f"a damaged batch was answered {refused}")

    request = fetch_pb2.FetchRequest(max_wait_ms=10000, min_bytes=1, session_epoch=-1)
    request.partitions.add(topic_id=topic.topic_id, partition=1, fetch_offset=len(sent))
    answer = broker.call(header_pb2.API_FETCH, request, fetch_pb2.FetchResponse())
    expect(len(answer.partitions) == 1 and not answer.partitions[0].HasField("error"), f"fetched {answer}")
    fetched = answer.partitions[0]
    base, read, times = batch.read(fetched.records)
    expect(base == len(sent) and fetched.high_watermark == 2 * len(sent), f"a batch at {base}, {fetched}")
    expect(read == sent, f"sent {sent}, read {read}")
    expect(times == [now + i for i in range(len(sent))], f"times {times} from {now}")
    # Base offset and leader epoch are the broker's; all else is as it was sent.
    expect(fetched.records[8:12] + fetched.records[16:] == built[8:12] + built[16:], "the batch was changed")


def main():
    program, proto_dir, protoc = sys.argv[1:]
    expect(batch.crc32c(b"123456789") == 0xE3069283, "CRC-32C itself is wrong")
    with tempfile.TemporaryDirectory(prefix="rw-interop-") as directory:
        generate(protoc, proto_dir, directory)
        daemon = Daemon(program, directory)
        try:
            converse(daemon.address)
        finally:
            status = daemon.stop()
        expect(status == 0, f"the daemon ended with status {status}")
    print("negotiated, created, produced, refused and fetched: all as the .proto files say")


main()
