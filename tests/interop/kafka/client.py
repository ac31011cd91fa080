"""A client program as the driver sees it (README.md has the contract)."""

import json
import os
import queue
import subprocess
import threading
import time

import records
from broker import die_with_parent

PATIENCE = 120  # Seconds without a word, after which a client is given up.


class ClientError(Exception):
    pass


class Client:
    def __init__(self, name, prepared, broker, directory):
        self.log = open(os.path.join(directory, f"{name}.log"), "w")
        self.process = subprocess.Popen([*prepared.command, broker.kafka], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log, env=os.environ | prepared.environment,
                                        preexec_fn=die_with_parent)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.name = name
        self.hello = self._next()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put({"error": "the program ended"})

    def _next(self):
        try:
            return self.lines.get(timeout=PATIENCE)
        except queue.Empty:
            raise ClientError(f"{self.name} has said nothing for {PATIENCE} s") from None

    def _write(self, **line):
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        self.process.stdin.flush()

    def _answer(self):
        """What it says before its last line, and that."""
        said = []
        while True:
            line = self._next()
            if "error" in line:
                raise ClientError(f"{self.name}: {line['error']}")
            if "done" in line:
                return said, line["done"]
            said.append(line)

    def can(self, what):
        return what in self.hello["admin"]

    def makes(self, call):
        """Whether what the scenarios ask of it must lead to this call of Kafka's protocol."""
        return call in self.hello.get("calls", [])

    def lacks(self, what):
        return what in self.hello["lacks"]

    def ask(self, do, **arguments):
        self._write(do=do, **arguments)
        return self._answer()[1]

    def consume(self, topic, places):
        """`places`: by partition, where to begin and where to end. What it read, as Broker.consume()."""
        return self.reading(topic, places).end()

    def reading(self, topic, places):
        self._write(do="consume", topic=topic,
                    partitions={str(number): {"from": begin, "to": end} for number, (begin, end) in places.items()})
        return Reading(self, topic)

    def produce(self, topic, sent, codec, idempotent):
        """Offsets by index into `sent`."""
        sending = self.sending(topic, codec, idempotent)
        sending.send(sent)
        return sending.end()

    def sending(self, topic, codec, idempotent):
        self._write(do="produce", topic=topic, codec=codec, idempotent=idempotent)
        return Sending(self)

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Reading:
    """A consume under way."""

    def __init__(self, client, topic):
        self.client, self.topic, self.found = client, topic, {}

    def take(self, count):
        """The next records."""
        for _ in range(count):
            line = self.client._next()
            if "offset" not in line:
                raise ClientError(f"{self.client.name}: {line}")
            self._add(line)

    def end(self):
        """The rest. All of it, as Broker.consume()."""
        for line in self.client._answer()[0]:
            self._add(line)
        return self.found

    def _add(self, line):
        record = records.from_json(line)
        before = self.found.setdefault(record.partition, {})
        if before and line["offset"] <= next(reversed(before)):
            raise AssertionError(f"{self.client.name} read {line['offset']} of {self.topic}-{record.partition} late")
        before[line["offset"]] = record


class Sending:
    """A produce under way."""

    def __init__(self, client):
        self.client, self.offsets = client, {}

    def send(self, more):
        for record in more:
            self.client._write(**records.to_json(record))

    def send_until(self, count, coming):
        """Sends on until so many are acknowledged. How many it has sent. Never far ahead: a machine that
        is busy must not make it run out of records."""
        sent = 0
        while len(self.offsets) < count:
            self.send([next(coming)])
            sent += 1
            if sent - len(self.offsets) > 2000:
                time.sleep(0.001)
            while not self.client.lines.empty():
                self._take(self.client._next())
        return sent

    def _take(self, line):
        if "error" in line:
            raise ClientError(f"{self.client.name}: {line['error']}")
        if "done" in line:
            return True
        if line["index"] in self.offsets:
            raise AssertionError(f"{self.client.name} says twice that record {line['index']} is stored")
        self.offsets[line["index"]] = line["offset"]
        return False

    def end(self):
        self.client._write(end=True)
        while not self._take(self.client._next()):
            pass
        return self.offsets
