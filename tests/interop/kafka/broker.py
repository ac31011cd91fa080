"""One ropewalkd, and the programs that come with it."""

import ctypes
import json
import os
import select
import signal
import struct
import subprocess
import urllib.request

import records

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Broker:
    """On a data directory; started again it listens where it did before."""

    def __init__(self, programs, directory):
        self.programs, self.directory = programs, directory
        self.native = self.kafka = self.admin = "127.0.0.1:0"
        self.process = None
        self.errors = open(os.path.join(directory, "broker.log"), "w")

    def start(self):
        self.process = subprocess.Popen(
            [f"{self.programs}/ropewalkd", "--data-dir", f"{self.directory}/data", "--native-listen", self.native,
             "--kafka-listen", self.kafka, "--admin-listen", self.admin],
            stdout=subprocess.PIPE, stderr=self.errors, text=True, preexec_fn=die_with_parent)
        ready = self.process.stdout.readline() if select.select([self.process.stdout], [], [], 60)[0] else ""
        if not ready.startswith("ready "):
            raise RuntimeError(f"the broker said {ready!r}, see its log")
        listeners = dict(word.split("=") for word in ready.split()[1:])
        self.native, self.kafka, self.admin = listeners["native"], listeners["kafka"], listeners["admin"]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        if status != 0:
            raise AssertionError(f"the broker ended with status {status}")

    def command(self, *words, given=b""):
        done = subprocess.run([f"{self.programs}/ropewalk", *words], input=given, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=os.environ | {"ROPEWALK_BROKERS": self.native})
        if done.returncode != 0:
            raise AssertionError(f"ropewalk {' '.join(words)}: {done.stderr.decode()}")
        return done.stdout

    def create_topic(self, name, **settings):
        """With two partitions, and without retention: the records are from long ago."""
        settings = {"retention.ms": "-1"} | settings
        words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        self.command("topic", "create", name, "--partitions", "2", *words)

    def offsets(self, topic):
        """By partition: where it begins, where it ends."""
        rows = json.loads(self.command("topic", "offsets", topic, "--json"))
        return {row["partition"]: (row["begin"], row["end"]) for row in rows}

    def produce(self, topic, sent, codec):
        for partition in (0, 1):
            lines = [json.dumps(_native_json(record)) for record in sent if record.partition == partition]
            self.command("produce", topic, "--format", "json", "--compression", codec, "--partition", str(partition),
                         given="\n".join(lines).encode() + b"\n")

    def consume(self, topic):
        """By partition: its records by offset."""
        found = {}
        for line in self.command("consume", topic, "--format", "json").splitlines():
            line = json.loads(line)
            record = records.Record(line["partition"], line["timestamp"], _native_bytes(line, "key"),
                                    _native_bytes(line, "value"),
                                    tuple((header["key"], _native_bytes(header, "value")) for header in line["headers"]))
            found.setdefault(record.partition, {})[line["offset"]] = record
        return found

    def served(self, call):
        """How many such calls of Kafka's clients it has answered since it started."""
        with urllib.request.urlopen(f"http://{self.admin}/metrics") as page:
            for line in page.read().decode().splitlines():
                if line.startswith("ropewalk_requests_total{") and 'listener="kafka"' in line and f'api="{call}"' in line:
                    return int(line.split()[-1])
        raise AssertionError(f"the metrics have no {call}")

    def leader_epoch(self, topic, partition):
        described = json.loads(self.command("topic", "describe", topic, "--json"))
        return described[0]["partitions"][partition]["leader_epoch"]

    def segments(self, topic, partition):
        described = json.loads(self.command("topic", "describe", topic, "--json"))
        folder = records.bytes_of(described[0]["topic_id"].replace("-", "+").replace("_", "/") + "==").hex()
        folder = f"{self.directory}/data/partitions/{folder}/{partition}"
        return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".log"))

    def codecs(self, topic):
        """Which codecs the batches on disk have."""
        found = set()
        for path in self.segments(topic, 0) + self.segments(topic, 1):
            dumped = subprocess.run([f"{self.programs}/ropewalkd", "log", "dump", path], stdout=subprocess.PIPE, check=True,
                                    text=True).stdout
            with open(path, "rb") as file:
                for words in (line.split() for line in dumped.splitlines() if line.startswith("batch ")):
                    file.seek(int(words[words.index("position") + 1]) + 21)
                    found.add(CODECS[struct.unpack(">h", file.read(2))[0] & 7])
        return found


def _native_json(record):
    line = {"timestamp": record.timestamp, "headers": [_native_field({"key": name}, "value", value)
                                                       for name, value in record.headers]}
    return _native_field(_native_field(line, "key", record.key), "value", record.value)


def _native_field(line, name, data):
    if data is None:
        return line | {name: None}
    return line | {f"{name}_base64": records.text_of(data)}


def _native_bytes(line, name):
    if f"{name}_base64" in line:
        return records.bytes_of(line[f"{name}_base64"])
    return None if line[name] is None else line[name].encode()
