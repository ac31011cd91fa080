// sarama behind the contract.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"ropewalk/interop/contract"
)

type client struct{ broker string }

func (c client) config() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Consumer.MaxWaitTime = 100 * time.Millisecond
	return config
}

var codecs = map[string]sarama.CompressionCodec{"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP,
	"snappy": sarama.CompressionSnappy, "lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD}

func (c client) Produce(what contract.Produce, coming <-chan contract.Record, acked func(int, int64)) error {
	config := c.config()
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Return.Successes = true
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Producer.Compression = codecs[what.Codec]
	config.Producer.MaxMessageBytes = 1048588
	config.Producer.Retry.Max = 1000
	config.Producer.Retry.Backoff = 100 * time.Millisecond
	config.Producer.Idempotent = what.Idempotent
	config.Net.MaxOpenRequests = 1
	producer, err := sarama.NewAsyncProducer([]string{c.broker}, config)
	if err != nil {
		return err
	}
	var failed error
	// What is sent again after a close fails: the broker may have been away.
	var listening, underWay sync.WaitGroup
	listening.Add(2)
	go func() {
		defer listening.Done()
		for stored := range producer.Successes() {
			acked(stored.Metadata.(int), stored.Offset)
			underWay.Done()
		}
	}()
	go func() {
		defer listening.Done()
		for lost := range producer.Errors() {
			failed = lost.Err
			underWay.Done()
		}
	}()
	index := 0
	for record := range coming {
		sent := &sarama.ProducerMessage{Topic: what.Topic, Partition: record.Partition,
			Timestamp: time.UnixMilli(record.Timestamp), Metadata: index}
		if record.Key != nil {
			sent.Key = sarama.ByteEncoder(record.Key)
		}
		if record.Value != nil {
			sent.Value = sarama.ByteEncoder(record.Value)
		}
		for _, header := range record.Headers {
			sent.Headers = append(sent.Headers, sarama.RecordHeader{Key: []byte(header.Name), Value: header.Value})
		}
		underWay.Add(1)
		producer.Input() <- sent
		index++
	}
	underWay.Wait()
	producer.AsyncClose()
	listening.Wait()
	return failed
}

func (c client) Consume(topic string, places map[int32]contract.Place, read func(contract.Record) bool) error {
	consumer, err := sarama.NewConsumer([]string{c.broker}, c.config())
	if err != nil {
		return err
	}
	defer consumer.Close()
	merged := make(chan *sarama.ConsumerMessage)
	done := make(chan struct{})
	defer close(done)
	for number, place := range places {
		one, err := consumer.ConsumePartition(topic, number, place.From) // -2 is the oldest to sarama, too.
		if err == sarama.ErrOffsetOutOfRange {
			one, err = consumer.ConsumePartition(topic, number, sarama.OffsetOldest)
		}
		if err != nil {
			return err
		}
		defer one.AsyncClose()
		go func() {
			for record := range one.Messages() {
				select {
				case merged <- record:
				case <-done:
				}
			}
		}()
	}
	for record := range merged {
		found := contract.Record{Partition: record.Partition, Offset: record.Offset, Timestamp: record.Timestamp.UnixMilli(),
			Key: record.Key, Value: record.Value}
		for _, header := range record.Headers {
			found.Headers = append(found.Headers, contract.Header{Name: string(header.Key), Value: header.Value})
		}
		if !read(found) {
			return nil
		}
	}
	return nil
}

func (c client) Offset(topic string, partition int32, at int64) (int64, error) {
	plain, err := sarama.NewClient([]string{c.broker}, c.config())
	if err != nil {
		return 0, err
	}
	defer plain.Close()
	return plain.GetOffset(topic, partition, at)
}

// An administrator for one question.
func (c client) ask(question func(sarama.ClusterAdmin) error) error {
	admin, err := sarama.NewClusterAdmin([]string{c.broker}, c.config())
	if err != nil {
		return err
	}
	defer admin.Close()
	return question(admin)
}

func (c client) Topics() (topics map[string]int, err error) {
	plain, err := sarama.NewClient([]string{c.broker}, c.config())
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	names, err := plain.Topics()
	topics = map[string]int{}
	for _, name := range names {
		partitions, err := plain.Partitions(name)
		if err != nil {
			return nil, err
		}
		topics[name] = len(partitions)
	}
	return topics, err
}

func (c client) CreateTopic(topic string, partitions int32, configs map[string]string) error {
	return c.ask(func(admin sarama.ClusterAdmin) error {
		wanted := map[string]*string{}
		for name, value := range configs {
			wanted[name] = &value
		}
		return admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1,
			ConfigEntries: wanted}, false)
	})
}

func (c client) DeleteTopic(topic string) error {
	return c.ask(func(admin sarama.ClusterAdmin) error { return admin.DeleteTopic(topic) })
}

func (c client) CreatePartitions(topic string, partitions int32) error {
	return c.ask(func(admin sarama.ClusterAdmin) error { return admin.CreatePartitions(topic, partitions, nil, false) })
}

func (c client) DeleteRecords(topic string, partition int32, before int64) error {
	return c.ask(func(admin sarama.ClusterAdmin) error {
		return admin.DeleteRecords(topic, map[int32]int64{partition: before})
	})
}

func (c client) Configs(topic string) (configs map[string]string, err error) {
	err = c.ask(func(admin sarama.ClusterAdmin) error {
		entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic})
		configs = map[string]string{}
		for _, entry := range entries {
			configs[entry.Name] = entry.Value
		}
		return err
	})
	return configs, err
}

func (c client) SetConfigs(topic string, configs map[string]string) error {
	return c.ask(func(admin sarama.ClusterAdmin) error {
		changes := map[string]sarama.IncrementalAlterConfigsEntry{}
		for name, value := range configs {
			changes[name] = sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationSet,
				Value: &value}
		}
		return admin.IncrementalAlterConfig(sarama.TopicResource, topic, changes, false)
	})
}

func (c client) Cluster() (cluster contract.Cluster, err error) {
	err = c.ask(func(admin sarama.ClusterAdmin) error {
		brokers, controller, err := admin.DescribeCluster()
		cluster = contract.Cluster{Controller: controller, Brokers: map[int32]string{}}
		for _, broker := range brokers {
			cluster.Brokers[broker.ID()] = broker.Addr()
		}
		return err
	})
	return cluster, err
}

func (c client) LogDirs() (sizes map[string]int64, err error) {
	err = c.ask(func(admin sarama.ClusterAdmin) error {
		brokers, _, err := admin.DescribeCluster()
		if err != nil {
			return err
		}
		var ids []int32
		for _, broker := range brokers {
			ids = append(ids, broker.ID())
		}
		found, err := admin.DescribeLogDirs(ids)
		sizes = map[string]int64{}
		for _, directories := range found {
			for _, directory := range directories {
				for _, topic := range directory.Topics {
					for _, partition := range topic.Partitions {
						sizes[fmt.Sprintf("%s-%d", topic.Topic, partition.PartitionID)] = partition.Size
					}
				}
			}
		}
		return err
	})
	return sizes, err
}

func main() {
	version := "unknown"
	built, _ := debug.ReadBuildInfo()
	for _, module := range built.Deps {
		if module.Path == "github.com/IBM/sarama" {
			version = module.Version
		}
	}
	contract.Serve(client{os.Args[1]}, "sarama", version, []string{"describe_cluster", "describe_log_dirs"})
}
