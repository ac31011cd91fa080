#!/usr/bin/python3
"""./dev test --docker: the image and the compose cluster, as a user meets them.

Builds the image, starts docker/compose.yaml, produces from the host with our command and with kcat while a
container is killed, reads everything back from the host and from another container, stops, starts, and takes a
volume away.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

import engine as engines
from engine import Failure, run, say

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from free_ports import free_ports  # noqa: E402

BROKERS = (1, 2, 3)
SECONDS_TO_SERVE = 120
LINES = 6000  # Of each client.
PAUSE_EVERY, PAUSE = 20, 0.01
PARTITIONS = 6


class Cluster:
    """docker/compose.yaml as a project of its own, on free ports."""

    def __init__(self, engine, image, top):
        self.engine = engine
        self.image = image
        self.file = f"{top}/docker/compose.yaml"
        self.project = f"ropewalk-test-{os.getpid()}"
        self.network = self.project + "-clients"
        self.environment = {"ROPEWALK_IMAGE": image, "ROPEWALK_NETWORK": self.network}
        self.ports = {}
        names = [f"{kind}_{broker}" for kind in ("NATIVE", "KAFKA", "ADMIN") for broker in BROKERS]
        for name, port in zip(names, free_ports(len(names))):
            self.ports[name] = port
            self.environment[f"ROPEWALK_{name}"] = str(port)

    def compose(self, *words):
        return run(*self.engine.compose_command, "-p", self.project, "-f", self.file, *words,
                   env={**os.environ, **self.environment}, stderr=subprocess.STDOUT)

    def addresses(self, kind):
        return ",".join(f"127.0.0.1:{self.ports[f'{kind}_{broker}']}" for broker in BROKERS)

    def container(self, broker):
        # Compose 1 and 2 name containers differently.
        return self.engine("ps", "-aq", "--filter", f"label=com.docker.compose.project={self.project}", "--filter",
                           f"label=com.docker.compose.service=broker-{broker}").strip()

    def state(self, broker):
        return json.loads(self.engine("inspect", self.container(broker)))[0]["State"]

    def start(self):
        self.compose("up", "-d")
        self.wait_until_healthy(*BROKERS)

    def wait_until_healthy(self, *brokers):
        deadline = time.time() + SECONDS_TO_SERVE
        for broker in brokers:
            while self.state(broker)["Health"]["Status"] != "healthy":
                if time.time() > deadline:
                    raise Failure(f"broker {broker} does not serve:\n" + self.logs(broker))
                time.sleep(0.2)

    def logs(self, broker):
        return self.engine("logs", "--tail", "30", self.container(broker), stderr=subprocess.STDOUT)

    def inside(self, *words):
        """In a container that is no broker, in the network that they share."""
        return self.engine("run", "--rm", "--network", self.network, "--entrypoint", "ropewalk", self.image,
                           "--brokers", "broker-1.ropewalk:9192,broker-2.ropewalk:9192,broker-3.ropewalk:9192", *words)


class Steady:
    """A producer on the host that is given lines steadily; `finish` waits for it."""

    def __init__(self, name, command):
        self.name = name
        self.lines = [f"{name}-{number}" for number in range(LINES)]
        self.sent = 0
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        self.thread = threading.Thread(target=self.feed)
        self.thread.start()

    def feed(self):
        try:
            for line in self.lines:
                self.process.stdin.write(line + "\n")
                self.sent += 1
                if self.sent % PAUSE_EVERY == 0:
                    self.process.stdin.flush()
                    time.sleep(PAUSE)
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # Its status says why.

    def wait_until_sent(self, part):
        while self.sent < part * LINES and self.thread.is_alive():
            time.sleep(0.01)

    def finish(self):
        self.thread.join()
        if self.process.wait(SECONDS_TO_SERVE) != 0:
            raise Failure(f"{self.name} did not get everything acknowledged: status {self.process.returncode}")


class Test:
    def __init__(self, cluster, binaries):
        self.cluster = cluster
        self.ropewalk = [f"{binaries}/ropewalk", "--brokers", cluster.addresses("NATIVE")]
        self.expected = {}

    def command(self, *words):
        return run(*self.ropewalk, *words)

    def leader(self, topic):
        described = json.loads(self.command("topic", "describe", topic, "--json"))
        topics = described if isinstance(described, list) else described.get("topics", [described])
        return topics[0]["partitions"][0]["leader"]

    def produce_while_one_dies(self):
        for topic in ("native", "kafka"):
            self.command("topic", "create", topic, "--partitions", PARTITIONS, "--replication-factor", 3)
        killed = self.leader("native")
        clients = [
            Steady("native", [*self.ropewalk, "produce", "native"]),
            Steady("kafka", ["kcat", "-q", "-b", self.cluster.addresses("KAFKA"), "-P", "-t", "kafka", "-X",
                             "enable.idempotence=true"])]
        for client in clients:
            client.wait_until_sent(0.3)
        self.cluster.engine("kill", "--signal", "KILL", self.cluster.container(killed))
        say(f"killed the container of broker {killed}")
        for client in clients:
            client.wait_until_sent(0.6)
        self.cluster.engine("start", self.cluster.container(killed))
        for client in clients:
            client.finish()
            self.expected[client.name] = sorted(client.lines)
        self.cluster.wait_until_healthy(killed)
        say(f"{LINES} lines of the command and {LINES} of kcat are acknowledged")

    def check(self, who, topic, text):
        if sorted(text.split()) != self.expected[topic]:
            raise Failure(f"{who} read {len(text.split())} lines of {topic}, {LINES} were acknowledged")

    def read_back(self, after):
        for topic in self.expected:
            self.check("the command on the host", topic, self.command("consume", topic))
            self.check("the command in another container", topic, self.cluster.inside("consume", topic))
            # kcat ends when it has seen the end of every partition.
            self.check("kcat", topic, run("kcat", "-q", "-b", self.cluster.addresses("KAFKA"), "-C", "-e", "-o",
                                          "beginning", "-t", topic))
        say(f"{after}: everything is read on the host, by kcat, and in another container")

    def produce_inside(self):
        """A client in a container is told addresses that it reaches: it finds every leader."""
        self.cluster.inside("bench", "produce", "inside", "--create", PARTITIONS, "--count", 3000)
        self.command("topic", "delete", "inside")

    def stop_cleanly(self):
        self.cluster.compose("stop")
        for broker in BROKERS:
            status = self.cluster.state(broker)["ExitCode"]
            if status != 0:
                raise Failure(f"broker {broker} stopped with status {status}:\n" + self.cluster.logs(broker))
        say("SIGTERM: all three stopped with status 0")

    def lose_a_volume(self, broker):
        self.cluster.compose("rm", "-f", "-s", f"broker-{broker}", "format")
        self.cluster.engine("volume", "rm", f"{self.cluster.project}_data-{broker}")
        self.cluster.start()

    def run(self):
        # What it says has no image here that could be pulled.
        for profile in ([], ["--profile", "monitoring"]):
            self.cluster.compose(*profile, "config")
        self.cluster.start()
        say("three brokers serve")
        self.produce_while_one_dies()
        self.read_back("after the kill")
        self.produce_inside()
        self.stop_cleanly()
        self.cluster.compose("down")
        self.cluster.start()
        self.read_back("after new containers on the old volumes")
        self.lose_a_volume(3)
        self.read_back("after the loss of a volume")


def build_image(engine, top, binaries, from_source):
    """The network of the machine: the bridge's may lead nowhere."""
    image = f"ropewalk:test-{os.getpid()}"
    build = ("build", "--network", "host", "-f", f"{top}/docker/Dockerfile")
    if from_source:
        engine(*build, "-t", image, top, stderr=subprocess.STDOUT)
        return image
    engine(*build, "--target", "runtime", "-t", image + "-runtime", top, stderr=subprocess.STDOUT)
    with tempfile.TemporaryDirectory() as folder:
        for program in ("ropewalkd", "ropewalk"):
            run("strip", "--strip-debug", "-o", f"{folder}/{program}", f"{binaries}/{program}")
        with open(f"{folder}/Dockerfile", "w", encoding="ascii") as file:
            file.write(f"FROM {image}-runtime\nCOPY ropewalkd ropewalk /usr/local/bin/\n")
        engine("build", "-t", image, folder, stderr=subprocess.STDOUT)
    return image


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--top", required=True)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--from-source", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("docker test: stopped"))
    with engines.find_engine(options.cache) as engine:
        engine.need_base()
        image = build_image(engine, options.top, options.bin, options.from_source)
        try:
            engine.enter_network()
            cluster = Cluster(engine, image, options.top)
            try:
                Test(cluster, options.bin).run()
            finally:
                cluster.compose("down", "-v", "--remove-orphans")
        finally:
            subprocess.run([engine.docker, "rmi", "-f", image, image + "-runtime"], capture_output=True, check=False)
    say("docker: all is well")


try:
    main()
except (engines.Failure, engines.Skipped) as outcome:
    engines.end(outcome)
