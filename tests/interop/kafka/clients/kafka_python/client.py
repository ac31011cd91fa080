"""kafka-python behind the contract: Debian's 2.0.2, the oldest dialect, and the newest."""

import sys

import kafka
import kafka.admin
import kafka.errors

import contract
from records import Record

NEW = int(kafka.__version__.split(".")[0]) >= 3


def _codec(name):
    return None if name == "none" else name


class KafkaPython:
    def __init__(self, broker):
        self.broker = broker
        self._admin = None

    def produce(self, coming, acked, topic, codec, idempotent):
        options = {"enable_idempotence": idempotent} if NEW else {}
        if not idempotent:
            options |= {"max_in_flight_requests_per_connection": 1}
        producer = kafka.KafkaProducer(bootstrap_servers=self.broker, compression_type=_codec(codec), acks="all",
                                       retries=1000, retry_backoff_ms=100, linger_ms=1, max_request_size=1048588,
                                       reconnect_backoff_max_ms=200, **options)
        failed = []
        for index, record in enumerate(coming):
            sent = producer.send(topic, record.value, record.key, list(record.headers), record.partition, record.timestamp)
            sent.add_callback(lambda stored, index=index: acked(index, stored.offset))
            sent.add_errback(failed.append)
        producer.flush()
        producer.close()
        if failed:
            raise failed[0]

    def consume(self, topic, ranges):
        consumer = self._consumer()
        assigned = {number: kafka.TopicPartition(topic, number) for number in ranges}
        consumer.assign(list(assigned.values()))
        for number, (begin, _) in ranges.items():
            if begin == "earliest":
                consumer.seek_to_beginning(assigned[number])
            else:
                consumer.seek(assigned[number], begin)
        try:
            while True:
                for batch in consumer.poll(timeout_ms=1000).values():
                    for read in batch:
                        yield read.offset, Record(read.partition, read.timestamp, read.key, read.value,
                                                  tuple(tuple(header) for header in read.headers))
        finally:
            consumer.close()

    def _consumer(self):
        return kafka.KafkaConsumer(bootstrap_servers=self.broker, group_id=None, auto_offset_reset="earliest")

    def offset(self, topic, partition, at):
        consumer = self._consumer()
        try:
            where = kafka.TopicPartition(topic, partition)
            if at == "earliest":
                return consumer.beginning_offsets([where])[where]
            if at == "latest":
                return consumer.end_offsets([where])[where]
            found = consumer.offsets_for_times({where: at})[where]
            return -1 if found is None else found.offset
        finally:
            consumer.close()

    def topics(self):
        consumer = self._consumer()
        try:
            return {name: len(consumer.partitions_for_topic(name)) for name in consumer.topics()}
        finally:
            consumer.close()

    @property
    def admin(self):
        if self._admin is None:
            self._admin = kafka.KafkaAdminClient(bootstrap_servers=self.broker)
        return self._admin

    def create_topic(self, topic, partitions, configs):
        self.admin.create_topics([kafka.admin.NewTopic(topic, partitions, 1, topic_configs=configs)])

    def delete_topic(self, topic):
        self.admin.delete_topics([topic])

    def create_partitions(self, topic, partitions):
        self.admin.create_partitions({topic: kafka.admin.NewPartitions(partitions)})

    def delete_records(self, topic, partition, before):
        self.admin.delete_records({kafka.TopicPartition(topic, partition): before})

    def configs(self, topic):
        asked = [kafka.admin.ConfigResource(kafka.admin.ConfigResourceType.TOPIC, topic)]
        if NEW:
            answer = self.admin.describe_configs(asked, config_filter="all")
            return {name: entry["value"] for name, entry in answer["topic"][topic].items()}
        answer = self.admin.describe_configs(asked)
        return {entry[0]: entry[1] for response in answer for resource in response.resources for entry in resource[4]}

    def set_configs(self, topic, configs):
        self.admin.alter_configs([kafka.admin.ConfigResource(kafka.admin.ConfigResourceType.TOPIC, topic, configs)])

    def cluster(self):
        found = self.admin.describe_cluster()
        return {"id": found["cluster_id"], "controller": found["controller_id"],
                "brokers": {broker["broker_id"]: f"{broker['host']}:{broker['port']}" for broker in found["brokers"]}}

    def reassign(self, topic, partition, replicas):
        """`replicas`: who is to hold it; none calls off what is under way. The error's name, or none."""
        failed = self.admin.alter_partition_reassignments({kafka.TopicPartition(topic, partition): replicas})
        return [error.__name__ for error in failed.values() if error is not None]

    def reassignments(self):
        return [f"{each.topic}-{each.partition}" for each in self.admin.list_partition_reassignments()]

    def elect(self, topic, partition):
        answer = self.admin.elect_leaders(kafka.protocol.admin.ElectionType.PREFERRED, {topic: [partition]}, raise_errors=False)
        return [kafka.errors.for_code(result.error_code).__name__
                for each in answer.replica_election_results for result in each.partition_result]

    def log_dirs(self):
        return {f"{topic['name']}-{partition['partition_index']}": partition["partition_size"]
                for answer in self.admin.describe_log_dirs() for directory in answer["log_dirs"]
                for topic in directory["topics"] for partition in topic["partitions"]}


contract.serve(KafkaPython(sys.argv[1]), "kafka-python", kafka.__version__,
               codecs=["none", "gzip", "snappy", "lz4", "zstd"], idempotence=[False, True] if NEW else [False],
               lacks=["records without key and value", "null header values"],
               admin=["create_topic", "delete_topic", "create_partitions", "configs", "set_configs"] +
               (["delete_records", "cluster", "log_dirs", "replicas"] if NEW else []),
               calls=["describe_cluster", "describe_log_dirs", "offset_for_leader_epoch"] if NEW else [])
