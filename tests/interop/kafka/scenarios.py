"""What every client has to do, and what must come of it."""

import json
import os
import threading

import records
from broker import CODECS
from client import ClientError


SEGMENT_HEADER = 4096  # Bytes in front of a segment's records.


def expect(condition, words):
    if not condition:
        raise AssertionError(words)


def expect_refused(ask, words):
    try:
        ask()
    except ClientError:
        return
    raise AssertionError(f"{words} was not refused")


def _show(record):
    return str(record) if len(str(record)) < 300 else str(record)[:300] + "..."


def expect_same(found, wanted, words):
    """Both as Broker.consume() has them."""
    expect(found.keys() == wanted.keys(), f"{words}: partitions {sorted(found)}, not {sorted(wanted)}")
    for partition, at in wanted.items():
        for offset, record in at.items():
            other = found[partition].get(offset)
            expect(other == record, f"{words}, offset {offset}: {_show(other)}, not {_show(record)}")
        extra = found[partition].keys() - at.keys()
        expect(not extra, f"{words}: offsets {sorted(extra)} of partition {partition} too many")


def _sayable(client, sent):
    """Of these records those that the client's interface has words for."""
    def good(record):
        names = [name for name, _ in record.headers]
        return not ((client.lacks("empty header names") and "" in names) or
                    (client.lacks("records without key and value") and record.key is None and record.value is None) or
                    (client.lacks("null header values") and None in [value for _, value in record.headers]) or
                    (client.lacks("repeated header names") and len(names) > len(set(names))))
    return [record for record in sent if good(record)]


def expect_read(client, topic, places, wanted, words):
    """Lets the client read. Headers that it has no words for do not count."""
    found = client.consume(topic, places)
    if client.lacks("headers as they are when read"):
        for partition, at in wanted.items():
            wanted = wanted | {partition: {offset: record._replace(headers=()) if len(record.headers) > 1 else record
                                           for offset, record in at.items()}}
            for offset, record in found.get(partition, {}).items():
                if offset in at and len(at[offset].headers) > 1:
                    found[partition][offset] = record._replace(headers=())
    expect_same(found, wanted, words)


def _at_offsets(sent, offsets, stored):
    """The records sent, where they were acknowledged. Without the client's own times: with those stored."""
    wanted = {}
    for index, record in enumerate(sent):
        wanted.setdefault(record.partition, {})[offsets[index]] = record
    for partition, at in wanted.items():
        expect(list(at) == sorted(at) and len(at) == sum(record.partition == partition for record in sent),
               f"acknowledged out of order at {list(at)}")
        if stored is not None:
            for offset, record in at.items():
                if offset in stored.get(partition, {}):
                    at[offset] = record._replace(timestamp=stored[partition][offset].timestamp)
    return wanted


def _all_of(broker, topic):
    return {number: ("earliest", end) for number, (_, end) in broker.offsets(topic).items() if end > 0}


def write_tricky(broker, client, topic, codec, idempotent):
    """Produces the tricky records and holds them against what the native client reads."""
    broker.create_topic(topic)
    sent = _sayable(client, records.tricky())
    offsets = client.produce(topic, sent, codec, idempotent)
    stored = broker.consume(topic)
    expect_same(stored, _at_offsets(sent, offsets, stored if client.lacks("timestamps") else None), f"{topic} as stored")
    # A codec that makes a batch no smaller may be left out.
    expect(broker.codecs(topic) in ({codec}, {codec, "none"}), f"{topic} has batches in {broker.codecs(topic)}")
    return stored


def every_codec(broker, client):
    """Writes and reads in every codec, beside the native client."""
    for codec in client.hello["codecs"]:
        for idempotent in client.hello["idempotence"]:
            topic = f"tricky-{codec}-{'once' if idempotent else 'plain'}"
            stored = write_tricky(broker, client, topic, codec, idempotent)
            expect_read(client, topic, _all_of(broker, topic), stored, f"{topic} as read")
        topic = f"native-{codec}"
        broker.create_topic(topic)
        # Some cannot even read what they cannot write.
        sent = _sayable(client, records.tricky()) if client.lacks("null header values when read") else records.tricky()
        broker.produce(topic, sent, codec)
        wanted = {}
        for record in sent:
            of_partition = wanted.setdefault(record.partition, {})
            of_partition[len(of_partition)] = record
        expect_same(broker.consume(topic), wanted, f"{topic} as stored")
        expect_read(client, topic, _all_of(broker, topic), wanted, f"{topic} as read")


def auto_create(broker, client):
    """A topic that is not there is made by producing to it."""
    if client.lacks("topics made by producing"):
        return
    sent = [record for record in records.numbered(0, 20) if record.partition == 0]
    offsets = client.produce("made-by-producing", sent, "none", False)
    expect(offsets == dict(enumerate(range(10))), f"acknowledged at {offsets}")
    expect(client.ask("topics").get("made-by-producing") == 1, f"topics {client.ask('topics')}")


def segments_and_times(broker, client):
    """Reads over many segments, from offsets and times, and after the oldest records went."""
    topic, count = "rolled", 400
    broker.create_topic(topic, **{"segment.bytes": "1048576"})
    sent = records.numbered(0, count, size=20_000)
    for begin in range(0, count, 100):  # Batches of their own.
        if client.lacks("timestamps"):
            broker.produce(topic, sent[begin:begin + 100], "none")
        else:
            client.produce(topic, sent[begin:begin + 100], "none", client.hello["idempotence"][-1])
    expect(len(broker.segments(topic, 0)) >= 4, f"segments {broker.segments(topic, 0)}")
    half = count // 2
    wanted = {partition: {i: sent[2 * i + partition] for i in range(half)} for partition in (0, 1)}
    expect_read(client, topic, _all_of(broker, topic), wanted, "over segments")

    def cut(from_0, from_1):
        return {number: {i: wanted[number][i] for i in range(begin, half)} for number, begin in ((0, from_0), (1, from_1))}

    expect_read(client, topic, {0: (137, half), 1: (1, half)}, cut(137, 1), "from offsets")
    for at, offset in (("earliest", 0), ("latest", half), (1, 0), (sent[102].timestamp, 51), (sent[102].timestamp + 1, 52),
                       (sent[-2].timestamp, half - 1), (sent[-1].timestamp + 1, -1)):
        found = client.ask("offset", topic=topic, partition=0, at=at)
        # Some say "none" by the end.
        expect(found == offset or (offset == -1 and found == half), f"the offset at {at} is {found}, not {offset}")
    found = [client.ask("offset", topic=topic, partition=number, at=sent[250].timestamp) for number in (0, 1)]
    expect_read(client, topic, {number: (found[number], half) for number in (0, 1)}, cut(125, 125), "from a time")

    if client.can("delete_records"):
        client.ask("delete_records", topic=topic, partition=0, before=77)
    else:
        broker.command("records", "delete", topic, "--partition", "0", "--before", "77")
    expect(broker.offsets(topic) == {0: (77, half), 1: (0, half)}, f"offsets {broker.offsets(topic)}")
    expect(client.ask("offset", topic=topic, partition=0, at="earliest") == 77, "the earliest offset is not 77")
    expect(client.ask("offset", topic=topic, partition=0, at=1) == 77, "the offset of the earliest time is not 77")
    expect_read(client, topic, {0: ("earliest", half), 1: (0, half)}, cut(77, 0), "after records went")
    if not client.lacks("a new beginning where an offset is gone"):
        expect_read(client, topic, {0: (5, half), 1: (0, half)}, cut(77, 0), "from an offset that is gone")


def reads_through_a_restart(broker, client):
    """The leader's epoch changes under a reader that has read to the end."""
    if not client.makes("offset_for_leader_epoch"):
        return
    topic = "read-through-a-restart"
    broker.create_topic(topic)
    sent = records.numbered(0, 40)
    broker.produce(topic, sent[:20], "none")
    reading = client.reading(topic, {0: ("earliest", 20), 1: ("earliest", 20)})
    reading.take(20)
    broker.stop()
    broker.start()
    broker.produce(topic, sent[20:], "none")
    expect_same(reading.end(), {partition: {i: sent[2 * i + partition] for i in range(20)} for partition in (0, 1)}, topic)
    expect(broker.served("offset_for_leader_epoch") > 0, "it has not asked where the old epoch ended")
    if client.can("epoch_end"):
        epoch = broker.leader_epoch(topic, 0)
        ends = [client.ask("epoch_end", topic=topic, partition=0, epoch=asked) for asked in (epoch - 1, epoch, epoch + 1)]
        expect(ends == [10, 20, -1], f"the ends of epochs {epoch - 1} to {epoch + 1} are {ends}")


def restarts(broker, client):
    """The broker is killed, and stopped, while records are on their way."""
    for idempotent in client.hello["idempotence"]:
        for end_it in (broker.kill, broker.stop):
            topic = f"restarted-{end_it.__name__}-{'once' if idempotent else 'plain'}"
            broker.create_topic(topic)
            numbers = records.numbered(0, 100_000)
            sending = client.sending(topic, "none", idempotent)
            count = sending.send_until(300, iter(numbers))
            print(f"{topic}: {len(sending.offsets)} of {count} acknowledged at the end", flush=True)
            end_it()
            # Some take no more records without a broker.
            writing = threading.Thread(target=sending.send, args=[numbers[count:count + 1000]])
            writing.start()
            broker.start()
            writing.join()
            sending.send(numbers[count + 1000:count + 2000])
            offsets = sending.end()
            sent = numbers[:count + 2000]
            expect(len(offsets) == len(sent), f"{topic}: {len(offsets)} of {len(sent)} acknowledged")
            stored = broker.consume(topic)
            wanted = _at_offsets(sent, offsets, stored if client.lacks("timestamps") else None)
            if idempotent:
                expect_same(stored, wanted, topic)
            else:
                _expect_none_lost(stored, wanted, topic)


def _expect_none_lost(stored, wanted, topic):
    """Records may be there twice, for the answer to the first was lost; no other may be between."""
    for partition, at in wanted.items():
        for offset, record in at.items():
            expect(stored[partition].get(offset) == record, f"{topic}-{partition}, offset {offset}: not what was sent")
        first_seen = list(dict.fromkeys(record.key for record in stored[partition].values()))
        expect(first_seen == [record.key for record in at.values()], f"{topic}-{partition} is out of order")


def administration(broker, client):
    """Topics and their settings, as far as the client has words for them."""
    topic = f"made-by-{client.name}"
    if client.can("create_topic"):
        # The latter changes nothing here, which the answer says in a message beside no error.
        configs = {} if client.lacks("topic settings") else {"retention.ms": "-1", "flush.ms": "60000"}
        client.ask("create_topic", topic=topic, partitions=2, configs=configs)
        expect(broker.offsets(topic).keys() == {0, 1}, f"offsets {broker.offsets(topic)}")
        expect_refused(lambda: client.ask("create_topic", topic=topic, partitions=2, configs={}), "a second topic of a name")
    else:
        broker.create_topic(topic)
    expect(client.ask("topics").get(topic) == 2, f"topics {client.ask('topics')}")
    if client.can("create_partitions"):
        client.ask("create_partitions", topic=topic, partitions=5)
        expect(len(broker.offsets(topic)) == 5, f"offsets {broker.offsets(topic)}")
    if client.can("configs"):
        configs = client.ask("configs", topic=topic)
        expect(configs["retention.ms"] == "-1" and configs["cleanup.policy"] == "delete", f"configs {configs}")
        expect(configs.get("flush.ms") == ("60000" if client.can("create_topic") else None), f"configs {configs}")
    if client.can("set_configs"):
        client.ask("set_configs", topic=topic, configs={"retention.ms": "3600000", "max.message.bytes": "2000000"})
        described = broker.command("topic", "describe", topic, "--json")
        for text in (b'"name":"retention.ms","value":"3600000","source":"topic"',
                     b'"name":"max.message.bytes","value":"2000000","source":"topic"'):
            expect(text in described, f"described {described}")
        if client.can("configs"):
            configs = client.ask("configs", topic=topic)
            expect(configs["retention.ms"] == "3600000" and configs["max.message.bytes"] == "2000000", f"configs {configs}")
    if client.can("delete_topic"):
        client.ask("delete_topic", topic=topic)
        expect(topic not in broker.command("topic", "list").decode().split(), "a deleted topic is there")


def leaders_and_replicas(broker, client):
    """Who leads and holds a partition, where one broker is all there is."""
    if not client.can("replicas"):
        return
    topic = "led-and-held"
    broker.create_topic(topic)
    for replicas, wanted in (([1], []), ([1, 9], ["InvalidReplicationAssignmentError"]), (None, ["NoReassignmentInProgressError"])):
        said = client.ask("reassign", topic=topic, partition=0, replicas=replicas)
        expect(said == wanted, f"replicas {replicas}: {said}")
    expect(client.ask("reassignments") == [], "nothing moves, and something is said to")
    said = client.ask("elect", topic=topic, partition=1)
    expect(said == ["ElectionNotNeededError"], f"an election: {said}")


def cluster_and_disks(broker, client):
    """Who is there, and what its topics take on its disks."""
    if client.can("cluster"):
        status = json.loads(broker.command("cluster", "status", "--json"))
        wanted = {"controller": 1, "brokers": {"1": broker.kafka}}
        found = client.ask("cluster")
        expect(found in (wanted, wanted | {"id": status["cluster_id"]}), f"cluster {found}")
    if client.can("log_dirs"):
        topic = "on-disk"
        broker.create_topic(topic, **{"segment.bytes": "1048576"})
        broker.produce(topic, records.numbered(0, 150, size=20_000), "none")
        segments = {number: broker.segments(topic, number) for number in (0, 1)}
        expect(len(segments[0]) > 1, f"segments {segments}")
        wanted = {f"{topic}-{number}": sum(os.path.getsize(path) - SEGMENT_HEADER for path in paths)
                  for number, paths in segments.items()}
        found = {name: size for name, size in client.ask("log_dirs").items() if name.startswith(topic)}
        expect(found == wanted, f"on disk {found}, not {wanted}")
    for call in ("describe_cluster", "describe_log_dirs"):
        expect(not client.makes(call) or broker.served(call) > 0, f"it has not called {call}")


ALL = [every_codec, auto_create, segments_and_times, administration, leaders_and_replicas, cluster_and_disks, reads_through_a_restart, restarts]


def _has_null_headers(stored):
    return any(None in dict(record.headers).values() for at in stored.values() for record in at.values())


def read_each_other(broker, clients):
    """Every client reads what every other has written, in every codec that both know."""
    written = {}
    for writer in clients:
        for codec in writer.hello["codecs"]:
            topic = f"{writer.name}-{codec}"
            written[topic] = codec, write_tricky(broker, writer, topic, codec, writer.hello["idempotence"][-1])
    for reader in clients:
        for topic, (codec, stored) in written.items():
            if codec in reader.hello["codecs"] and not (reader.lacks("null header values when read") and
                                                        _has_null_headers(stored)):
                expect_read(reader, topic, _all_of(broker, topic), stored, f"{topic} as {reader.name} reads it")
    expect(set(CODECS) == {codec for codec, _ in written.values()}, "not every codec was written")
