// Package contract is what the client programs in Go have in common: commands in, answers out, a JSON
// object a line (tests/interop/kafka/README.md).
package contract

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
)

type Record struct {
	Partition int32
	Offset    int64
	Timestamp int64
	Key       []byte // Nil: none.
	Value     []byte
	Headers   []Header
}

type Header struct {
	Name  string
	Value []byte
}

type Produce struct {
	Topic      string
	Codec      string
	Idempotent bool
}

// Where to begin; a negative offset is "earliest". And where to end.
type Place struct{ From, To int64 }

// Earliest and Latest are times that Offset may be asked for, as Kafka numbers them.
const (
	Latest   = -1
	Earliest = -2
)

type Client interface {
	// Sends until `coming` is closed, and says each record's index and offset once it is acknowledged.
	Produce(what Produce, coming <-chan Record, acked func(index int, offset int64)) error
	// Until `read` says that this was the last.
	Consume(topic string, places map[int32]Place, read func(Record) (more bool)) error
	Offset(topic string, partition int32, at int64) (int64, error)
	Topics() (map[string]int, error)
	CreateTopic(topic string, partitions int32, configs map[string]string) error
	DeleteTopic(topic string) error
	CreatePartitions(topic string, partitions int32) error
	DeleteRecords(topic string, partition int32, before int64) error
	Configs(topic string) (map[string]string, error)
	SetConfigs(topic string, configs map[string]string) error
	Cluster() (Cluster, error)
	// By "topic-partition": bytes.
	LogDirs() (map[string]int64, error)
}

// EpochEnds is a Client that can ask where the records of a leader epoch end.
type EpochEnds interface {
	EpochEnd(topic string, partition, epoch int32) (int64, error)
}

type Cluster struct {
	ID         string           `json:"id,omitempty"`
	Controller int32            `json:"controller"`
	Brokers    map[int32]string `json:"brokers"` // Addresses.
}

type line struct {
	Do         string            `json:"do"`
	Topic      string            `json:"topic"`
	Codec      string            `json:"codec"`
	Idempotent bool              `json:"idempotent"`
	Partitions json.RawMessage   `json:"partitions"`
	Partition  int32             `json:"partition"`
	At         json.RawMessage   `json:"at"`
	Before     int64             `json:"before"`
	Epoch      int32             `json:"epoch"`
	Configs    map[string]string `json:"configs"`
	Timestamp  int64             `json:"timestamp"`
	Key        *[]byte           `json:"key"` // encoding/json has base64 for bytes.
	Value      *[]byte           `json:"value"`
	Headers    [][2]any          `json:"headers"`
	End        bool              `json:"end"`
}

type talk struct {
	in  *json.Decoder
	mu  sync.Mutex
	out *bufio.Writer
}

func (t *talk) say(what any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	t.out.Write(append(text, '\n'))
	t.out.Flush()
}

// Serve says what the client is, then carries out commands until the input ends. `calls` are those of
// Kafka's protocol that it must make on the way.
func Serve(client Client, name, version string, calls []string) {
	admin := []string{"create_topic", "delete_topic", "create_partitions", "delete_records", "configs", "set_configs",
		"cluster", "log_dirs"}
	if _, can := client.(EpochEnds); can {
		admin = append(admin, "epoch_end")
	}
	t := &talk{in: json.NewDecoder(bufio.NewReader(os.Stdin)), out: bufio.NewWriter(os.Stdout)}
	t.say(map[string]any{"client": name, "version": version, "lacks": []string{}, "idempotence": []bool{false, true},
		"codecs": []string{"none", "gzip", "snappy", "lz4", "zstd"}, "admin": admin, "calls": calls})
	for {
		var command line
		if err := t.in.Decode(&command); err == io.EOF {
			return
		} else if err != nil {
			panic(err)
		}
		done, err := t.carryOut(client, command)
		if err != nil {
			t.say(map[string]any{"error": err.Error()})
		} else {
			t.say(map[string]any{"done": done})
		}
	}
}

func (t *talk) carryOut(client Client, command line) (any, error) {
	switch command.Do {
	case "produce":
		return nil, t.produce(client, command)
	case "consume":
		return nil, t.consume(client, command)
	case "offset":
		at, err := timeOf(command.At)
		if err != nil {
			return nil, err
		}
		return client.Offset(command.Topic, command.Partition, at)
	case "topics":
		return client.Topics()
	case "create_topic", "create_partitions":
		var count int32
		if err := json.Unmarshal(command.Partitions, &count); err != nil {
			return nil, err
		}
		if command.Do == "create_topic" {
			return nil, client.CreateTopic(command.Topic, count, command.Configs)
		}
		return nil, client.CreatePartitions(command.Topic, count)
	case "delete_topic":
		return nil, client.DeleteTopic(command.Topic)
	case "delete_records":
		return nil, client.DeleteRecords(command.Topic, command.Partition, command.Before)
	case "configs":
		return client.Configs(command.Topic)
	case "set_configs":
		return nil, client.SetConfigs(command.Topic, command.Configs)
	case "cluster":
		return client.Cluster()
	case "log_dirs":
		return client.LogDirs()
	case "epoch_end":
		return client.(EpochEnds).EpochEnd(command.Topic, command.Partition, command.Epoch)
	}
	return nil, fmt.Errorf("there is no %q", command.Do)
}

func (t *talk) produce(client Client, command line) error {
	coming := make(chan Record)
	ended := make(chan error)
	go func() {
		err := client.Produce(Produce{command.Topic, command.Codec, command.Idempotent}, coming,
			func(index int, offset int64) { t.say(map[string]any{"index": index, "offset": offset}) })
		for range coming { // What it left after a failure.
		}
		ended <- err
	}()
	for {
		var next line
		if err := t.in.Decode(&next); err != nil {
			panic(err)
		}
		if next.End {
			close(coming)
			return <-ended
		}
		coming <- recordOf(next)
	}
}

func recordOf(l line) Record {
	record := Record{Partition: l.Partition, Timestamp: l.Timestamp, Key: bytesOf(l.Key), Value: bytesOf(l.Value)}
	for _, pair := range l.Headers {
		header := Header{Name: pair[0].(string)}
		if text, ok := pair[1].(string); ok {
			quoted, _ := json.Marshal(text)
			if err := json.Unmarshal(quoted, &header.Value); err != nil {
				panic(err)
			}
		}
		record.Headers = append(record.Headers, header)
	}
	return record
}

func bytesOf(field *[]byte) []byte {
	if field == nil {
		return nil
	}
	if *field == nil {
		return []byte{}
	}
	return *field
}

func timeOf(at json.RawMessage) (int64, error) {
	switch string(at) {
	case `"earliest"`:
		return Earliest, nil
	case `"latest"`:
		return Latest, nil
	}
	var milliseconds int64
	err := json.Unmarshal(at, &milliseconds)
	return milliseconds, err
}

func (t *talk) consume(client Client, command line) error {
	var asked map[int32]struct {
		From json.RawMessage `json:"from"`
		To   int64           `json:"to"`
	}
	if err := json.Unmarshal(command.Partitions, &asked); err != nil {
		return err
	}
	places := map[int32]Place{}
	for number, place := range asked {
		from, err := timeOf(place.From)
		if err != nil {
			return err
		}
		places[number] = Place{from, place.To}
	}
	left := len(places)
	return client.Consume(command.Topic, places, func(record Record) bool {
		place := places[record.Partition]
		if record.Offset >= place.To {
			return left > 0
		}
		headers := [][2]any{}
		for _, header := range record.Headers {
			headers = append(headers, [2]any{header.Name, orNull(header.Value)})
		}
		t.say(map[string]any{"partition": record.Partition, "offset": record.Offset, "timestamp": record.Timestamp,
			"key": orNull(record.Key), "value": orNull(record.Value), "headers": headers})
		if record.Offset == place.To-1 {
			left--
		}
		return left > 0
	})
}

func orNull(data []byte) any {
	if data == nil {
		return nil
	}
	return data
}
