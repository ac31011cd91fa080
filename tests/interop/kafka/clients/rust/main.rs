//! rskafka behind the contract (tests/interop/kafka/README.md).

use std::collections::BTreeMap;
use std::io::BufRead;
use std::sync::Arc;

use base64::{engine::general_purpose::STANDARD, Engine};
use chrono::{TimeZone, Utc};
use rskafka::client::partition::{Compression, OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder};
use rskafka::record::{Record, RecordAndOffset};
use serde_json::{json, Value};
use tokio::sync::mpsc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const BATCH_RECORDS: usize = 100;
const BATCH_BYTES: usize = 500_000;
const TIMEOUT_MS: i32 = 30_000;

fn bytes_of(field: &Value) -> Result<Option<Vec<u8>>, Failure> {
    field.as_str().map(|text| STANDARD.decode(text).map_err(Failure::from)).transpose()
}

fn text_of(bytes: &Option<Vec<u8>>) -> Value {
    bytes.as_ref().map_or(Value::Null, |bytes| json!(STANDARD.encode(bytes)))
}

fn record_of(line: &Value) -> Result<Record, Failure> {
    let mut headers = BTreeMap::new();
    for pair in line["headers"].as_array().ok_or("no headers")? {
        headers.insert(pair[0].as_str().ok_or("no name")?.to_string(), bytes_of(&pair[1])?.ok_or("no value")?);
    }
    let milliseconds = line["timestamp"].as_i64().ok_or("no timestamp")?;
    let timestamp = Utc.timestamp_millis_opt(milliseconds).single().ok_or("no time")?;
    Ok(Record { key: bytes_of(&line["key"])?, value: bytes_of(&line["value"])?, headers, timestamp })
}

fn say_record(partition: i32, read: &RecordAndOffset) {
    let headers: Vec<Value> =
        read.record.headers.iter().map(|(name, value)| json!([name, STANDARD.encode(value)])).collect();
    println!(
        "{}",
        json!({"partition": partition, "offset": read.offset, "timestamp": read.record.timestamp.timestamp_millis(),
               "key": text_of(&read.record.key), "value": text_of(&read.record.value), "headers": headers})
    );
}

struct Contract {
    client: Client,
    lines: mpsc::Receiver<String>,
}

impl Contract {
    async fn partition(&self, topic: &str, partition: i32) -> Result<Arc<PartitionClient>, Failure> {
        Ok(Arc::new(self.client.partition_client(topic, partition, UnknownTopicHandling::Retry).await?))
    }

    async fn carry_out(&mut self, command: &Value) -> Result<Value, Failure> {
        let topic = command["topic"].as_str().unwrap_or("").to_string();
        let partition = command["partition"].as_i64().unwrap_or(0) as i32;
        match command["do"].as_str().unwrap_or("") {
            "produce" => self.produce(&topic, command["codec"].as_str().unwrap_or("")).await?,
            "consume" => {
                for (number, place) in command["partitions"].as_object().ok_or("no partitions")? {
                    let end = place["to"].as_i64().ok_or("no end")?;
                    self.consume(&topic, number.parse()?, &place["from"], end).await?;
                }
            }
            "offset" => return Ok(json!(self.offset(&topic, partition, &command["at"]).await?)),
            "topics" => {
                let topics = self.client.list_topics().await?;
                return Ok(topics.into_iter().map(|topic| (topic.name, json!(topic.partitions.len()))).collect());
            }
            "create_topic" => {
                let partitions = command["partitions"].as_i64().ok_or("no partitions")? as i32;
                self.client.controller_client()?.create_topic(topic, partitions, 1, TIMEOUT_MS).await?;
            }
            "delete_topic" => self.client.controller_client()?.delete_topic(topic, TIMEOUT_MS).await?,
            "delete_records" => {
                let before = command["before"].as_i64().ok_or("no offset")?;
                self.partition(&topic, partition).await?.delete_records(before, TIMEOUT_MS).await?;
            }
            other => return Err(format!("there is no {other:?}").into()),
        }
        Ok(Value::Null)
    }

    /// Sends what has come, up to a batch, and waits for it before the next.
    async fn produce(&mut self, topic: &str, codec: &str) -> Result<(), Failure> {
        let compression = match codec {
            "gzip" => Compression::Gzip,
            "snappy" => Compression::Snappy,
            "lz4" => Compression::Lz4,
            "zstd" => Compression::Zstd,
            _ => Compression::NoCompression,
        };
        let mut clients: BTreeMap<i32, Arc<PartitionClient>> = BTreeMap::new();
        let mut failed: Option<Failure> = None;
        let mut index = 0usize;
        let mut ended = false;
        while !ended {
            let mut batches: BTreeMap<i32, (Vec<usize>, Vec<Record>)> = BTreeMap::new();
            let mut size = 0;
            let mut next = self.lines.recv().await;
            for count in 1.. {
                let line = serde_json::from_str::<Value>(&next.ok_or("the input ended")?)?;
                if line.get("end").is_some() {
                    ended = true;
                    break;
                }
                let record = record_of(&line)?;
                size += record.approximate_size();
                let batch = batches.entry(line["partition"].as_i64().ok_or("no partition")? as i32).or_default();
                batch.0.push(index);
                batch.1.push(record);
                index += 1;
                if count == BATCH_RECORDS || size >= BATCH_BYTES {
                    break;
                }
                next = match self.lines.try_recv() {
                    Ok(line) => Some(line),
                    Err(_) => break,
                };
            }
            for (partition, (indexes, records)) in batches {
                if failed.is_some() {
                    continue;
                }
                if !clients.contains_key(&partition) {
                    clients.insert(partition, self.partition(topic, partition).await?);
                }
                match clients[&partition].produce(records, compression).await {
                    Ok(offsets) => {
                        for (index, offset) in indexes.iter().zip(offsets) {
                            println!("{}", json!({"index": index, "offset": offset}));
                        }
                    }
                    Err(error) => failed = Some(error.into()),
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn consume(&self, topic: &str, number: i32, from: &Value, end: i64) -> Result<(), Failure> {
        let partition = self.partition(topic, number).await?;
        let mut next = match from.as_i64() {
            Some(offset) => offset,
            None => partition.get_offset(OffsetAt::Earliest).await?,
        };
        while next < end {
            let (records, _) = partition.fetch_records(next, 1..2_000_000, 100).await?;
            for read in records {
                next = read.offset + 1;
                if read.offset < end {
                    say_record(number, &read);
                }
            }
        }
        Ok(())
    }

    async fn offset(&self, topic: &str, partition: i32, at: &Value) -> Result<i64, Failure> {
        let at = match (at.as_str(), at.as_i64()) {
            (Some("earliest"), _) => OffsetAt::Earliest,
            (_, Some(milliseconds)) => {
                OffsetAt::Timestamp(Utc.timestamp_millis_opt(milliseconds).single().ok_or("no time")?)
            }
            _ => OffsetAt::Latest,
        };
        Ok(self.partition(topic, partition).await?.get_offset(at).await?)
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let broker = std::env::args().nth(1).ok_or("usage: client HOST:PORT")?;
    let client = ClientBuilder::new(vec![broker]).build().await?;
    let (sender, lines) = mpsc::channel(BATCH_RECORDS);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    println!(
        "{}",
        json!({"client": "rskafka", "version": "0.6.0", "idempotence": [false],
               "codecs": ["none", "gzip", "snappy", "lz4", "zstd"],
               "admin": ["create_topic", "delete_topic", "delete_records"],
               "lacks": ["repeated header names", "null header values", "headers as they are when read",
                         "null header values when read", "topics made by producing",
                         "a new beginning where an offset is gone", "topic settings"]})
    );
    let mut contract = Contract { client, lines };
    while let Some(line) = contract.lines.recv().await {
        let command = serde_json::from_str(&line)?;
        match contract.carry_out(&command).await {
            Ok(done) => println!("{}", json!({"done": done})),
            Err(error) => println!("{}", json!({"error": error.to_string()})),
        }
    }
    Ok(())
}
