#!/usr/bin/python3
"""Three real brokers, real clients, real faults: run.py --bin FOLDER kill|pause|cut|full|power|rolling|moves|upgrade

Both kinds of client write and read all the time; in the end everything that was acknowledged must be there
(history.py). RW_ROUNDS says how many faults, RW_SEED which. Status 77: the machine does not permit that fault.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from three_brokers import BROKERS, NotStarted, TemporaryCluster  # noqa: E402

try:
    import history
except ImportError as error:
    print(f"skipped: {error} (Debian's python3-confluent-kafka)", file=sys.stderr)
    sys.exit(77)
import machine  # noqa: E402

PARTITIONS = 4
RATE = 300  # Records a second of each producer.
AFTER_A_FAULT = 100  # Records that must be acknowledged before the next one.
SECONDS_TO_MEND = 90


class World:
    """A cluster under load."""

    def __init__(self, cluster, topics=(("synced", "synced"), ("replicated", "replicated")), idempotent=True):
        self.cluster = cluster
        self.senders, self.followers = {}, {}
        for topic, durability in topics:
            cluster.run("topic", "create", topic, "--partitions", str(PARTITIONS), "--replication-factor", "3", "--set",
                        "durability=" + durability)
        for topic, _ in topics:
            self.senders[topic] = [history.NativeSender(cluster, topic, f"native-{topic}", RATE),
                                   history.KafkaSender(cluster, topic, f"kafka-{topic}", RATE, idempotent)]
            self.followers[topic] = [history.Follower(cluster, topic), history.KafkaFollower(cluster, topic)]
        self.wait_until_acknowledged()

    def wait_until_acknowledged(self, count=AFTER_A_FAULT):
        for senders in self.senders.values():
            for sender in senders:
                sender.wait_until_acknowledged(count)

    def mend(self):
        self.cluster.wait_until_whole(SECONDS_TO_MEND)
        self.wait_until_acknowledged()

    def finish(self):
        for senders in self.senders.values():
            for sender in senders:
                sender.finish()
        for topic, senders in self.senders.items():
            stored = history.read_all(self.cluster, topic)
            count, again = history.check(stored, senders)
            for follower in self.followers[topic]:
                if follower.finish(count) != stored:
                    raise history.Wrong(f"{topic}: {type(follower).__name__} has not seen the same as who reads now")
            print(f"{topic}: {count} records, {again} of them stored again; two readers saw the same", flush=True)


def say(*words):
    print(time.strftime("%H:%M:%S"), *words, flush=True)


def kill(options):
    """kill -9; in the end of all three at once."""
    with TemporaryCluster(options.bin, kafka=True) as cluster:
        world = World(cluster)
        for _ in range(options.rounds):
            victim = cluster.leader("synced") if options.random.random() < 0.7 else options.random.choice(BROKERS)
            say("kill", victim)
            cluster.kill(victim)
            time.sleep(options.random.random() * 2)
            cluster.start(victim)
            world.mend()
        world.finish()
    with TemporaryCluster(options.bin, kafka=True) as cluster:
        world = World(cluster, topics=(("synced", "synced"),))
        say("kill all")
        for broker in BROKERS:
            cluster.kill(broker)
        cluster.start()
        world.mend()
        world.finish()


def pause(options):
    """SIGSTOP, for less and for more than a session."""
    with TemporaryCluster(options.bin, kafka=True) as cluster:
        world = World(cluster)
        for number in range(options.rounds):
            victim = cluster.leader("synced") if number % 2 == 0 else cluster.controller()
            seconds = 5 if number == 0 else options.random.choice((0.5, 2, 3.2, 6))
            say("stop", victim, "for", seconds, "s")
            cluster.signal(victim, signal.SIGSTOP)
            time.sleep(seconds)
            cluster.signal(victim, signal.SIGCONT)
            world.mend()
        world.finish()


def cut(options):
    """Brokers cannot hear each other: in both directions or one, one from all, or all from all; or one is unplugged."""
    network = machine.Network(BROKERS)
    with TemporaryCluster(options.bin, kafka=True, hosts=network.hosts, prefix=network.prefix,
                          settings=["--allow-insecure"]) as cluster:
        world = World(cluster)
        kinds = ["alone", "one way", "unplugged", "pair", "all"]
        for number in range(options.rounds):
            kind = kinds[number % len(kinds)]
            victim = cluster.leader("synced")
            others = [broker for broker in BROKERS if broker != victim]
            say("cut:", kind, victim)
            if kind == "unplugged":
                network.unplug(victim)
            elif kind == "one way":
                network.cut(victim, others[0])
                network.cut(victim, others[1])
            elif kind == "pair":
                network.cut(victim, others[0])
                network.cut(others[0], victim)
            else:
                for broker in BROKERS:
                    for other in BROKERS:
                        if broker != other and (kind == "all" or victim in (broker, other)):
                            network.cut(broker, other)
            time.sleep(options.random.choice((2, 5, 8)))
            network.heal()
            network.plug(victim)
            world.mend()
        world.finish()


def full(options):
    """The disk of a leader has not a byte left: it goes on with others, and also starts so."""
    machine.enter_namespaces()
    with TemporaryCluster(options.bin, kafka=True, settings=["--disk-floor-bytes", "64MiB", "--segment-bytes", "1MiB"],
                          disks=lambda folder, broker: machine.SmallDisk(folder, 192)) as cluster:
        world = World(cluster, topics=(("synced", "synced"),))
        for number in range(options.rounds):
            victim = cluster.leader("synced")
            say("fill", victim)
            cluster.disks[victim].fill()
            time.sleep(options.random.choice((1, 3)))
            if number % 2 == 0:
                cluster.kill(victim)
                cluster.start(victim)
                say("broker", victim, "has started on a full disk")
            cluster.disks[victim].clear()
            world.mend()
        world.finish()


def power(options):
    """All lose their power at once: what was not synced is gone."""
    machine.enter_namespaces()
    with TemporaryCluster(options.bin, kafka=True,
                          disks=lambda folder, broker: machine.Disk(os.path.dirname(folder), os.path.basename(folder), 512)) as cluster:
        world = World(cluster, topics=(("synced", "synced"),))
        for number in range(options.rounds):
            victims = BROKERS if number % 2 == 0 else options.random.sample(BROKERS, 2)
            say("power off:", *victims)
            for broker in victims:
                cluster.signal(broker, signal.SIGSTOP)
            for broker in victims:
                cluster.disks[broker].cut_power()
            for broker in victims:
                cluster.kill(broker)
                cluster.disks[broker].remount()
            cluster.start(*victims)
            world.mend()
        world.finish()


def roll(cluster, world, binaries=None):
    for broker in BROKERS:
        say("restart", broker)
        status = cluster.stop(broker)
        if status != 0:
            raise history.Wrong(f"broker {broker} ended with status {status}")
        if binaries:
            cluster.binaries[broker] = binaries
        cluster.start(broker)
        world.mend()


def rolling(options):
    """One broker after the other is stopped and started: no error to any client, with the settings it comes with."""
    with TemporaryCluster(options.bin, kafka=True) as cluster:
        world = World(cluster, idempotent=False)
        for _ in range(max(1, options.rounds // 2)):
            roll(cluster, world)
        world.finish()


def moves(options):
    """Leaders move to and fro while nothing else is wrong: no error to any client, and none stays behind."""
    with TemporaryCluster(options.bin, kafka=True) as cluster:
        world = World(cluster, idempotent=False)
        for number in range(10 * options.rounds):
            partition = number % PARTITIONS
            for topic in world.senders:
                replicas = cluster.partitions(topic)[partition]["replicas"]
                cluster.run("cluster", "reassign", "--topic", topic, "--partition", str(partition), "--replicas",
                            ",".join(str(broker) for broker in replicas[1:] + replicas[:1]), "--yes")
                cluster.run("topic", "elect", topic, "--partition", str(partition))
                if cluster.leader(topic, partition) == replicas[0]:
                    raise history.Wrong(f"broker {replicas[0]} leads partition {partition} of {topic} still")
        say(10 * options.rounds, "moves of each topic's leaders")
        world.mend()
        world.finish()


def upgrade(options):
    """Brokers of an older build are replaced one by one, back again, and forth, under load."""
    if not options.old:
        raise machine.Skipped("no older build is given (--old FOLDER)")
    with TemporaryCluster(options.old, kafka=True) as cluster:
        level = cluster.status()["feature_level"]
        world = World(cluster, idempotent=False)
        for what, binaries in (("newer", options.bin), ("older", options.old), ("newer", options.bin)):
            say("to the", what, "build")
            roll(cluster, world, binaries)
            if cluster.status()["feature_level"] != level:
                raise history.Wrong(f"the feature level was {level} and is {cluster.status()['feature_level']}; nobody asked")
        if level < newest_level(cluster):
            finalise(cluster, options, level)
        world.finish()


def newest_level(cluster):
    """That all brokers know."""
    return json.loads(cluster.run("cluster", "features", "--json"))[0]["level_max"]


def finalise(cluster, options, level):
    """What needs the newer level is refused until somebody asks for it; then the older build cannot join."""
    refused = subprocess.run(cluster.command("cluster", "drain", "3", "--yes"), capture_output=True, text=True, check=False)
    if "metadata.version" not in refused.stderr:
        raise history.Wrong(f"a setting of a broker was taken at level {level}: {refused.stderr}")
    cluster.run("cluster", "upgrade", "--yes")
    if cluster.status()["feature_level"] != newest_level(cluster):
        raise history.Wrong("the level was not raised")
    cluster.run("cluster", "drain", "3", "--end")
    cluster.stop(1)
    cluster.binaries[1] = options.old
    try:
        cluster.start(1)
    except NotStarted as refused:
        if "metadata.version" not in str(refused):
            raise
    else:
        raise history.Wrong("an older build has joined at a level that it does not know")
    cluster.binaries[1] = options.bin
    cluster.start(1)
    say("level", level, "was kept until `cluster upgrade`")


def main():
    kinds = {one.__name__: one for one in (kill, pause, cut, full, power, rolling, moves, upgrade)}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=kinds)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--old", default=os.environ.get("RW_OLD_BIN"))
    options = parser.parse_args()
    options.rounds = int(os.environ.get("RW_ROUNDS", "2"))
    seed = int(os.environ.get("RW_SEED", random.randrange(1 << 31)))
    options.random = random.Random(seed)
    say(options.kind, "seed", seed, "rounds", options.rounds)
    kinds[options.kind](options)


try:
    main()
except machine.Skipped as outcome:
    print(f"skipped: {outcome}", file=sys.stderr)
    os._exit(77)
except (history.Wrong, NotStarted, TimeoutError) as outcome:
    # Threads of clients may still wait for brokers that have gone.
    print(f"FAILED: {outcome}", file=sys.stderr, flush=True)
    os._exit(1)
