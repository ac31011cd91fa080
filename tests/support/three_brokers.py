"""Three real brokers of one cluster on loopback (or wherever `hosts` says), for scripts that kill and stop them."""

import glob
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

from free_ports import free_ports

SECONDS_TO_START = 60
BROKERS = (1, 2, 3)


class NotStarted(Exception):
    pass


class ThreeBrokers:
    """`binaries`: the folder of ropewalkd and ropewalk; one for all, or one for each broker.
    `prefix`: words before the daemon's command, by broker (`ip netns exec ...`).
    `disks`: makes a file system at a folder for a broker; its data is below."""

    def __init__(self, binaries, directory, settings=(), kafka=False, hosts=None, prefix=None, disks=None):
        self.binaries = {broker: binaries if isinstance(binaries, str) else binaries[broker] for broker in BROKERS}
        self.directory = directory
        self.settings = list(settings)
        self.prefix = prefix or {}
        self.hosts = hosts or {broker: "127.0.0.1" for broker in BROKERS}
        self.disks = {}
        self.data = {broker: os.path.join(directory, f"data-{broker}") for broker in BROKERS}
        if disks:
            self.disks = {broker: disks(self.data[broker], broker) for broker in BROKERS}
            self.data = {broker: os.path.join(self.data[broker], "data") for broker in BROKERS}
        ports = free_ports(9)
        self.native = dict(zip(BROKERS, ports[0:3]))
        self.between = dict(zip(BROKERS, ports[3:6]))
        self.kafka = dict(zip(BROKERS, ports[6:9])) if kafka else {}
        self.processes = {}
        self.voters = ",".join(f"{broker}@{self.hosts[broker]}:{self.between[broker]}:{self.new_id()}" for broker in BROKERS)
        self.cluster_id = self.new_id()
        for broker in BROKERS:
            self.daemon(broker, "format", "--data-dir", self.data[broker], *self.identity(broker))

    def daemon(self, broker, *words):
        return subprocess.run([os.path.join(self.binaries[broker], "ropewalkd"), *words], stdout=subprocess.PIPE,
                              text=True, check=True).stdout.strip()

    def new_id(self):
        return self.daemon(1, "new-id")

    def identity(self, broker):
        return ["--broker-id", str(broker), "--cluster-id", self.cluster_id, "--quorum-voters", self.voters]

    def log(self, broker):
        return os.path.join(self.directory, f"broker-{broker}.log")

    def words(self, broker):
        host = self.hosts[broker]
        return [*self.prefix.get(broker, []), os.path.join(self.binaries[broker], "ropewalkd"), "--data-dir",
                   self.data[broker], *self.identity(broker), "--native-listen", f"{host}:{self.native[broker]}",
                   "--broker-listen", f"{host}:{self.between[broker]}", "--admin-listen", "off", "--kafka-listen",
                   f"{host}:{self.kafka[broker]}" if self.kafka else "off", *self.settings]

    def begin(self, broker):
        """Without waiting."""
        with open(self.log(broker), "ab") as log:
            self.processes[broker] = subprocess.Popen(self.words(broker), stdout=subprocess.PIPE, stderr=log, text=True)

    def wait(self, broker):
        ready = self.processes[broker].stdout.readline()
        if not ready.startswith("ready "):
            with open(self.log(broker), encoding="utf-8", errors="replace") as log:
                raise NotStarted(f"broker {broker} did not start:\n" + log.read()[-2000:])

    def start(self, *brokers):
        for broker in brokers or BROKERS:
            self.begin(broker)
        for broker in brokers or BROKERS:
            self.wait(broker)

    def pid(self, broker):
        return self.processes[broker].pid

    def signal(self, broker, number):
        self.processes[broker].send_signal(number)

    def kill(self, broker):
        self.processes[broker].kill()
        self.processes[broker].wait()

    def stop(self, broker):
        """Its exit status."""
        self.processes[broker].terminate()
        return self.processes[broker].wait(SECONDS_TO_START)

    def addresses(self, ports=None):
        ports = ports or self.native
        return ",".join(f"{self.hosts[broker]}:{ports[broker]}" for broker in BROKERS)

    def command(self, *words):
        """A `ropewalk` that talks to the cluster, as a list of words."""
        return [os.path.join(self.binaries[1], "ropewalk"), "--brokers", self.addresses(), *words]

    def run(self, *words):
        return subprocess.run(self.command(*words), stdout=subprocess.PIPE, text=True, check=True).stdout

    def status(self):
        return json.loads(self.run("cluster", "status", "--json"))

    def controller(self):
        return self.status()["controller_id"]

    def partitions(self, topic):
        described = json.loads(self.run("topic", "describe", topic, "--json"))
        return (described if isinstance(described, list) else described["topics"])[0]["partitions"]

    def leader(self, topic, partition=0):
        return self.partitions(topic)[partition]["leader"]

    def wait_until_whole(self, seconds=60):
        """Every replica is in sync, every partition has a leader."""
        deadline = time.time() + seconds
        while True:
            status = self.status()
            if status["partitions_under_replicated"] == 0 and status["partitions_without_leader"] == 0:
                return
            if time.time() > deadline:
                raise TimeoutError(f"the cluster is not whole: {status}")
            time.sleep(0.05)

    def cpu(self):
        total = 0
        for process in self.processes.values():
            for task in glob.glob(f"/proc/{process.pid}/task/*/schedstat"):
                try:
                    with open(task, encoding="ascii") as file:
                        total += int(file.read().split()[0])
                except FileNotFoundError:
                    pass  # A thread that has ended since.
        return total / 1e9

    def close(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
        for disk in self.disks.values():
            disk.close()


class TemporaryCluster(ThreeBrokers):
    """Started, in a directory that goes with it."""

    def __init__(self, binaries, parent=None, **options):
        super().__init__(binaries, tempfile.mkdtemp(prefix="cluster-", dir=parent), **options)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, failure, *_):
        self.close()
        if failure is None:
            shutil.rmtree(self.directory, ignore_errors=True)
        else:
            print(f"see {self.directory}", flush=True)
