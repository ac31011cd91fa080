#include "broker/tools/certs_command.h"

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "common/settings/definition.h"

namespace ropewalk::tools {
namespace {

constexpr std::string_view kHelp =
    "Makes the certificates by which the brokers of a cluster prove to each other who they are "
    "(broker_tls_cert, broker_tls_key, broker_tls_ca), in the directory DIR: an authority (ca.crt "
    "and ca.key) unless there is one already, and broker-N.crt and broker-N.key for each broker N, "
    "in the place of those that are there. So it also renews them, and makes them for brokers that "
    "join later. Give each broker its own two files and ca.crt; keep ca.key where no broker is: "
    "who has it can make himself a broker. All files are for their owner only.";
constexpr std::string_view kBrokersHelp = "Whom to make them for, by broker_id.";
constexpr std::string_view kDaysHelp =
    "How long they hold (825 if not said); a new authority ten times as long.";

// "--name VALUE" or "--name=VALUE" at `at`, which moves on to its last word.
std::optional<std::string> value_of(std::string_view name, std::span<const std::string> words,
                                    std::size_t& at) {
  const std::string& word = words[at];
  if (word == name && at + 1 < words.size()) return words[++at];
  const std::string prefix = fmt::format("{}=", name);
  if (word.starts_with(prefix)) return word.substr(prefix.size());
  return std::nullopt;
}

std::optional<int> number_in(std::string_view text, int least, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number >= least && number <= most ? std::optional(number) : std::nullopt;
}

Result<void> take_brokers(const std::string& list, MakeCertificates& made) {
  for (const std::string& item : settings::split_list(list)) {
    const auto id = number_in(item, 0, std::numeric_limits<int>::max());
    if (!id) return fail(Errc::invalid_request, "--brokers: '{}' is no broker_id", item);
    made.brokers.emplace_back(*id);
  }
  return {};
}

}  // namespace

Result<MakeCertificates> parse_certs(std::span<const std::string> words) {
  MakeCertificates made;
  for (std::size_t at = 0; at < words.size(); at++) {
    if (const auto days = value_of("--days", words, at)) {
      const auto number = number_in(*days, 1, kCertificateDaysMax);
      if (!number)
        return fail(Errc::invalid_request, "--days: '{}' is no number from 1 to {}", *days,
                    kCertificateDaysMax);
      made.days = *number;
    } else if (const auto brokers = value_of("--brokers", words, at)) {
      TRY_VOID(take_brokers(*brokers, made));
    } else if (words[at].starts_with('-') || !made.directory.empty()) {
      return fail(Errc::invalid_request, "'{}' was not expected", words[at]);
    } else {
      made.directory = words[at];
    }
  }
  if (made.directory.empty()) return fail(Errc::invalid_request, "certs needs a DIR");
  if (made.brokers.empty())
    return fail(Errc::invalid_request, "certs needs --brokers N[,N...]: whom to make them for");
  return made;
}

std::string help_of_certs() {
  return fmt::format(
      "{}\n\nUsage: ropewalkd certs DIR --brokers N[,N...] [--days DAYS]\n\n"
      "  --brokers N[,N...]  {}\n  --days DAYS         {}\n",
      kHelp, kBrokersHelp, kDaysHelp);
}

outline::Command certs_outline() {
  outline::Command certs{.name = "certs", .help = std::string(kHelp)};
  certs.options.push_back({.names = {"-h", "--help"}, .help = "Print what it does, and exit."});
  outline::Option& brokers = certs.options.emplace_back();
  brokers.names = {"--brokers"};
  brokers.value = outline::Value{.name = "N[,N...]"};
  brokers.help = kBrokersHelp;
  outline::Option& days = certs.options.emplace_back();
  days.names = {"--days"};
  days.value = outline::Value{.name = "DAYS"};
  days.help = kDaysHelp;
  certs.positionals.push_back(
      {.value = {.name = "DIR", .takes = outline::Takes::directory}, .many = false});
  return certs;
}

}  // namespace ropewalk::tools
