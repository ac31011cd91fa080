// franz-go behind the contract.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"ropewalk/interop/contract"
)

type franz struct{ broker string }

func (f franz) client(options ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append(options, kgo.SeedBrokers(f.broker), kgo.RetryBackoffFn(
		func(int) time.Duration { return 100 * time.Millisecond }))...)
}

// An administrator for one question.
func (f franz) ask(question func(context.Context, *kadm.Client) error) error {
	client, err := f.client()
	if err != nil {
		return err
	}
	defer client.Close()
	deadline, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return question(deadline, kadm.NewClient(client))
}

var codecs = map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}

func (f franz) Produce(what contract.Produce, coming <-chan contract.Record, acked func(int, int64)) error {
	options := []kgo.Opt{kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(codecs[what.Codec]),
		kgo.ProducerBatchMaxBytes(1048588), kgo.AllowAutoTopicCreation(), kgo.UnknownTopicRetries(-1)}
	if !what.Idempotent {
		options = append(options, kgo.DisableIdempotentWrite(), kgo.MaxProduceRequestsInflightPerBroker(1))
	}
	client, err := f.client(options...)
	if err != nil {
		return err
	}
	defer client.Close()
	var failed error
	index := 0
	for record := range coming {
		sent := &kgo.Record{Topic: what.Topic, Partition: record.Partition, Timestamp: time.UnixMilli(record.Timestamp),
			Key: record.Key, Value: record.Value}
		for _, header := range record.Headers {
			sent.Headers = append(sent.Headers, kgo.RecordHeader{Key: header.Name, Value: header.Value})
		}
		number := index
		client.Produce(context.Background(), sent, func(stored *kgo.Record, err error) {
			if err != nil {
				failed = err
			} else {
				acked(number, stored.Offset)
			}
		})
		index++
	}
	if err := client.Flush(context.Background()); err != nil {
		return err
	}
	return failed
}

func (f franz) Consume(topic string, places map[int32]contract.Place, read func(contract.Record) bool) error {
	from := map[int32]kgo.Offset{}
	for number, place := range places {
		from[number] = kgo.NewOffset().At(place.From) // -2 is the start to franz-go, too.
	}
	client, err := f.client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer client.Close()
	for {
		fetched := client.PollFetches(context.Background())
		if err := fetched.Err(); err != nil {
			return err
		}
		for _, record := range fetched.Records() {
			found := contract.Record{Partition: record.Partition, Offset: record.Offset,
				Timestamp: record.Timestamp.UnixMilli(), Key: record.Key, Value: record.Value}
			for _, header := range record.Headers {
				found.Headers = append(found.Headers, contract.Header{Name: header.Key, Value: header.Value})
			}
			if !read(found) {
				return nil
			}
		}
	}
}

func (f franz) Offset(topic string, partition int32, at int64) (offset int64, err error) {
	err = f.ask(func(deadline context.Context, admin *kadm.Client) error {
		var listed kadm.ListedOffsets
		var err error
		switch at {
		case contract.Earliest:
			listed, err = admin.ListStartOffsets(deadline, topic)
		case contract.Latest:
			listed, err = admin.ListEndOffsets(deadline, topic)
		default:
			listed, err = admin.ListOffsetsAfterMilli(deadline, at, topic)
		}
		if err != nil {
			return err
		}
		found, _ := listed.Lookup(topic, partition)
		offset = found.Offset
		return found.Err
	})
	return offset, err
}

func (f franz) Topics() (topics map[string]int, err error) {
	err = f.ask(func(deadline context.Context, admin *kadm.Client) error {
		listed, err := admin.ListTopics(deadline)
		topics = map[string]int{}
		for name, details := range listed {
			topics[name] = len(details.Partitions)
		}
		return err
	})
	return topics, err
}

func (f franz) CreateTopic(topic string, partitions int32, configs map[string]string) error {
	return f.ask(func(deadline context.Context, admin *kadm.Client) error {
		wanted := map[string]*string{}
		for name, value := range configs {
			wanted[name] = &value
		}
		_, err := admin.CreateTopic(deadline, partitions, 1, wanted, topic)
		return err
	})
}

func (f franz) DeleteTopic(topic string) error {
	return f.ask(func(deadline context.Context, admin *kadm.Client) error {
		_, err := admin.DeleteTopic(deadline, topic)
		return err
	})
}

func (f franz) CreatePartitions(topic string, partitions int32) error {
	return f.ask(func(deadline context.Context, admin *kadm.Client) error {
		answers, err := admin.UpdatePartitions(deadline, int(partitions), topic)
		if err != nil {
			return err
		}
		return answers.Error()
	})
}

func (f franz) DeleteRecords(topic string, partition int32, before int64) error {
	return f.ask(func(deadline context.Context, admin *kadm.Client) error {
		var offsets kadm.Offsets
		offsets.AddOffset(topic, partition, before, -1)
		answers, err := admin.DeleteRecords(deadline, offsets)
		if err != nil {
			return err
		}
		return answers.Error()
	})
}

func (f franz) Configs(topic string) (configs map[string]string, err error) {
	err = f.ask(func(deadline context.Context, admin *kadm.Client) error {
		described, err := admin.DescribeTopicConfigs(deadline, topic)
		if err != nil {
			return err
		}
		configs = map[string]string{}
		for _, config := range described[0].Configs {
			configs[config.Key] = config.MaybeValue()
		}
		return described[0].Err
	})
	return configs, err
}

func (f franz) SetConfigs(topic string, configs map[string]string) error {
	return f.ask(func(deadline context.Context, admin *kadm.Client) error {
		var changes []kadm.AlterConfig
		for name, value := range configs {
			changes = append(changes, kadm.AlterConfig{Op: kadm.SetConfig, Name: name, Value: &value})
		}
		answers, err := admin.AlterTopicConfigs(deadline, changes, topic)
		if err != nil {
			return err
		}
		return answers[0].Err
	})
}

func (f franz) Cluster() (cluster contract.Cluster, err error) {
	err = f.ask(func(deadline context.Context, admin *kadm.Client) error {
		found, err := admin.BrokerMetadata(deadline)
		cluster = contract.Cluster{ID: found.Cluster, Controller: found.Controller, Brokers: map[int32]string{}}
		for _, broker := range found.Brokers {
			cluster.Brokers[broker.NodeID] = fmt.Sprintf("%s:%d", broker.Host, broker.Port)
		}
		return err
	})
	return cluster, err
}

func (f franz) LogDirs() (sizes map[string]int64, err error) {
	err = f.ask(func(deadline context.Context, admin *kadm.Client) error {
		found, err := admin.DescribeAllLogDirs(deadline, nil)
		sizes = map[string]int64{}
		for _, directories := range found {
			directories.EachPartition(func(partition kadm.DescribedLogDirPartition) {
				sizes[fmt.Sprintf("%s-%d", partition.Topic, partition.Partition)] = partition.Size
			})
		}
		return err
	})
	return sizes, err
}

func (f franz) EpochEnd(topic string, partition, epoch int32) (end int64, err error) {
	err = f.ask(func(deadline context.Context, admin *kadm.Client) error {
		var asked kadm.OffsetForLeaderEpochRequest
		asked.Add(topic, partition, epoch)
		found, err := admin.OffsetForLeaderEpoch(deadline, asked)
		if err != nil {
			return err
		}
		end = found[topic][partition].EndOffset
		return found[topic][partition].Err
	})
	return end, err
}

func main() {
	version := "unknown"
	built, _ := debug.ReadBuildInfo()
	for _, module := range built.Deps {
		if module.Path == "github.com/twmb/franz-go" {
			version = module.Version
		}
	}
	contract.Serve(franz{os.Args[1]}, "franz-go", version, []string{"describe_log_dirs", "offset_for_leader_epoch"})
}
