"""What real clients sent, were told and have read while brokers failed, and whether it agrees.

Every record has a value of its own, "producer-number", kept over all retries. The same promises as in
tests/sim/cluster/history.h: what was acknowledged stands where the client was told; nothing that an idempotent
producer sent is there twice; its records keep their order in each partition; offsets have no gap; both kinds of
reader see the same.
"""

import ctypes
import signal
import subprocess
import threading
import time

import confluent_kafka

SECONDS_TO_FINISH = 150  # A producer gives a record up after two minutes.
SECONDS_WITHOUT_PROGRESS = 60

# Connections come and go here; it is what happens to records that counts.
QUIET = {"error_cb": lambda error: None, "log_level": 0}


class Wrong(Exception):
    pass


def end_with_us():
    """In a child: who waits for our output would wait for it too."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def comes_true(condition):
    """Counted in naps: while the whole machine stands still, nobody could get anything done."""
    for _ in range(SECONDS_WITHOUT_PROGRESS * 100):
        if condition():
            return True
        time.sleep(0.01)
    return condition()


class Sender:
    """Sends numbers from 1 on at a steady rate until it is told to finish."""

    def __init__(self, topic, name, rate, once):
        self.topic, self.name, self.rate, self.once = topic, name, rate, once
        self.sent = 0
        self.acknowledged = {}  # (partition, offset) by number.
        self.failures = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.feed)

    def feed(self):
        began = time.monotonic()
        while not self.over.is_set():
            due = int((time.monotonic() - began) * self.rate) - self.sent
            for _ in range(max(0, due)):
                self.sent += 1
                self.send(self.sent)
            self.pause()
        self.complete()

    def value(self, number):
        return f"{self.name}-{number}"

    def pause(self):
        time.sleep(0.005)

    def wait_until_acknowledged(self, more):
        """A fault under which nothing was acknowledged proves nothing."""
        target = len(self.acknowledged) + more
        if not comes_true(lambda: len(self.acknowledged) >= target):
            raise Wrong(f"{self.name}: no {more} records are acknowledged within {SECONDS_WITHOUT_PROGRESS} s; "
                        f"{self.failures[:3]}")

    def finish(self):
        self.over.set()
        self.thread.join()
        if len(self.acknowledged) != self.sent or self.failures:
            raise Wrong(f"{self.name}: {len(self.acknowledged)} of {self.sent} records are acknowledged; {self.failures[:3]}")


class NativeSender(Sender):
    """`ropewalk produce` with its defaults: acks=all, idempotent."""

    def __init__(self, cluster, topic, name, rate):
        super().__init__(topic, name, rate, once=True)
        self.process = subprocess.Popen(cluster.command("produce", topic, "--print-offsets"), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, preexec_fn=end_with_us)
        self.listener = threading.Thread(target=self.listen)
        self.listener.start()
        self.thread.start()

    def send(self, number):
        try:
            self.process.stdin.write(self.value(number) + "\n")
            self.process.stdin.flush()
        except OSError as error:
            self.failures.append(str(error))
            self.over.set()

    def listen(self):
        for line in self.process.stdout:
            number, partition, offset = map(int, line.split())
            if number in self.acknowledged:
                self.failures.append(f"line {number} is acknowledged twice")
            self.acknowledged[number] = (partition, offset)

    def complete(self):
        try:
            self.process.stdin.close()
        except OSError:
            pass  # Its status says why.
        status = self.process.wait(SECONDS_TO_FINISH)
        self.listener.join()
        if status != 0:
            self.failures.append(f"status {status}")


class KafkaSender(Sender):
    """librdkafka; idempotent, or as it comes: then a record whose answer was lost may be stored again, behind others."""

    def __init__(self, cluster, topic, name, rate, idempotent=True):
        super().__init__(topic, name, rate, once=idempotent)
        settings = {"bootstrap.servers": cluster.addresses(cluster.kafka), **QUIET}
        if idempotent:
            settings["enable.idempotence"] = True
        self.producer = confluent_kafka.Producer(settings, logger=None)
        self.thread.start()

    def send(self, number):
        def told(error, message):
            if error is not None:
                self.failures.append(f"{number}: {error}")
            else:
                self.acknowledged[number] = (message.partition(), message.offset())
        self.producer.produce(self.topic, self.value(number), on_delivery=told)

    def pause(self):
        self.producer.poll(0.005)

    def complete(self):
        self.producer.flush(SECONDS_TO_FINISH)


class Follower:
    """`ropewalk consume --follow`, which must go on whatever happens to brokers."""

    def __init__(self, cluster, topic):
        self.seen = []
        self.process = subprocess.Popen(cluster.command("consume", topic, "--follow", "--format", r"%p %o %s\n"),
                                        stdout=subprocess.PIPE, text=True, preexec_fn=end_with_us)
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()

    def listen(self):
        for line in self.process.stdout:
            self.seen.append(place_of(line))

    def finish(self, count):
        comes_true(lambda: len(self.seen) >= count or self.process.poll() is not None)
        status = self.process.poll()
        self.process.terminate()
        self.process.wait()
        self.thread.join()
        if status is not None:
            raise Wrong(f"consume --follow ended with status {status}")
        return by_partition(self.seen)


class KafkaFollower:
    """librdkafka reads all partitions from their beginning."""

    def __init__(self, cluster, topic):
        self.seen = []
        self.failures = []
        self.over = False
        self.consumer = confluent_kafka.Consumer(
            {"bootstrap.servers": cluster.addresses(cluster.kafka), "group.id": "none", "enable.auto.commit": False,
             **QUIET}, logger=None)
        self.consumer.assign([confluent_kafka.TopicPartition(topic, partition["partition"], 0)
                              for partition in cluster.partitions(topic)])
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()

    def listen(self):
        while not self.over:
            for message in self.consumer.consume(1000, 0.1):
                if message.error() is not None:
                    self.failures.append(str(message.error()))
                else:
                    self.seen.append((message.partition(), message.offset(), message.value().decode()))
        self.consumer.close()

    def finish(self, count):
        comes_true(lambda: len(self.seen) >= count)
        self.over = True
        self.thread.join()
        if self.failures:
            raise Wrong(f"a Kafka consumer was told: {self.failures[:3]}")
        return by_partition(self.seen)


def place_of(line):
    partition, offset, value = line.rstrip("\n").split(" ", 2)
    return int(partition), int(offset), value


def by_partition(records):
    partitions = {}
    for partition, offset, value in records:
        partitions.setdefault(partition, []).append((offset, value))
    return partitions


def read_all(cluster, topic):
    return by_partition(place_of(line) for line in
                        cluster.run("consume", topic, "--format", r"%p %o %s\n").splitlines())


def check(stored, senders):
    """`stored`: of one topic, by partition, in the order of reading. Returns how many there are."""
    by_name = {sender.name: sender for sender in senders}
    at, last, again = {}, {}, 0
    for partition, records in stored.items():
        for position, (offset, value) in enumerate(records):
            if offset != position:
                raise Wrong(f"partition {partition}: offset {offset} where {position} was to come")
            name, _, number = value.rpartition("-")
            if name not in by_name or not 1 <= int(number) <= by_name[name].sent:
                raise Wrong(f"partition {partition}, offset {offset}: nobody sent {value}")
            places = at.setdefault(value, [])
            places.append((partition, offset))
            if len(places) > 1:
                again += 1
                if by_name[name].once:
                    raise Wrong(f"{value} is there twice: {places}")
            elif by_name[name].once and last.get((name, partition), 0) > int(number):
                raise Wrong(f"partition {partition}: {value} stands behind {name}-{last[name, partition]}")
            last[name, partition] = int(number)
    for sender in senders:
        if not sender.acknowledged:
            raise Wrong(f"{sender.name}: nothing was acknowledged: this proves nothing")
        for number, place in sender.acknowledged.items():
            if place not in at.get(sender.value(number), ()):
                raise Wrong(f"{sender.value(number)}, acknowledged at {place}, is at {at.get(sender.value(number))}")
    return sum(map(len, stored.values())), again
