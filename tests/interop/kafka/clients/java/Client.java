import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.AppInfoParser;

/** kafka-clients behind the contract (tests/interop/kafka/README.md). */
public class Client {
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private final ObjectMapper json = new ObjectMapper();
  private final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
  private final BufferedReader in =
      new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  private final String broker;
  private Admin admin;

  Client(String broker) {
    this.broker = broker;
  }

  public static void main(String[] arguments) throws Exception {
    new Client(arguments[0]).serve();
  }

  private synchronized void say(Map<String, ?> line) {
    try {
      out.println(json.writeValueAsString(line));
      out.flush();
    } catch (com.fasterxml.jackson.core.JsonProcessingException unwritable) {
      throw new IllegalStateException(unwritable);
    }
  }

  private void serve() throws Exception {
    say(Map.of("client", "kafka-clients", "version", AppInfoParser.getVersion(), "lacks", List.of(),
        "codecs", List.of("none", "gzip", "snappy", "lz4", "zstd"), "idempotence", List.of(false, true),
        "admin", List.of("create_topic", "delete_topic", "create_partitions", "delete_records",
            "configs", "set_configs", "cluster", "log_dirs"),
        "calls", List.of("describe_cluster", "describe_log_dirs", "offset_for_leader_epoch")));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      Map<String, Object> answer = new HashMap<>();
      try {
        answer.put("done", carryOut(json.readTree(line)));
      } catch (Exception failed) {
        answer.put("error", failed.toString());
      }
      say(answer);
    }
  }

  private Object carryOut(JsonNode command) throws Exception {
    String topic = command.path("topic").asText();
    switch (command.get("do").asText()) {
      case "produce":
        produce(command, topic);
        return null;
      case "consume":
        consume(command, topic);
        return null;
      case "offset":
        return offset(new TopicPartition(topic, command.get("partition").asInt()), command.get("at"));
      case "topics":
        Map<String, Integer> counts = new HashMap<>();
        admin().describeTopics(admin().listTopics().names().get()).allTopicNames().get()
            .forEach((name, details) -> counts.put(name, details.partitions().size()));
        return counts;
      case "create_topic":
        admin().createTopics(List.of(new NewTopic(topic, command.get("partitions").asInt(), (short) 1)
            .configs(texts(command.get("configs"))))).all().get();
        return null;
      case "delete_topic":
        admin().deleteTopics(List.of(topic)).all().get();
        return null;
      case "create_partitions":
        admin().createPartitions(Map.of(topic, NewPartitions.increaseTo(command.get("partitions").asInt())))
            .all().get();
        return null;
      case "delete_records":
        admin().deleteRecords(Map.of(new TopicPartition(topic, command.get("partition").asInt()),
            RecordsToDelete.beforeOffset(command.get("before").asLong()))).all().get();
        return null;
      case "configs":
        Map<String, String> configs = new HashMap<>();
        admin().describeConfigs(List.of(resource(topic))).all().get().get(resource(topic)).entries()
            .forEach(entry -> configs.put(entry.name(), entry.value()));
        return configs;
      case "set_configs":
        Collection<AlterConfigOp> changes = new ArrayList<>();
        texts(command.get("configs")).forEach((name, value) ->
            changes.add(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)));
        admin().incrementalAlterConfigs(Map.of(resource(topic), changes)).all().get();
        return null;
      case "cluster":
        DescribeClusterResult cluster = admin().describeCluster();
        Map<String, String> brokers = new HashMap<>();
        cluster.nodes().get().forEach(node -> brokers.put(node.idString(), node.host() + ":" + node.port()));
        return Map.of("id", cluster.clusterId().get(), "controller", cluster.controller().get().id(),
            "brokers", brokers);
      case "log_dirs":
        Map<String, Long> sizes = new HashMap<>();
        admin().describeLogDirs(List.of(1)).allDescriptions().get().get(1).values().forEach(directory ->
            directory.replicaInfos().forEach((where, replica) -> sizes.put(where.toString(), replica.size())));
        return sizes;
      default:
        throw new IllegalArgumentException(command.toString());
    }
  }

  private Admin admin() {
    if (admin == null) {
      admin = Admin.create(Map.of("bootstrap.servers", broker));
    }
    return admin;
  }

  private static ConfigResource resource(String topic) {
    return new ConfigResource(ConfigResource.Type.TOPIC, topic);
  }

  private static Map<String, String> texts(JsonNode object) {
    Map<String, String> texts = new HashMap<>();
    object.fields().forEachRemaining(field -> texts.put(field.getKey(), field.getValue().asText()));
    return texts;
  }

  private static byte[] bytes(JsonNode field) {
    return field.isNull() ? null : Base64.getDecoder().decode(field.asText());
  }

  private static String text(byte[] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
  }

  private void produce(JsonNode command, String topic) throws Exception {
    boolean idempotent = command.get("idempotent").asBoolean();
    Map<String, Object> options = new HashMap<>(Map.of("bootstrap.servers", broker, "acks", "all",
        "compression.type", command.get("codec").asText(), "enable.idempotence", idempotent,
        "max.request.size", 1048588, "linger.ms", 1, "reconnect.backoff.max.ms", 200));
    if (!idempotent) {
      options.put("max.in.flight.requests.per.connection", 1);
    }
    AtomicReference<Exception> failed = new AtomicReference<>();
    try (KafkaProducer<byte[], byte[]> producer =
             new KafkaProducer<>(options, new ByteArraySerializer(), new ByteArraySerializer())) {
      int index = 0;
      for (JsonNode line = next(); !line.has("end"); line = next(), index++) {
        List<Header> headers = new ArrayList<>();
        for (JsonNode header : line.get("headers")) {
          headers.add(new RecordHeader(header.get(0).asText(), bytes(header.get(1))));
        }
        int number = index;
        producer.send(new ProducerRecord<>(topic, line.get("partition").asInt(), line.get("timestamp").asLong(),
            bytes(line.get("key")), bytes(line.get("value")), headers), (stored, error) -> {
              if (error != null) {
                failed.set(error);
              } else {
                say(Map.of("index", number, "offset", stored.offset()));
              }
            });
      }
    }
    if (failed.get() != null) {
      throw failed.get();
    }
  }

  private JsonNode next() throws java.io.IOException {
    return json.readTree(in.readLine());
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    return new KafkaConsumer<>(Map.of("bootstrap.servers", broker, "auto.offset.reset", "earliest",
        "enable.auto.commit", false, "fetch.max.wait.ms", 50), new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
  }

  private void consume(JsonNode command, String topic) {
    Map<Integer, Long> ends = new HashMap<>();
    command.get("partitions").fields().forEachRemaining(
        place -> ends.put(Integer.valueOf(place.getKey()), place.getValue().get("to").asLong()));
    Set<Integer> left = new HashSet<>(ends.keySet());
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      consumer.assign(ends.keySet().stream().map(number -> new TopicPartition(topic, number)).toList());
      command.get("partitions").fields().forEachRemaining(place -> {
        TopicPartition where = new TopicPartition(topic, Integer.parseInt(place.getKey()));
        JsonNode from = place.getValue().get("from");
        if (from.isTextual()) {
          consumer.seekToBeginning(List.of(where));
        } else {
          consumer.seek(where, from.asLong());
        }
      });
      while (!left.isEmpty()) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(PATIENCE)) {
          long end = ends.get(record.partition());
          if (record.offset() < end) {
            tell(record);
          }
          if (record.offset() >= end - 1) {
            left.remove(record.partition());
          }
        }
      }
    }
  }

  private void tell(ConsumerRecord<byte[], byte[]> record) {
    List<List<String>> headers = new ArrayList<>();
    for (Header header : record.headers()) {
      List<String> pair = new ArrayList<>();
      pair.add(header.key());
      pair.add(text(header.value()));
      headers.add(pair);
    }
    Map<String, Object> line = new HashMap<>(Map.of("partition", record.partition(), "offset", record.offset(),
        "timestamp", record.timestamp(), "headers", headers));
    line.put("key", text(record.key()));
    line.put("value", text(record.value()));
    say(line);
  }

  private long offset(TopicPartition where, JsonNode at) throws Exception {
    if (at.isTextual()) {
      OffsetSpec which = at.asText().equals("earliest") ? OffsetSpec.earliest() : OffsetSpec.latest();
      return admin().listOffsets(Map.of(where, which)).partitionResult(where).get().offset();
    }
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      return Optional.ofNullable(consumer.offsetsForTimes(Map.of(where, at.asLong())).get(where))
          .map(found -> found.offset()).orElse(-1L);
    }
  }
}
