"""kcat behind the contract: one process of it for each thing asked."""

import itertools
import os
import re
import subprocess
import sys
import threading

import contract
from records import Record

KEY_END, RECORD_END = "<key>", "<end>"  # Not to be found in any record.
DELIVERED = re.compile(rb"% Message delivered to partition \d+ \(offset (\d+)\)")
STEADY = ["-E", "-X", "message.max.bytes=1048588", "-X", "reconnect.backoff.max.ms=200", "-X", "linger.ms=1"]


class Stream:
    """A kcat that sends what it is given line by line to one partition."""

    def __init__(self, command, acked):
        self.indexes = []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        self.reader = threading.Thread(target=self._read, args=(acked,))
        self.reader.start()

    def send(self, index, record):
        self.indexes.append(index)
        self.process.stdin.write(record.key + KEY_END.encode() + record.value + RECORD_END.encode())
        self.process.stdin.flush()

    def _read(self, acked):
        count = 0
        for line in self.process.stderr:
            match = DELIVERED.match(line)
            if match:
                acked(self.indexes[count], int(match[1]))
                count += 1
            else:
                sys.stderr.buffer.write(line)

    def close(self):
        self.process.stdin.close()
        status = self.process.wait()
        self.reader.join()
        if status != 0:
            raise RuntimeError(f"kcat ended with status {status}")


class Kcat:
    def __init__(self, broker):
        self.base = ["kcat", "-b", broker]

    def produce(self, coming, acked, topic, codec, idempotent):
        command = [*self.base, "-P", "-t", topic, "-z", codec, "-vvv", *STEADY,
                   "-X", f"enable.idempotence={'true' if idempotent else 'false'}"]
        if not idempotent:
            command += ["-X", "max.in.flight=1"]
        first = next(coming)
        everything = enumerate(itertools.chain([first], coming))
        if first.headers or first.value is None or b"record " not in first.value:
            for index, record in everything:
                acked(index, self._produce_one(command, record))
            return
        streams = {}
        for index, record in everything:
            if record.partition not in streams:
                streams[record.partition] = Stream([*command, "-p", str(record.partition), "-K", KEY_END, "-D", RECORD_END], acked)
            streams[record.partition].send(index, record)
        for stream in streams.values():
            stream.close()

    @staticmethod
    def _produce_one(command, record):
        command = [*command, "-p", str(record.partition)]
        for name, value in record.headers:
            command += ["-H", os.fsencode(name) if value is None else name.encode() + b"=" + value]
        line = record.value or b""
        if record.key is not None:
            command += ["-K", KEY_END]
            line = record.key + KEY_END.encode() + line
        if record.value is None:
            command += ["-Z"]  # An empty value is none; so is an empty key, and a line without anything is left out.
        done = subprocess.run([*command, "-D", RECORD_END], input=line + RECORD_END.encode(), stderr=subprocess.PIPE)
        match = DELIVERED.search(done.stderr)
        if done.returncode != 0 or not match:
            raise RuntimeError(done.stderr.decode(errors="replace"))
        return int(match[1])

    def consume(self, topic, ranges):
        for partition, (begin, end) in ranges.items():
            process = subprocess.Popen(
                [*self.base, "-q", "-E", "-C", "-t", topic, "-p", str(partition), "-e", "-X", "auto.offset.reset=earliest", "-X", "fetch.wait.max.ms=50",
                 "-o", "beginning" if begin == "earliest" else str(begin), "-f", "%o %T %K %S %h\\n%k%s\\n"],
                stdout=subprocess.PIPE)
            while line := process.stdout.readline():
                offset, timestamp, key, value, *headers = line[:-1].split(b" ", 4)
                key, value = (process.stdout.read(int(n)) if int(n) >= 0 else None for n in (key, value))
                process.stdout.read(1)
                yield int(offset), Record(partition, int(timestamp), key, value, self._headers(headers))
            if process.wait() != 0:
                raise RuntimeError(f"kcat ended with status {process.returncode}")

    @staticmethod
    def _headers(text):
        """`a=b,c=NULL`: none of the records sent have commas or such a text in a header."""
        pairs = (pair.partition(b"=") for pair in (text[0].split(b",") if text and text[0] else ()))
        return tuple((name.decode(), None if value == b"NULL" else value) for name, _, value in pairs)

    def offset(self, topic, partition, at):
        at = {"earliest": -2, "latest": -1}.get(at, at)
        done = subprocess.run([*self.base, "-Q", "-t", f"{topic}:{partition}:{at}"], stdout=subprocess.PIPE, check=True,
                              text=True)
        return int(re.search(r"\] offset (-?\d+)", done.stdout)[1])

    def topics(self):
        done = subprocess.run([*self.base, "-L"], stdout=subprocess.PIPE, check=True, text=True)
        return {name: int(count) for name, count in re.findall(r'topic "(.*)" with (\d+) partitions', done.stdout)}


def main():
    version = re.search(r"Version (\S+).*librdkafka (\S+)", subprocess.run(["kcat", "-V"], stdout=subprocess.PIPE, check=True,
                                                                          text=True).stdout)
    contract.serve(Kcat(sys.argv[1]), "kcat", f"{version[1]}, librdkafka {version[2]}",
                   codecs=["none", "gzip", "snappy", "lz4", "zstd"], idempotence=[False, True],
                   lacks=["timestamps", "empty header names", "records without key and value"], admin=[])


main()
