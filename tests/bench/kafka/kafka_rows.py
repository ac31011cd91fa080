"""The rows of ./dev bench that begin with "kafka": Apache Kafka and ropewalkd in turn, through Kafka's protocol."""

import contextlib
import glob
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "support"))
from free_ports import free_ports  # noqa: E402

READY_SECONDS = 90
FILES_LEFT_MIB = 64  # Of a broker whose topics are deleted.
DEFAULT, SYNC = "default", "sync"  # Kafka's durability, and that of flush.messages=1.


class Tools:
    """What is fetched and compiled once, beside the build."""

    def __init__(self):
        self.directory = os.path.join(HERE, "..", "..", "..", "build", "bench-kafka")
        self.libraries = os.path.join(self.directory, "libs")
        os.makedirs(self.directory, exist_ok=True)
        if not glob.glob(self.libraries + "/kafka_*.jar"):
            done = subprocess.run(["mvn", "-q", "-B", "-f", os.path.join(HERE, "pom.xml"), "dependency:copy-dependencies",
                                   "-DoutputDirectory=" + self.libraries], check=False)
            if done.returncode != 0:
                sys.exit("bench: Maven could not fetch Apache Kafka (tests/bench/kafka/pom.xml)")
        self.kafkagen = self.compiled("kafkagen", ["clang++-19", "-O2", "-march=x86-64-v2", "-std=c++20", "-w",
                                                   os.path.join(HERE, "kafkagen.cpp")])
        self.rdk = self.compiled("rdk_bench", ["clang-19", "-O2", "-w", os.path.join(HERE, "rdk_bench.c"), "-lrdkafka"])

    def compiled(self, name, command):
        path = os.path.join(self.directory, name)
        if not os.path.exists(path):
            subprocess.run(command + ["-o", path], check=True)
        return path

    def generate(self, broker, mode, topic, **options):
        command = [self.kafkagen, "--broker", broker.address, "--mode", mode, "--topic", topic,
                   "--pids", broker.pids()]
        for key, value in options.items():
            command += ["--" + key.replace("_", "-"), str(value)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"bench: {' '.join(command)} failed")
        return numbers_of(done.stdout)

    def librdkafka(self, broker, mode, topic, size, amount, *configuration):
        command = [self.rdk, mode, broker.address, topic, str(size), str(amount), str(broker.process.pid), *configuration]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"bench: {' '.join(command)} failed")
        figures = numbers_of(done.stdout)
        figures["messages_per_second"] = float(re.search(r"([0-9.]+) msg/s", done.stdout).group(1)) if "msg/s" in done.stdout else 0
        return figures


def numbers_of(text):
    return {key: float(value) for key, value in re.findall(r"([\w./]+)=(-?\d+(?:\.\d+)?)(?![.\d])", text)}


class Process:
    """One broker; its directory goes with it."""

    def __init__(self, bench, tools):
        self.bench = bench
        self.tools = tools
        self.directory = tempfile.mkdtemp(prefix="kafka-", dir=bench.directory)
        self.process = None
        self.prepare()
        self.start()

    def pids(self):
        return str(self.process.pid)

    def resident_mib(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20

    def cpu(self):
        total = 0
        for task in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            try:
                with open(task, encoding="ascii") as file:
                    total += int(file.read().split()[0])
            except FileNotFoundError:
                pass  # A thread that has ended since.
        return total / 1e9

    def idle_share(self, seconds):
        before, began = self.cpu(), time.time()
        time.sleep(seconds)
        return (self.cpu() - before) / (time.time() - began) * 100

    def create(self, topic, durability, partitions=1):
        self.tools.generate(self, "create", topic, partitions=partitions, config=self.settings[durability])
        # Kafka says that a topic is there, and who leads it, before it takes anything.
        for partition in range(partitions):
            self.wait_until_acknowledged(topic, partition)

    def delete(self, topic):
        """Waits until its files are gone too."""
        self.tools.generate(self, "delete", topic)
        deadline = time.time() + READY_SECONDS
        while self.files_mib() > FILES_LEFT_MIB and time.time() < deadline:
            time.sleep(0.1)

    def files_mib(self):
        blocks = 0
        for folder, _, files in os.walk(os.path.join(self.directory, "data")):
            for file in files:
                with contextlib.suppress(FileNotFoundError):
                    blocks += os.stat(os.path.join(folder, file)).st_blocks
        return blocks * 512 / 2**20

    def wait_until_acknowledged(self, topic, partition=0):
        deadline = time.time() + READY_SECONDS
        while time.time() < deadline:
            done = subprocess.run([self.tools.kafkagen, "--broker", self.address, "--mode", "latency", "--topic", topic,
                                   "--partition", str(partition), "--max-mb", "0.0001"],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
            if done.returncode == 0:
                return
            time.sleep(0.01)
        sys.exit(f"bench: {self.name} does not acknowledge on {topic}, partition {partition}")

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def restart_seconds(self, topic):
        """From the start of the program to the first acknowledgement."""
        self.stop()
        began = time.time()
        self.start(wait=False)
        self.wait_until_acknowledged(topic)
        return time.time() - began

    def wait_until_ready(self):
        deadline = time.time() + READY_SECONDS
        port = int(self.address.rpartition(":")[2])
        while time.time() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        sys.exit(f"bench: {self.name} did not start; see {self.directory}/log")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


class Kafka(Process):
    name = "Apache Kafka"
    settings = {DEFAULT: "cleanup.policy=delete", SYNC: "flush.messages=1"}

    def prepare(self):
        port, controller = free_ports(2)
        self.address = f"127.0.0.1:{port}"
        self.properties = os.path.join(self.directory, "server.properties")
        with open(self.properties, "w", encoding="ascii") as file:
            file.write(f"""process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={self.directory}/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.segment.delete.delay.ms=1000
""")
        self.java("kafka.tools.StorageTool", "format", "--standalone", "-t", "MkU3OEVBNTcwNTJENDM2Qg",
                  "-c", self.properties).wait()

    def java(self, program, *arguments):
        log = open(os.path.join(self.directory, "log"), "ab")
        return subprocess.Popen(["java", "-Xms1g", "-Xmx1g", "-cp", self.tools.libraries + "/*", program, *arguments],
                                stdout=log, stderr=log)

    def start(self, wait=True):
        self.process = self.java("kafka.Kafka", self.properties)
        if wait:
            self.wait_until_ready()


class Ropewalk(Process):
    name = "ropewalkd"
    settings = {DEFAULT: "durability=replicated", SYNC: "durability=synced"}

    def prepare(self):
        self.address = f"127.0.0.1:{free_ports(1)[0]}"

    def native_port(self):
        with open(os.path.join(self.directory, "log"), encoding="utf-8") as log:
            return int(re.findall(r"^ready native=\S+:(\d+)", log.read(), re.MULTILINE)[-1])

    def start(self, wait=True):
        log = open(os.path.join(self.directory, "log"), "ab")
        self.process = subprocess.Popen(
            [self.bench.program("ropewalkd"), "--data-dir", os.path.join(self.directory, "data"), "--native-listen", "127.0.0.1:0",
             "--kafka-listen", self.address, "--admin-listen", "off"], stdout=log, stderr=log)
        if wait:
            self.wait_until_ready()


class Rows:
    def __init__(self, bench, warm_up):
        self.bench = bench
        self.tools = Tools()
        self.warm_up = warm_up
        self.topics = 0

    @contextlib.contextmanager
    def topic(self, brokers, durability, partitions=1):
        """Gone with its files at the end, so that the rows that follow do not pay for its memory."""
        self.topics += 1
        name = f"bench-{self.topics}"
        for broker in brokers:
            broker.create(name, durability, partitions)
        yield name
        for broker in brokers:
            broker.delete(name)

    # Each round measures both, in turns; the first turn changes.
    def rounds_of(self, measure):
        figures = {Ropewalk: [], Kafka: []}
        for number in range(self.bench.rounds):
            for broker in self.brokers if number % 2 else reversed(self.brokers):
                figures[type(broker)].append(measure(broker))
        return figures[Ropewalk], figures[Kafka]

    def row(self, name, ours, kafka, unit, goal=None, least=False):
        self.bench.row(name, statistics.median(ours), unit, statistics.median(kafka), goal, least=least,
                       floor_name="Apache Kafka")

    def run(self):
        bench = self.bench
        with Ropewalk(bench, self.tools) as ours, Kafka(bench, self.tools) as kafka:
            self.brokers = (ours, kafka)
            self.fresh_and_idle()
            self.warm(kafka)
            for durability in (DEFAULT, SYNC):
                for record in (100, 1024, 10240):
                    for batch_kib in (16, 256):
                        self.produce_and_fetch(record, batch_kib, durability)
                self.many_partitions(durability)
                self.acknowledgement(durability)
            self.through_librdkafka()
            self.through_our_client()
            self.loaded_and_restart()

    def fresh_and_idle(self):
        names = ("kafka resident, fresh", "kafka idle CPU")
        if not self.bench.wants(*names):
            return
        time.sleep(10)  # The JVM's first compilations are not its idle state.
        self.row(names[0], [self.brokers[0].resident_mib()], [self.brokers[1].resident_mib()], "MiB", 1 / 15)
        self.row(names[1], [self.brokers[0].idle_share(10)], [self.brokers[1].idle_share(10)], "% of a core", 1 / 5)

    def warm(self, kafka):
        until = time.time() + self.warm_up
        while time.time() < until:
            with self.topic([kafka], DEFAULT) as topic:
                self.tools.generate(kafka, "produce", topic, seconds=4, max_mb=400, batch_bytes=16384)
                self.tools.generate(kafka, "fetch", topic, seconds=2)
                self.tools.generate(kafka, "latency", topic, seconds=2)
                self.tools.generate(kafka, "produce", topic, seconds=1, max_mb=400, record_size=1024, batch_bytes=262144)

    def produce_and_fetch(self, record, batch_kib, durability):
        if batch_kib * 1024 < 2 * record:
            return
        what = f"{size(record)} records, {batch_kib} KiB batches" + (", synced" if durability == SYNC else "")
        produce, fetch = f"kafka produce {what}", f"kafka fetch {what}"
        if not self.bench.wants(produce, fetch):
            return
        goal = 1 / 3 if batch_kib == 256 else 1 / 10 if durability == SYNC else 1 / 5
        with self.topic(self.brokers, durability) as topic:
            produced = self.rounds_of(lambda broker: self.produce(broker, topic, durability, record_size=record,
                                                                  batch_bytes=batch_kib * 1024))
            if durability == DEFAULT:
                fetched = self.rounds_of(lambda broker: self.tools.generate(broker, "fetch", topic, seconds=3,
                                                                            record_size=record))
        self.row(produce, *(cpu_per_gb(side) for side in produced), "CPU s/GB", goal)
        self.row(produce + ", rate", *(of(side, "MB/s") for side in produced), "MB/s", 1, least=True)
        if durability == SYNC:
            return
        self.row(fetch, *(cpu_per_gb(side) for side in fetched), "CPU s/GB", 0.7)
        self.row(fetch + ", rate", *(of(side, "MB/s") for side in fetched), "MB/s", 1, least=True)

    def settle(self, durability):
        """Nobody pays for memory that is new, or for the other's dirty pages."""
        self.bench.touch_memory()
        if durability == SYNC:
            os.sync()

    def produce(self, broker, topic, durability, **load):
        self.settle(durability)
        return self.tools.generate(broker, "produce", topic, seconds=5, max_mb=self.bench.megabytes, **load)

    def many_partitions(self, durability):
        name = "kafka produce on 16 partitions, 16 connections" + (", synced" if durability == SYNC else "")
        if not self.bench.wants(name):
            return
        with self.topic(self.brokers, durability, partitions=16) as topic:
            produced = self.rounds_of(lambda broker: self.produce_on_all(broker, topic, durability))
        self.row(name, *(of(side, "cpu_per_gb") for side in produced), "CPU s/GB", 1 / 10 if durability == SYNC else 1 / 5)
        self.row(name + ", rate", *(of(side, "MB/s") for side in produced), "MB/s", 1, least=True)

    def produce_on_all(self, broker, topic, durability):
        self.settle(durability)
        before, began = broker.cpu(), time.time()
        loads = [subprocess.Popen([self.tools.kafkagen, "--broker", broker.address, "--mode", "produce", "--topic", topic,
                                   "--partition", str(partition), "--batch-bytes", "16384", "--seconds", "5",
                                   "--max-mb", str(self.bench.megabytes / 16)], stdout=subprocess.PIPE, text=True)
                 for partition in range(16)]
        done = [numbers_of(load.communicate()[0]) for load in loads]
        megabytes = sum(one["MB/s"] * one["seconds"] for one in done)
        return {"cpu_per_gb": (broker.cpu() - before) / megabytes * 1e3, "MB/s": megabytes / (time.time() - began)}

    def acknowledgement(self, durability):
        name = "kafka ack " + ("with sync" if durability == SYNC else "without sync")
        if not self.bench.wants(name):
            return
        with self.topic(self.brokers, durability) as topic:
            self.settle(durability)
            acknowledged = self.rounds_of(lambda broker: self.tools.generate(broker, "latency", topic, seconds=3))
        for percentile, goal in (("p50", 0.5), ("p99", 0.5), ("p99.9", None)):
            self.row(f"{name}, {percentile}", *(of(side, percentile + "_us") for side in acknowledged), "us", goal)

    def through_librdkafka(self):
        for codec in ("none", "lz4"):
            produce, fetch = (f"kafka librdkafka {what}, 100 B records, {codec}" for what in ("produce", "consume"))
            if not self.bench.wants(produce, fetch):
                continue
            with self.topic(self.brokers, DEFAULT) as topic:
                produced = self.rounds_of(lambda broker: self.tools.librdkafka(
                    broker, "produce", topic, 100, 200, f"compression.codec={codec}", "linger.ms=5"))
                consumed = self.rounds_of(lambda broker: self.tools.librdkafka(broker, "consume", topic, 100, 200))
            self.row(produce + ", broker", *(of(side, "broker") for side in produced), "CPU s/GB", 1)
            self.row(produce + ", rate", *(of(side, "messages_per_second") for side in produced), "records/s", 1, least=True)
            self.row(fetch + ", broker", *(of(side, "broker") for side in consumed), "CPU s/GB", 1)
            self.row(fetch + ", rate", *(of(side, "messages_per_second") for side in consumed), "records/s", 1, least=True)

    def through_our_client(self):
        """What a record costs the program that sends it to ropewalkd: through our library, and through librdkafka."""
        name = "kafka client produce, 100 B, CPU"
        if not self.bench.wants(name):
            return
        broker = self.brokers[0]
        ours, librdkafka = [], []
        with self.topic([broker], DEFAULT) as topic:
            turns = [
                lambda: ours.append(self.bench.load("client-produce", port=broker.native_port(), topic=topic, bytes=100,
                                                    records=2_000_000)["cpu_us_per_record"]),
                lambda: librdkafka.append(self.tools.librdkafka(broker, "produce", topic, 100, 200,
                                                                "linger.ms=5")["client"] / 10)]  # From s/GB.
            for number in range(self.bench.rounds):
                for turn in turns if number % 2 else reversed(turns):
                    turn()
        self.bench.row(name, statistics.median(ours), "us/record", statistics.median(librdkafka), 0.7,
                       floor_name="librdkafka")

    def loaded_and_restart(self):
        names = ("kafka resident, loaded", "kafka clean restart to the first acknowledgement")
        if not self.bench.wants(*names):
            return
        self.row(names[0], [self.brokers[0].resident_mib()], [self.brokers[1].resident_mib()], "MiB", 1 / 15)
        with self.topic(self.brokers, DEFAULT) as topic:
            restarted = self.rounds_of(lambda broker: broker.restart_seconds(topic))
        self.row(names[1], *restarted, "s", 1 / 10)


def of(figures, key):
    return [one[key] for one in figures]


def cpu_per_gb(figures):
    return of(figures, "broker_s/GB")


def size(record):
    return f"{record} B" if record < 1024 else f"{record // 1024} KiB"
