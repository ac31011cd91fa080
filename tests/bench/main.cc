// rw_bench_load LOAD --name value ...: runs one load, prints its figures as one JSON object.
#include <cstdio>
#include <cstring>

#include "tests/bench/batches.h"
#include "tests/bench/loads.h"

int main(int count, char** values) {
  using namespace ropewalk::bench;
  struct {
    const char* name;
    Figures (*run)(const Arguments&);
  } const loads[] = {{"create-topic", create_topic},
                     {"throughput", throughput},
                     {"latency", latency},
                     {"many", many},
                     {"client-produce", client_produce},
                     {"raw-ping-pong", raw_ping_pong},
                     {"raw-sync", raw_sync},
                     {"raw-walk", raw_walk},
                     {"raw-scan", raw_scan}};
  for (const auto& load : loads) {
    if (count < 2 || std::strcmp(values[1], load.name) != 0) continue;
    const Figures figures = load.run(Arguments(count, values));
    const char* separator = "{";
    for (const auto& [name, value] : figures) {
      std::printf("%s\"%s\": %.3f", separator, name.c_str(), value);
      separator = ", ";
    }
    std::printf("%s}\n", figures.empty() ? "{" : "");
    return 0;
  }
  std::fprintf(stderr, "usage: rw_bench_load LOAD --name value ...; loads:");
  for (const auto& load : loads) std::fprintf(stderr, " %s", load.name);
  std::fprintf(stderr, "\n");
  return 2;
}
