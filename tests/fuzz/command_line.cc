// The daemon's command line. The arguments are lines; behind an empty one comes the environment.
#include "common/settings/command_line.h"

#include <map>

#include "common/settings/broker_settings.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

}  // namespace

std::vector<Seed> seeds() {
  return {{"usual", "--data-dir\n/a\n--broker-id=3\n--cores\n2\n--allow-insecure\n"},
          {"file", "--config\na.conf\n--segment-bytes\n64MiB\n\nROPEWALK_CORES=3\ncores = 2\n"},
          {"lists", "--data-dir\n/a,/b\n--data-dir=/c\n--quorum-voters\n1@a:1,2@b:2\n"},
          {"wrong", "--no-such=1\nword\n-x\n--\n--cores\n"},
          {"help", "--help\n"},
          {"version", "--version\n"}};
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::fuzz;
  Input input(data, size);
  std::string_view text = input.rest();
  std::vector<std::string> arguments;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    arguments.emplace_back(line.substr(0, line.find('\0')));  // A word has no zero in it.
  }
  std::map<std::string, std::string, std::less<>> environment;
  while (text.starts_with("ROPEWALK_")) {
    const std::string_view line = take_line(text);
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  const settings::Outside outside{
      .environ = [&](const std::string& name) -> std::optional<std::string> {
        const auto found = environment.find(name);
        return found == environment.end() ? std::nullopt : std::optional(found->second);
      },
      .read_file = [&](const std::string&) -> Result<std::string> { return std::string(text); }};
  static BrokerSettings broker;
  static const settings::Schema schema = broker_schema(broker);  // Slow to make.
  broker = {};
  const settings::Program program{"ropewalkd", "The broker.", "ropewalkd 0"};
  const auto loaded = settings::load(schema, program, arguments, outside);
  if (loaded && !*loaded) std::ignore = check(broker);
  return 0;
}
