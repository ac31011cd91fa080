// kafkajs behind the contract. Its consumer wants a group, so that reading goes through its requests alone.
'use strict'

const readline = require('node:readline')
const { Kafka, CompressionTypes, CompressionCodecs, ConfigResourceTypes, logLevel } = require('kafkajs')
const { version } = require('kafkajs/package.json')
const snappy = require('kafkajs-snappy')
const lz4 = require('lz4-napi')
const { ZstdCodec } = require('zstd-codec')

const CODECS = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}
const BATCH_RECORDS = 100
const BATCH_BYTES = 500_000

CompressionCodecs[CompressionTypes.Snappy] = snappy
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: encoder => lz4.compressFrame(encoder.buffer),
  decompress: buffer => lz4.decompressFrame(buffer),
})
// The simple way cannot read frames that do not say how long their content is.
const zstd = new Promise(resolve => ZstdCodec.run(module => resolve(new module.Streaming())))
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async encoder => Buffer.from((await zstd).compress(encoder.buffer)),
  decompress: async buffer => Buffer.from((await zstd).decompress(buffer)),
})

const say = line => process.stdout.write(JSON.stringify(line) + '\n')
const bytes = text => (text === null ? null : Buffer.from(text, 'base64'))
const text = data => (data === null || data === undefined ? null : data.toString('base64'))

class Client {
  constructor(broker, lines) {
    this.lines = lines
    this.kafka = new Kafka({
      brokers: [broker],
      logLevel: logLevel.NOTHING,
      retry: { retries: 1000, initialRetryTime: 50, maxRetryTime: 200 },
    })
    this.admin = this.kafka.admin()
  }

  async *coming() {
    for (let line = await this.lines.next(); ; line = await this.lines.next()) {
      const record = JSON.parse(line.value)
      if (record.end) return
      yield record
    }
  }

  async produce({ topic, codec, idempotent }) {
    const producer = this.kafka.producer({ idempotent, maxInFlightRequests: 1 })
    await producer.connect()
    let batch = []
    let size = 0
    let first = 0
    const send = async () => {
      const stored = await producer.send({ topic, acks: -1, compression: CODECS[codec], messages: batch })
      const next = Object.fromEntries(stored.map(one => [one.partition, Number(one.baseOffset)]))
      batch.forEach((message, i) => say({ index: first + i, offset: next[message.partition]++ }))
      first += batch.length
      batch = []
      size = 0
    }
    let failed = null
    for await (const record of this.coming()) {
      if (failed) continue
      const message = {
        partition: record.partition,
        timestamp: String(record.timestamp),
        key: bytes(record.key),
        value: bytes(record.value),
        headers: Object.fromEntries(record.headers.map(([name, value]) => [name, bytes(value)])),
      }
      const added = (record.key || '').length + (record.value || '').length
      try {
        if (batch.length === BATCH_RECORDS || (size > 0 && size + added > BATCH_BYTES)) await send()
      } catch (error) {
        failed = error
      }
      batch.push(message)
      size += added
    }
    if (!failed && batch.length > 0) await send().catch(error => (failed = error))
    await producer.disconnect()
    if (failed) throw failed
  }

  async consume({ topic, partitions }) {
    const makeCluster = Object.getOwnPropertySymbols(this.kafka).find(name => String(name).includes('createCluster'))
    const cluster = this.kafka[makeCluster]({ allowAutoTopicCreation: false, maxInFlightRequests: null })
    await cluster.connect()
    await cluster.addTargetTopic(topic)
    const next = {}
    for (const [partition, { from }] of Object.entries(partitions))
      next[partition] = from === 'earliest' ? await this.offset({ topic, partition: Number(partition), at: from }) : from
    try {
      for (;;) {
        const left = Object.keys(next).filter(partition => next[partition] < partitions[partition].to)
        if (left.length === 0) return
        const [{ leader }] = cluster.findTopicPartitionMetadata(topic)
        const broker = await cluster.findBroker({ nodeId: leader })
        const { responses } = await broker.fetch({
          maxWaitTime: 100,
          minBytes: 1,
          maxBytes: 10_000_000,
          isolationLevel: 0,
          topics: [{
            topic,
            partitions: left.map(partition => ({
              partition: Number(partition),
              fetchOffset: next[partition],
              maxBytes: 2_000_000,
            })),
          }],
        })
        for (const { partition, messages } of responses[0].partitions) {
          for (const message of messages) {
            const offset = Number(message.offset)
            if (offset < next[partition]) continue
            next[partition] = offset + 1
            if (offset < partitions[partition].to) this.tell(partition, offset, message)
          }
        }
      }
    } finally {
      await cluster.disconnect()
    }
  }

  tell(partition, offset, message) {
    const headers = Object.entries(message.headers || {}).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map(one => [name, text(one)]))
    say({
      partition,
      offset,
      timestamp: Number(message.timestamp),
      key: text(message.key),
      value: text(message.value),
      headers,
    })
  }

  async offset({ topic, partition, at }) {
    const found = typeof at === 'number'
      ? await this.admin.fetchTopicOffsetsByTimestamp(topic, at)
      : await this.admin.fetchTopicOffsets(topic)
    const of = found.find(one => one.partition === partition)
    return Number(at === 'earliest' ? of.low : of.offset)
  }

  async topics() {
    const { topics } = await this.admin.fetchTopicMetadata()
    return Object.fromEntries(topics.map(topic => [topic.name, topic.partitions.length]))
  }

  async cluster() {
    const { brokers, controller, clusterId } = await this.admin.describeCluster()
    return {
      id: clusterId,
      controller,
      brokers: Object.fromEntries(brokers.map(one => [one.nodeId, `${one.host}:${one.port}`])),
    }
  }

  async create_topic({ topic, partitions, configs }) {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
    const created = await this.admin.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }],
      waitForLeaders: true,
    })
    if (!created) throw new Error('the topic is there already')
  }

  async delete_topic({ topic }) {
    await this.admin.deleteTopics({ topics: [topic] })
  }

  async create_partitions({ topic, partitions }) {
    await this.admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] })
  }

  async delete_records({ topic, partition, before }) {
    await this.admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] })
  }

  async configs({ topic }) {
    const { resources } = await this.admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
    })
    return Object.fromEntries(resources[0].configEntries.map(one => [one.configName, one.configValue]))
  }

  async set_configs({ topic, configs }) {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
    await this.admin.alterConfigs({ resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }] })
  }
}

async function main() {
  const lines = readline.createInterface({ input: process.stdin, crlfDelay: Infinity })[Symbol.asyncIterator]()
  const client = new Client(process.argv[2], lines)
  await client.admin.connect()
  say({
    client: 'kafkajs',
    version,
    codecs: Object.keys(CODECS),
    idempotence: [false, true],
    lacks: ['repeated header names', 'null header values', 'headers as they are when read',
      'a new beginning where an offset is gone'],
    admin: ['create_topic', 'delete_topic', 'create_partitions', 'delete_records', 'configs', 'set_configs', 'cluster'],
  })
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    const command = JSON.parse(line.value)
    try {
      say({ done: (await client[command.do](command)) ?? null })
    } catch (error) {
      say({ error: String(error) })
    }
  }
  process.exit(0)
}

main()
