// A broker's file of settings: lines, quotes, names, and every kind of value.
#include "common/settings/broker_settings.h"
#include "common/settings/source.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {

std::vector<Seed> seeds() {
  return {{"annotated", annotated_broker_settings()},
          {"some",
           "data_dir = /a, \"/b c\" # two\nbroker_id = 3\ncluster_id = Aj1Qn8yfTLS8rKhXlgGXxg\n"
           "quorum_voters = 1@a:9193, 2@[::1]:9193\nnative_listen = 0.0.0.0:9192\n"
           "allow_insecure = true\nadvertised = native=host:9192\nsegment_bytes = 64MiB\n"
           "session_timeout = 3s\nlog_level = debug\nlog_format = json\n"},
          {"wrong",
           "cores = -1\ncores = 2\nno_such = 1\n= 3\nkey\n\"open = 1\nsegment_bytes = 9EiB\n"}};
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  fuzz::Input input(data, size);
  static BrokerSettings broker;
  static const settings::Schema schema = broker_schema(broker);  // Slow to make.
  broker = {};
  const auto values = settings::read_settings_text(schema, "fuzz.conf", input.rest());
  if (!values) return 0;
  if (!settings::apply(schema, *values)) return 0;
  std::ignore = check(broker);
  return 0;
}
