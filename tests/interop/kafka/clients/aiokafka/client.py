"""aiokafka behind the contract."""

import asyncio
import sys

import aiokafka
import aiokafka.admin

import contract
from records import Record


class AioKafka:
    def __init__(self, broker):
        self.broker = broker
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self._admin = None

    def _run(self, work):
        return self.loop.run_until_complete(work)

    def produce(self, coming, acked, topic, codec, idempotent):
        self._run(self._produce(coming, acked, topic, codec, idempotent))

    async def _produce(self, coming, acked, topic, codec, idempotent):
        producer = aiokafka.AIOKafkaProducer(
            bootstrap_servers=self.broker, compression_type=None if codec == "none" else codec, acks="all", linger_ms=1,
            enable_idempotence=idempotent, max_request_size=1048588, request_timeout_ms=100_000, retry_backoff_ms=100)
        await producer.start()
        sent, index = [], 0
        try:
            while record := await self.loop.run_in_executor(None, next, coming, None):
                one = await producer.send(topic, record.value, record.key, record.partition, record.timestamp,
                                          list(record.headers))
                one.add_done_callback(lambda done, index=index: done.exception() or acked(index, done.result().offset))
                sent.append(one)
                index += 1
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    def _consumer(self):
        return aiokafka.AIOKafkaConsumer(bootstrap_servers=self.broker, group_id=None, auto_offset_reset="earliest",
                                         fetch_max_wait_ms=50)

    def consume(self, topic, ranges):
        consumer = self._in_loop(self._consumer)
        assigned = {number: aiokafka.TopicPartition(topic, number) for number in ranges}
        self._in_loop(lambda: consumer.assign(list(assigned.values())))
        self._run(consumer.start())
        try:
            for number, (begin, _) in ranges.items():
                if begin == "earliest":
                    self._run(consumer.seek_to_beginning(assigned[number]))
                else:
                    self._in_loop(lambda: consumer.seek(assigned[number], begin))
            while True:
                for batch in self._run(consumer.getmany(timeout_ms=1000)).values():
                    for read in batch:
                        yield read.offset, Record(read.partition, read.timestamp, read.key, read.value, tuple(read.headers))
        finally:
            self._run(consumer.stop())

    def _in_loop(self, make):
        async def made():
            return make()
        return self._run(made())

    def offset(self, topic, partition, at):
        where = aiokafka.TopicPartition(topic, partition)

        async def ask():
            consumer = self._consumer()
            await consumer.start()
            try:
                if at == "earliest":
                    return (await consumer.beginning_offsets([where]))[where]
                if at == "latest":
                    return (await consumer.end_offsets([where]))[where]
                found = (await consumer.offsets_for_times({where: at}))[where]
                return -1 if found is None else found.offset
            finally:
                await consumer.stop()
        return self._run(ask())

    @property
    def admin(self):
        if self._admin is None:
            self._admin = self._in_loop(lambda: aiokafka.admin.AIOKafkaAdminClient(bootstrap_servers=self.broker))
            self._run(self._admin.start())
        return self._admin

    def topics(self):
        return {topic["topic"]: len(topic["partitions"]) for topic in self._run(self.admin.describe_topics())}

    def _checked(self, work):
        answer = self._run(work)
        for error in getattr(answer, "topic_errors", ()) or getattr(answer, "topic_error_codes", ()):
            if error[1] != 0:
                raise RuntimeError(str(answer))
        return answer

    def create_topic(self, topic, partitions, configs):
        self._checked(self.admin.create_topics([aiokafka.admin.NewTopic(topic, partitions, 1, topic_configs=configs)]))

    def delete_topic(self, topic):
        self._checked(self.admin.delete_topics([topic]))

    def create_partitions(self, topic, partitions):
        self._checked(self.admin.create_partitions({topic: aiokafka.admin.NewPartitions(partitions)}))

    def delete_records(self, topic, partition, before):
        self._run(self.admin.delete_records({aiokafka.TopicPartition(topic, partition):
                                             aiokafka.admin.RecordsToDelete(before)}))

    @staticmethod
    def _resource(topic, configs=None):
        return aiokafka.admin.config_resource.ConfigResource(
            aiokafka.admin.config_resource.ConfigResourceType.TOPIC, topic, configs)

    def configs(self, topic):
        answers = self._run(self.admin.describe_configs([self._resource(topic)]))
        return {entry[0]: entry[1] for answer in answers for resource in answer.resources for entry in resource[4]}

    def set_configs(self, topic, configs):
        self._run(self.admin.alter_configs([self._resource(topic, configs)]))


contract.serve(AioKafka(sys.argv[1]), "aiokafka", aiokafka.__version__, codecs=["none", "gzip", "snappy", "lz4", "zstd"],
               idempotence=[False, True], lacks=["records without key and value", "null header values"],
               admin=["create_topic", "delete_topic", "create_partitions", "delete_records", "configs", "set_configs"])
