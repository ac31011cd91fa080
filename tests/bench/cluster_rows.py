"""The rows of ./dev bench that begin with "cluster": three brokers beside floorlog with two followers."""

import json
import os
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import three_brokers  # noqa: E402

FOLLOWERS = 2
BATCH_KIB = 16
RECORD_BYTES = 100
MANY_PARTITIONS = 10_000


class Cluster(three_brokers.TemporaryCluster):
    """Three brokers whose one topic has a replica on each."""

    def create(self, durability, partitions=1):
        self.run("topic", "create", "bench", "--partitions", str(partitions), "--set", f"durability={durability}")
        self.wait_until_whole()

    def pids(self):
        return ",".join(str(self.pid(broker)) for broker in three_brokers.BROKERS)

    def leads(self, broker):
        return next(one["leads"] for one in json.loads(self.run("cluster", "brokers", "--json"))
                    if one["broker_id"] == broker)

    def load(self, bench, name, **options):
        return bench.load(name, port=self.native[self.leader("bench")], topic="bench", **options)


class Rows:
    def __init__(self, bench):
        self.bench = bench

    def run(self):
        self.throughput("replicated", self.bench.megabytes)
        self.throughput("synced", self.bench.megabytes // 4)
        self.acknowledgement("replicated")
        self.acknowledgement("synced")
        self.many_partitions()

    def throughput(self, durability, megabytes):
        """Ours and the floor's figures: a topic of three replicas is filled, then read once."""
        sync = durability == "synced"
        name = "cluster, 100 B records, 16 KiB batches" + (", synced" if sync else "")
        if not self.bench.wants(name):
            return
        records = self.bench.records_in(BATCH_KIB, RECORD_BYTES)

        def ours():
            with Cluster(self.bench.bin, self.bench.directory) as cluster:
                cluster.create(durability)
                self.settle()
                return cluster.load(self.bench, "throughput", pid=cluster.pids(), inflight=8, bytes=RECORD_BYTES,
                                    records=records, mb=megabytes)

        def floor():
            with self.bench.floor_server(sync, FOLLOWERS) as server:
                self.settle()
                return server.run("bench", RECORD_BYTES, records, 8, megabytes)

        measured, least = self.bench.rounds_of(ours, floor)
        produce, consume = ([float(one[i]["server_cpu"]) for one in least] for i in (0, 1))
        self.row(f"{name}, produce and consume",
                 [one["produce_cpu_s_gb"] + one["consume_cpu_s_gb"] for one in measured], "CPU s/GB",
                 [p + c for p, c in zip(produce, consume)], None if sync else 1.5)
        self.row(f"{name}, produce", [one["produce_cpu_s_gb"] for one in measured], "CPU s/GB", produce)
        self.row(f"{name}, produce rate", [one["produce_mb_s"] for one in measured], "MB/s",
                 [float(one[0]["MB/s"]) for one in least], 0.6 if sync else None, least=True)

    def settle(self):
        """Nobody pays for memory that is new, or for the other's dirty pages."""
        self.bench.touch_memory()
        os.sync()

    def acknowledgement(self, durability):
        sync = durability == "synced"
        name = "cluster ack " + ("with sync" if sync else "without sync")
        if not self.bench.wants(name):
            return
        raw, ours, floor = [], [], []
        with Cluster(self.bench.bin, self.bench.directory) as cluster:
            cluster.create(durability)
            for _ in range(self.bench.rounds):
                if sync:
                    raw.append(self.bench.raw_sync())
                ours.append(cluster.load(self.bench, "latency", seconds=2))
                with self.bench.floor_server(sync, FOLLOWERS) as server:
                    floor.append(server.run("lat", RECORD_BYTES, 2)[0])
        for percentile in ("p50", "p99"):
            mine = [one[percentile + "_us"] for one in ours]
            theirs = [float(one[percentile].removesuffix("us")) for one in floor]
            judged = percentile == "p50"
            self.row(f"{name}, {percentile} beside floorlog", mine, "us", theirs, 2 if judged and not sync else None)
            if sync:
                self.row(f"{name}, {percentile}", mine, "us", [one[percentile + "_us"] for one in raw], 2 if judged else None,
                         floor_name="raw write + fdatasync")

    def many_partitions(self):
        """A topic of three replicas on every broker: made, left alone, its leaders killed and started again."""
        names = [f"cluster, {MANY_PARTITIONS:,} partitions, " + what
                 for what in ("created", "idle CPU of a broker", "leaders moved after a kill", "restart", "whole again")]
        if not self.bench.wants(*names):
            return
        moved, restarted, whole = [], [], []
        with Cluster(self.bench.bin, self.bench.directory) as cluster:
            began = time.time()
            cluster.create("synced", MANY_PARTITIONS)
            created = time.time() - began
            time.sleep(5)
            before, began = cluster.cpu(), time.time()
            time.sleep(10)
            idle = (cluster.cpu() - before) / (time.time() - began) / len(three_brokers.BROKERS) * 100
            for victim in three_brokers.BROKERS:
                began = time.time()
                cluster.kill(victim)
                while cluster.leads(victim) != 0:
                    pass
                moved.append(time.time() - began)
                began = time.time()
                cluster.start(victim)
                restarted.append(time.time() - began)
                cluster.wait_until_whole()
                whole.append(time.time() - began)
        for name, value, unit, goal in zip(names, (created, idle, max(moved), max(restarted), max(whole)),
                                           ("s", "% of a core", "s", "s", "s"), (30, 2, 2, 3, None)):
            if self.bench.wants(name):
                self.bench.row(name, value, unit, goal=goal)

    def row(self, name, ours, unit, floor, goal=None, least=False, floor_name="floorlog, 2 followers"):
        self.bench.row(name, statistics.median(ours), unit, statistics.median(floor), goal, least=least,
                       floor_name=floor_name)
