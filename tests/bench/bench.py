#!/usr/bin/python3
"""./dev bench [NAME...] [--json FILE]: what a record costs, beside what the machine allows.

NAME picks rows by their beginning. Those that begin with "failover" or "kafka" run only when they are named: they
take minutes, and the latter need Apache Kafka (tests/bench/kafka/README.md). Everything in one run, in turns, since this machine's figures
move from minute to minute; a row's figure is the median of its rounds.
"""

import argparse
import glob
import json
import mmap
import os
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import floorlog

RECORD_OVERHEAD = 11  # Of our format, at most; the batches must stay below the size that is named.
BATCH_HEADER_BYTES = 61
FRAMED_RECORD_BYTES = 220  # A produce of one 100-byte record, with frame and batch header.
STORED_RECORD_BYTES = 173  # The same on disk.


class Broker:
    """A ropewalkd on a fresh directory."""

    def __init__(self, bench, count_syncs=False):
        self.bench = bench
        self.directory = tempfile.mkdtemp(prefix="broker-", dir=bench.directory)
        self.start(count_syncs)

    def start(self, count_syncs=False):
        bench = self.bench
        environment = dict(os.environ)
        self.sync_file = os.path.join(self.directory, "sync-count")
        if count_syncs:
            environment["LD_PRELOAD"] = os.path.join(bench.bin, "librw_count_syncs.so")
            environment["RW_SYNC_COUNT"] = self.sync_file
        self.log = open(os.path.join(self.directory, "log"), "wb")
        self.process = subprocess.Popen(
            [bench.program("ropewalkd"), "--data-dir", os.path.join(self.directory, "data"),
             "--native-listen", "127.0.0.1:0", "--kafka-listen", "off",
             "--admin-listen", "off"],
            stdout=subprocess.PIPE, stderr=self.log, env=environment, text=True)
        ready = self.process.stdout.readline()
        fields = dict(field.split("=", 1) for field in ready.split() if "=" in field)
        if "native" not in fields:
            self.log.flush()
            sys.exit("bench: ropewalkd did not start: " +
                     open(self.log.name, encoding="utf-8", errors="replace").read()[-2000:])
        self.port = int(fields["native"].rpartition(":")[2])

    def syncs(self):
        with open(self.sync_file, "rb") as counter:
            return struct.unpack("q", counter.read(8))[0]

    def load(self, name, **options):
        return self.bench.load(name, port=self.port, **options)

    def restart(self, how):
        """Ends it by the signal; seconds from a new start to the line that says that it serves."""
        self.process.send_signal(how)
        self.process.wait()
        began = time.time()
        self.start()
        return time.time() - began

    def cpu(self):
        total = 0
        for task in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            with open(task, encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total / 1e9

    def resident_mib(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20

    def create(self, topic, durability, partitions=1):
        self.load("create-topic", topic=topic, durability=durability, partitions=partitions)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)


class Bench:
    def __init__(self, options):
        self.bin = options.bin
        self.rounds = options.rounds
        self.megabytes = options.mb
        self.wanted = options.names
        self.warm_up = options.warm_up
        self.directory = tempfile.mkdtemp(prefix="bench-", dir=options.dir)
        self.rows = []

    def program(self, name):
        return os.path.join(self.bin, name)

    def load(self, name, **options):
        command = [self.program("rw_bench_load"), name]
        for key, value in options.items():
            command += ["--" + key, str(value)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"bench: {' '.join(command)} failed")
        return json.loads(done.stdout)

    def raw_sync(self, **options):
        return self.load("raw-sync", bytes=STORED_RECORD_BYTES, seconds=2, directory=self.directory, **options)

    def records_in(self, batch_kib, record):
        return (batch_kib * 1024 - BATCH_HEADER_BYTES) // (record + RECORD_OVERHEAD)

    def wants(self, *names):
        return not self.wanted or any(
            name.startswith(wanted) for name in names for wanted in self.wanted)

    def row(self, name, value, unit, floor=None, goal=None, least=False, floor_name=""):
        """`goal` bounds the ratio to the floor, or the value itself where there is no floor."""
        ratio = value / floor if floor else None
        judged = ratio if floor else value
        met = None
        if goal is not None:
            met = judged >= goal if least else judged <= goal
        self.rows.append({"name": name, "value": round(value, 3), "unit": unit,
                          "floor": None if floor is None else round(floor, 3),
                          "floor_name": floor_name,
                          "ratio": None if ratio is None else round(ratio, 2),
                          "goal": goal, "least": least, "met": met})

    def floor_server(self, sync=False, followers=0):
        return floorlog.Floor(self.program("floorlog"), self.directory, sync, followers)

    # A virtual machine's host gives memory at its first touch, and may take it back seconds after it
    # was freed: whoever comes first would pay.
    def touch_memory(self):
        piece = bytes(1 << 20)
        with mmap.mmap(-1, 2 * self.megabytes * len(piece)) as memory:
            for at in range(0, len(memory), len(piece)):
                memory[at:at + len(piece)] = piece

    def ours(self, **load):
        with Broker(self) as broker:
            broker.create("bench", "replicated")
            return broker.load("throughput", topic="bench", pid=broker.process.pid, inflight=8, **load)

    def floor(self, record, records, megabytes):
        with self.floor_server() as server:
            produce, consume = server.run("bench", record, records, 8, megabytes)
        return {"produce_cpu_s_gb": float(produce["server_cpu"]),
                "produce_mb_s": float(produce["MB/s"]),
                "consume_cpu_s_gb": float(consume["server_cpu"]),
                "consume_mb_s": float(consume["MB/s"])}

    # Each round measures both, in turns.
    def rounds_of(self, ours, floor):
        figures = {ours: [], floor: []}
        for number in range(self.rounds):
            for one in (ours, floor) if number % 2 else (floor, ours):
                figures[one].append(one())
        return figures[ours], figures[floor]

    def throughput(self, record, batch_kib, goal):
        names = [f"{what} {size(record)} records, {batch_kib} KiB batches"
                 for what in ("produce", "consume")]
        if not self.wants(*names):
            return
        records = self.records_in(batch_kib, record)
        ours, floor = self.rounds_of(
            lambda: self.ours(bytes=record, records=records, mb=self.megabytes),
            lambda: self.floor(record, records, self.megabytes))
        for what, name in zip(("produce", "consume"), names):
            if not self.wants(name):
                continue
            self.row(name, median(ours, what + "_cpu_s_gb"), "CPU s/GB",
                     median(floor, what + "_cpu_s_gb"), goal, floor_name="floorlog")
            self.row(name + ", rate", median(ours, what + "_mb_s"), "MB/s",
                     median(floor, what + "_mb_s"), floor_name="floorlog")

    def compressed(self, codec):
        """64 KiB of 100-byte records, packed: beside what may be spent on the packed bytes and on
        looking into them."""
        names = [f"{what} 100 B records, {codec}" for what in ("produce", "consume")]
        if not self.wants(*names):
            return
        records = self.records_in(64, 100)
        walk = self.load("raw-walk", bytes=100, records=records, codec=codec)
        share = walk["packed_share"]
        packed_megabytes = max(1, round(self.megabytes * share))
        ours, floor = self.rounds_of(
            lambda: self.ours(bytes=100, records=records, mb=self.megabytes, codec=codec),
            lambda: self.floor(int(walk["batch_bytes"]), 1, packed_megabytes))
        for what, name, looking in (("produce", names[0], walk["walk_cpu_s_gb"]),
                                    ("consume", names[1], 0)):
            if self.wants(name):
                allowed = 1.5 * share * median(floor, what + "_cpu_s_gb") + 1.2 * looking
                self.row(name, median(ours, what + "_cpu_s_gb"), "CPU s/GB", allowed, 1,
                         floor_name="1.5 floorlog + 1.2 unpack and walk"
                         if looking else "1.5 floorlog")

    def client(self):
        """What a record costs the program that sends it, through our library."""
        name = "client produce, 100 B"
        if not self.wants(name):
            return
        sent = []
        for _ in range(self.rounds):
            with Broker(self) as broker:
                broker.create("bench", "replicated")
                sent.append(broker.load("client-produce", topic="bench", bytes=100,
                                        records=self.megabytes * 10_000))
        self.row(name + ", CPU", median(sent, "cpu_us_per_record"), "us/record")
        self.row(name + ", rate", median(sent, "records_per_second"), "records/s")

    def idle(self):
        names = ("idle broker, resident", "10,000 idle partitions, resident",
                 "10,000 idle partitions, CPU", "10,000 idle partitions, clean restart",
                 "10,000 idle partitions, restart after a kill")
        if not self.wants(*names):
            return
        with Broker(self) as broker:
            time.sleep(1)
            fresh = broker.resident_mib()
            broker.create("idle", "synced", partitions=10_000)
            clean, killed, resident, share = [], [], [], []
            for _ in range(self.rounds):
                clean.append(broker.restart(signal.SIGTERM))
                killed.append(broker.restart(signal.SIGKILL))
                time.sleep(3)
                before, began = broker.cpu(), time.time()
                time.sleep(5)
                share.append((broker.cpu() - before) / (time.time() - began) * 100)
                resident.append(broker.resident_mib())
        for name, value, unit, goal in zip(
                names, (fresh, *map(statistics.median, (resident, share, clean, killed))),
                ("MiB", "MiB", "% of a core", "s", "s"), (30, 80, 2, 1, None)):
            if self.wants(name):
                self.row(name, value, unit, goal=goal)

    def restart(self):
        name = "restart after a kill"
        if not self.wants(name):
            return
        ours, raw = [], []
        for _ in range(self.rounds):
            with Broker(self) as broker:
                broker.create("bench", "replicated")
                broker.load("throughput", topic="bench", pid=broker.process.pid, inflight=8,
                            bytes=100, records=147, mb=self.megabytes)
                broker.restart(signal.SIGKILL)
                with open(broker.log.name, encoding="utf-8") as log:
                    words = log.read().split(" scanned ")[-1].split()
                scanned = int(words[0]) / 1e9
                ours.append(broker.cpu() / scanned)
                for file in glob.glob(broker.directory + "/data/partitions/*/*/*.log"):
                    one = self.load("raw-scan", file=file)
                    raw.append(one["cpu_seconds"] / (os.path.getsize(file) / 1e9))
        self.row(name + ", what was not synced", statistics.median(ours), "CPU s/GB",
                 statistics.median(raw), 1.3, floor_name="read and checksum")

    def acknowledgement(self, durability, goal):
        sync = durability == "synced"
        name = "ack " + ("with sync" if sync else "without sync")
        if not self.wants(name):
            return
        ours, raw, floors = [], [], []
        with Broker(self) as broker:
            broker.create("bench", durability)
            for _ in range(self.rounds):
                if sync:
                    raw.append(self.raw_sync())
                else:
                    raw.append(self.load("raw-ping-pong", bytes=FRAMED_RECORD_BYTES, seconds=1))
                ours.append(broker.load("latency", topic="bench", seconds=2))
                with self.floor_server(sync) as server:
                    floors.append(server.run("lat", 100, 1)[0])
        raw_name = "raw write + fdatasync" if sync else "raw ping-pong"
        self.row(name + ", p50", median(ours, "p50_us"), "us", median(raw, "p50_us"), goal,
                 floor_name=raw_name)
        self.row(name + ", p99", median(ours, "p99_us"), "us", median(raw, "p99_us"),
                 floor_name=raw_name)
        floor_p50 = statistics.median(float(one["p50"].removesuffix("us")) for one in floors)
        self.row(name + ", p50 beside floorlog", median(ours, "p50_us"), "us", floor_p50,
                 floor_name="floorlog")

    def group_commit(self, partitions):
        name = f"group commit, 64 producers on {partitions} partition" + "s" * (partitions > 1)
        if not self.wants(name):
            return
        per_sync, ours, raw = [], [], []
        for _ in range(self.rounds):
            with Broker(self, count_syncs=True) as broker:
                broker.create("bench", "synced", partitions)
                # The first append to a partition makes its files: not what is measured.
                broker.load("many", topic="bench", producers=64, partitions=partitions, seconds=1)
                before_syncs = broker.syncs()
                done = broker.load("many", topic="bench", producers=64, partitions=partitions,
                                   seconds=3)
                per_sync.append(done["records"] / max(1, broker.syncs() - before_syncs))
                ours.append(done)
            raw.append(self.raw_sync(files=partitions, threads=min(16, partitions)))
        self.row(name + ", records per fdatasync", statistics.median(per_sync), "records",
                 goal=32 if partitions == 1 else None, least=True)
        self.row(name + ", p50", median(ours, "p50_us"), "us", median(raw, "p50_us"),
                 1.5 if partitions > 1 else None,
                 floor_name=f"raw, {partitions} files, {min(16, partitions)} threads")
        self.row(name + ", rate", median(ours, "per_second"), "records/s")

    def run(self):
        started = time.time()
        try:
            self.measure()
        finally:
            if self.rows:
                self.print_table(time.time() - started)
        if not self.rows:
            sys.exit("bench: no row begins with " + " or ".join(self.wanted))

    def measure(self):
        self.touch_memory()
        for record in (100, 1024):
            self.throughput(record, 16, 1.5)
            self.throughput(record, 256, 1.4 if record == 100 else 1.2)
        self.compressed("lz4")
        self.compressed("zstd")
        self.acknowledgement("replicated", 2)
        self.acknowledgement("synced", 1.6)
        self.group_commit(1)
        self.group_commit(64)
        self.client()
        self.idle()
        self.restart()
        if not self.wanted or any(name.startswith("cluster") for name in self.wanted):
            import cluster_rows
            cluster_rows.Rows(self).run()
        if any(name.startswith("failover") for name in self.wanted):
            import failover_rows
            failover_rows.rows(self)
        if any(name.startswith("kafka") for name in self.wanted):
            sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "kafka"))
            import kafka_rows  # Needs what only these rows do.
            import trio_rows
            trio = [name.startswith("kafka trio") for name in self.wanted if name.startswith("kafka")]
            if not all(trio):
                kafka_rows.Rows(self, self.warm_up).run()
            if "kafka" in self.wanted or any(trio):
                trio_rows.Rows(self, self.warm_up).run()

    def print_table(self, seconds):
        heads = ("", "ropewalkd", "unit", "floor", "ratio", "goal", "floor is")
        lines = [heads]
        for row in self.rows:
            sign = ">=" if row["least"] else "<="
            goal = "" if row["goal"] is None else f"{sign} {row['goal']}"
            if row["met"] is False:
                goal += " missed"
            lines.append((row["name"], figure(row["value"]), row["unit"], figure(row["floor"]),
                          figure(row["ratio"]), goal, row["floor_name"]))
        widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
        for line in lines:
            cells = [cell.rjust(width) if i in (1, 3, 4) else cell.ljust(width)
                     for i, (cell, width) in enumerate(zip(line, widths))]
            print("  ".join(cells).rstrip())
        print(f"\n{os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f}, "
              f"{self.rounds} rounds, {seconds:.0f} s")


def median(figures, key):
    return statistics.median(one[key] for one in figures)


def figure(value):
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"


def size(record):
    return "100 B" if record == 100 else f"{record // 1024} KiB"


def main():
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--json", metavar="FILE", help="also write the rows there")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mb", type=int, default=400, help="payload of a throughput round")
    parser.add_argument("--dir", default=os.path.join(top, "build"), help="whose disk is measured")
    parser.add_argument("--warm-up", type=int, default=120, help="seconds for Kafka's JVM")
    parser.add_argument("--bin", default=os.path.join(top, "build/release/bin"))
    options = parser.parse_args()
    bench = Bench(options)
    try:
        bench.run()
    finally:
        shutil.rmtree(bench.directory, ignore_errors=True)
        if options.json:
            with open(options.json, "w", encoding="utf-8") as out:
                json.dump(bench.rows, out, indent=1)
                out.write("\n")


if __name__ == "__main__":
    main()
