"""The rows of ./dev bench that begin with "kafka trio": three brokers of each, three replicas, through Kafka's protocol."""

import contextlib
import os
import re
import statistics
import subprocess
import sys
import time
import types

import kafka_rows
from kafka_rows import DEFAULT, SYNC, of

sys.path.insert(0, os.path.join(kafka_rows.HERE, "..", "..", "support"))
import three_brokers  # noqa: E402
from free_ports import free_ports  # noqa: E402

NODES = (1, 2, 3)
SECONDS_BEFORE_KILL = 4
SECONDS_OF_A_KILL = 30  # Apache Kafka's session is 9 s.


class KafkaNode(kafka_rows.Kafka):
    """One of three; each may be the controller."""

    def __init__(self, bench, tools, number, ports, controllers):
        self.number, self.ports, self.controllers = number, ports, controllers
        super().__init__(bench, tools)

    def prepare(self):
        port = self.ports[self.number]
        self.address = f"127.0.0.1:{port}"
        self.properties = os.path.join(self.directory, "server.properties")
        voters = ",".join(f"{node}@127.0.0.1:{self.controllers[node]}" for node in NODES)
        with open(self.properties, "w", encoding="ascii") as file:
            file.write(f"""process.roles=broker,controller
node.id={self.number}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{self.controllers[self.number]}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={self.directory}/data
min.insync.replicas=2
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.segment.delete.delay.ms=1000
""")
        self.java("kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", self.properties).wait()

    def start(self, wait=False):
        super().start(wait)


class Trio:
    """What both have in common."""

    def one(self):
        """Of them, for what kafkagen asks of a broker by its address."""
        return types.SimpleNamespace(address=self.address.partition(",")[0], pids=self.pids)

    def create(self, topic, durability):
        self.tools.generate(self.one(), "create", topic, partitions=1, replication=3, config=self.durabilities[durability])
        kafka_rows.Process.wait_until_acknowledged(self, topic)

    def delete(self, topic):
        self.tools.generate(self.one(), "delete", topic)

    def leader(self, topic):
        address = subprocess.run([self.tools.kafkagen, "--broker", self.address, "--mode", "leader", "--topic", topic],
                                 stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        return self.node_by_port[int(address.rpartition(":")[2])]

    def gap_of_a_kill(self, topic):
        """Milliseconds without an acknowledgement when the leader is killed under load."""
        victim = self.leader(topic)
        load = subprocess.Popen([self.tools.kafkagen, "--broker", self.address, "--mode", "latency", "--topic", topic, "--retry",
                                 "--seconds", str(SECONDS_OF_A_KILL)], stdout=subprocess.PIPE, text=True)
        time.sleep(SECONDS_BEFORE_KILL)
        self.kill(victim)
        gap = float(re.search(r"longest_gap_ms=([0-9.]+)", load.communicate()[0]).group(1))
        self.start_again(victim)
        time.sleep(5)  # It catches up before the next one dies.
        return gap


class KafkaTrio(Trio):
    name = kafka_rows.Kafka.name
    durabilities = kafka_rows.Kafka.settings

    def __init__(self, bench, tools):
        self.tools = tools
        ports = free_ports(2 * len(NODES))
        listen, controllers = dict(zip(NODES, ports[:3])), dict(zip(NODES, ports[3:]))
        self.nodes = {node: KafkaNode(bench, tools, node, listen, controllers) for node in NODES}
        for node in self.nodes.values():
            node.wait_until_ready()
        self.address = ",".join(node.address for node in self.nodes.values())
        self.node_by_port = {port: node for node, port in listen.items()}

    def pids(self):
        return ",".join(str(node.process.pid) for node in self.nodes.values())

    def kill(self, node):
        self.nodes[node].process.kill()
        self.nodes[node].process.wait()

    def start_again(self, node):
        self.nodes[node].start(wait=True)
        time.sleep(15)  # Until the controller takes it back.

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for node in self.nodes.values():
            with contextlib.suppress(ProcessLookupError):
                node.__exit__()


class RopewalkTrio(Trio, three_brokers.TemporaryCluster):
    name = kafka_rows.Ropewalk.name
    durabilities = kafka_rows.Ropewalk.settings

    def __init__(self, bench, tools):
        self.tools = tools
        super().__init__(bench.bin, bench.directory, kafka=True)
        self.address = self.addresses(self.kafka)
        self.node_by_port = {port: node for node, port in self.kafka.items()}

    # A topic's replicas: TemporaryCluster has a leader() of its own.
    leader = Trio.leader

    def pids(self):
        return ",".join(str(self.pid(node)) for node in NODES)

    def start_again(self, node):
        self.start(node)


class Rows:
    def __init__(self, bench, warm_up):
        self.bench = bench
        self.tools = kafka_rows.Tools()
        self.warm_up = warm_up
        self.topics = 0

    def run(self):
        with RopewalkTrio(self.bench, self.tools) as ours, KafkaTrio(self.bench, self.tools) as kafka:
            self.sides = (ours, kafka)
            self.warm(kafka)
            for durability in (DEFAULT, SYNC):
                self.produce(durability)
                self.acknowledgement(durability)
            self.failover()

    @contextlib.contextmanager
    def topic(self, sides, durability):
        self.topics += 1
        name = f"trio-{self.topics}"
        for side in sides:
            side.create(name, durability)
        yield name
        for side in sides:
            side.delete(name)

    def warm(self, kafka):
        until = time.time() + self.warm_up
        while time.time() < until:
            with self.topic([kafka], DEFAULT) as topic:
                self.tools.generate(kafka, "produce", topic, seconds=4, max_mb=100, batch_bytes=16384)
                self.tools.generate(kafka, "latency", topic, seconds=2)

    def in_turns(self, measure):
        figures = {side: [] for side in self.sides}
        for number in range(self.bench.rounds):
            for side in self.sides if number % 2 else reversed(self.sides):
                figures[side].append(measure(side))
        return [figures[side] for side in self.sides]

    def produce(self, durability):
        sync = durability == SYNC
        name = "kafka trio produce, 100 B records, 16 KiB batches" + (", synced" if sync else "")
        if not self.bench.wants(name):
            return
        with self.topic(self.sides, durability) as topic:
            def measure(side):
                self.bench.touch_memory()
                os.sync()
                return self.tools.generate(side, "produce", topic, seconds=5, max_mb=self.bench.megabytes // 4,
                                           batch_bytes=16384)
            ours, theirs = self.in_turns(measure)
        self.row(name, of(ours, "broker_s/GB"), of(theirs, "broker_s/GB"), "CPU s/GB", 1 / 10 if sync else 1 / 6)
        self.row(name + ", rate", of(ours, "MB/s"), of(theirs, "MB/s"), "MB/s", 1, least=True)

    def acknowledgement(self, durability):
        name = "kafka trio ack " + ("with sync" if durability == SYNC else "without sync")
        if not self.bench.wants(name):
            return
        with self.topic(self.sides, durability) as topic:
            os.sync()
            ours, theirs = self.in_turns(lambda side: self.tools.generate(side, "latency", topic, seconds=3))
        for percentile in ("p50", "p99"):
            self.row(f"{name}, {percentile}", of(ours, percentile + "_us"), of(theirs, percentile + "_us"), "us", 1 / 4)

    def failover(self):
        name = "kafka trio, leader killed, longest gap in acknowledgements"
        if not self.bench.wants(name):
            return
        with self.topic(self.sides, DEFAULT) as topic:
            ours, theirs = self.in_turns(lambda side: side.gap_of_a_kill(topic))
        self.row(name, ours, theirs, "ms", 1 / 9)

    def row(self, name, ours, theirs, unit, goal, least=False):
        self.bench.row(name, statistics.median(ours), unit, statistics.median(theirs), goal, least=least,
                       floor_name="Apache Kafka, 3 brokers")
