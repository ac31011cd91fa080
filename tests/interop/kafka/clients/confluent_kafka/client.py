"""confluent-kafka behind the contract: Debian's on librdkafka 2.0, and the newest."""

import sys
import threading

import confluent_kafka
import confluent_kafka.admin as admin

import contract
from records import Record


class ConfluentKafka:
    def __init__(self, broker):
        self.common = {"bootstrap.servers": broker, "reconnect.backoff.max.ms": 200}
        self._admin = None

    def produce(self, coming, acked, topic, codec, idempotent):
        options = {"enable.idempotence": idempotent, "compression.type": codec, "acks": "all", "linger.ms": 1,
                   "message.max.bytes": 1048588}
        if not idempotent:
            options["max.in.flight"] = 1
        producer = confluent_kafka.Producer(self.common | options)
        failed = []

        def delivered(index, error, message):
            if error:
                failed.append(str(error))
            else:
                acked(index, message.offset())

        # Deliveries are told in poll(), and the next record may be long in coming.
        ended = threading.Event()
        poller = threading.Thread(target=lambda: [producer.poll(0.05) for _ in iter(ended.is_set, True)])
        poller.start()
        for index, record in enumerate(coming):
            producer.produce(topic, record.value, record.key, record.partition, timestamp=record.timestamp,
                             headers=list(record.headers),
                             on_delivery=lambda error, message, index=index: delivered(index, error, message))
        producer.flush()
        ended.set()
        poller.join()
        if failed:
            raise RuntimeError(failed[0])

    def _consumer(self):
        # It wants a group's name even where none is used.
        return confluent_kafka.Consumer(self.common | {"group.id": "none", "enable.auto.commit": False,
                                                       "auto.offset.reset": "earliest", "fetch.wait.max.ms": 50})

    def consume(self, topic, ranges):
        consumer = self._consumer()
        consumer.assign([confluent_kafka.TopicPartition(
            topic, number, confluent_kafka.OFFSET_BEGINNING if begin == "earliest" else begin)
            for number, (begin, _) in ranges.items()])
        try:
            while True:
                read = consumer.poll(1)
                if read is None:
                    continue
                if read.error():
                    raise RuntimeError(str(read.error()))
                yield read.offset(), Record(read.partition(), read.timestamp()[1], read.key(), read.value(),
                                            tuple(read.headers() or ()))
        finally:
            consumer.close()

    def offset(self, topic, partition, at):
        consumer = self._consumer()
        try:
            if at in ("earliest", "latest"):
                low, high = consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, partition), timeout=30)
                return low if at == "earliest" else high
            return consumer.offsets_for_times([confluent_kafka.TopicPartition(topic, partition, at)], timeout=30)[0].offset
        finally:
            consumer.close()

    @property
    def admin(self):
        if self._admin is None:
            self._admin = admin.AdminClient(self.common)
        return self._admin

    @staticmethod
    def _wait(answers):
        return [answer.result(30) for answer in answers.values()]

    def topics(self):
        return {name: len(topic.partitions) for name, topic in self.admin.list_topics(timeout=30).topics.items()}

    def create_topic(self, topic, partitions, configs):
        self._wait(self.admin.create_topics([admin.NewTopic(topic, partitions, 1, config=configs)]))

    def delete_topic(self, topic):
        self._wait(self.admin.delete_topics([topic]))

    def create_partitions(self, topic, partitions):
        self._wait(self.admin.create_partitions([admin.NewPartitions(topic, partitions)]))

    def delete_records(self, topic, partition, before):
        self._wait(self.admin.delete_records([confluent_kafka.TopicPartition(topic, partition, before)]))

    def configs(self, topic):
        found, = self._wait(self.admin.describe_configs([admin.ConfigResource(admin.RESOURCE_TOPIC, topic)]))
        return {name: entry.value for name, entry in found.items()}

    def set_configs(self, topic, configs):
        self._wait(self.admin.alter_configs([admin.ConfigResource(admin.RESOURCE_TOPIC, topic, set_config=configs)]))

    def cluster(self):
        found = self.admin.describe_cluster().result(30)
        return {"id": found.cluster_id, "controller": found.controller.id,
                "brokers": {node.id: f"{node.host}:{node.port}" for node in found.nodes}}


# The first librdkafka that looks after epochs.
EPOCHS = confluent_kafka.libversion()[1] >= 0x02010000

contract.serve(ConfluentKafka(sys.argv[1]), "confluent-kafka",
               f"{confluent_kafka.version()[0]}, librdkafka {confluent_kafka.libversion()[0]}",
               codecs=["none", "gzip", "snappy", "lz4", "zstd"], idempotence=[False, True], lacks=[],
               admin=["create_topic", "delete_topic", "create_partitions", "configs", "set_configs"] +
               [word for word, method in (("delete_records", "delete_records"), ("cluster", "describe_cluster"))
                if hasattr(admin.AdminClient, method)],
               calls=["offset_for_leader_epoch"] if EPOCHS else [])
