// Reads all flights that are in the topic now, and prints for every airport how many departed there
// and how late they were on average. A record's value is one flight:
//
//   {"date":"2001/01/01 00:47","delay":66,"distance":1750,"origin":"DTW","destination":"LAS"}
//
// usage: flights [HOST:PORT [TOPIC]]
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ropewalk/client.h>
#include <ropewalk/consumer.h>

namespace {

struct Airport {
  long flights = 0;
  long delay_minutes = 0;
};
using Airports = std::map<std::string, Airport, std::less<>>;

[[noreturn]] void give_up(const char* doing, const ropewalk::Error& error) {
  std::fprintf(stderr, "flights: %s: %s\n", doing, ropewalk::to_string(error).c_str());
  std::exit(1);
}

// What follows "name": in the flat object; enough for this data, no JSON parser.
std::optional<std::string_view> field(std::string_view object, std::string_view name) {
  const std::string quoted = '"' + std::string(name) + "\":";
  const std::size_t at = object.find(quoted);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = object.substr(at + quoted.size());
  if (!rest.empty() && rest.front() == '"') {
    rest.remove_prefix(1);
    return rest.substr(0, rest.find('"'));
  }
  return rest.substr(0, rest.find_first_of(",}"));
}

// False if the value is no flight.
bool count_flight(std::string_view value, Airports& airports) {
  const auto origin = field(value, "origin");
  const auto delay = field(value, "delay");
  long minutes = 0;
  if (!origin || !delay) return false;
  if (std::from_chars(delay->data(), delay->data() + delay->size(), minutes).ec != std::errc())
    return false;
  Airport& airport = airports[std::string(*origin)];
  airport.flights++;
  airport.delay_minutes += minutes;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string broker = argc > 1 ? argv[1] : "127.0.0.1:9192";
  const std::string topic = argc > 2 ? argv[2] : "flights";

  auto client = ropewalk::Client::connect({.brokers = {broker}, .client_id = "flights"});
  if (!client) give_up("connecting", client.error());

  ropewalk::Consumer consumer(*client);
  if (auto assigned = consumer.assign_topic(topic); !assigned)
    give_up("finding the topic", assigned.error());
  const std::vector<ropewalk::PartitionName> partitions = consumer.assignment();
  const auto ends = consumer.end_offsets(partitions);
  if (!ends) give_up("finding the end", ends.error());

  // A partition is read when its position has reached the end that was seen at the beginning.
  const auto begin = std::chrono::steady_clock::now();
  Airports airports;
  std::vector<long> per_partition(partitions.size());
  long flights = 0;
  long others = 0;
  for (;;) {
    bool at_end = true;
    for (std::size_t i = 0; i < partitions.size(); i++) {
      const auto position = consumer.position(partitions[i]);
      if (!position) give_up("reading", position.error());
      at_end = at_end && *position >= (*ends)[i];
    }
    if (at_end) break;
    const auto records = consumer.poll(std::chrono::seconds(10));
    if (!records) give_up("reading", records.error());
    for (const ropewalk::ConsumedRecord& record : *records) {
      if (!record.value || !count_flight(*record.value, airports)) {
        others++;
        continue;
      }
      flights++;
      per_partition[static_cast<std::size_t>(record.partition)]++;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;

  std::printf("%-8s %8s %14s\n", "airport", "flights", "mean delay");
  for (const auto& [name, airport] : airports) {
    std::printf("%-8s %8ld %10.1f min\n", name.c_str(), airport.flights,
                static_cast<double>(airport.delay_minutes) / static_cast<double>(airport.flights));
  }
  std::printf("\n%-9s %7s\n", "partition", "flights");
  for (std::size_t i = 0; i < per_partition.size(); i++)
    std::printf("%-9zu %7ld\n", i, per_partition[i]);
  std::printf("\n%ld flights from %zu airports in %.3f s (%.0f a second)\n", flights,
              airports.size(), took.count(), static_cast<double>(flights) / took.count());
  if (others != 0) std::printf("%ld records were no flights\n", others);
  return 0;
}
