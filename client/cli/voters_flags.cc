#include "client/cli/voters_flags.h"

#include "client/cli/flags.h"
#include "common/uuid.h"

namespace ropewalk::cli {
namespace {

constexpr NumberRange kVoters{0, std::numeric_limits<std::int32_t>::max()};

}  // namespace

void VotersFlags::define(CLI::App& cluster) {
  voters_ = cluster.add_subcommand("voters", "Look at and change who keeps the metadata");
  voters_->require_subcommand(1);
  voters_->add_subcommand("list", "Show who votes and who only follows, with what each lacks")
      ->add_flag("--json", list_.json, kJsonHelp);
  constexpr const char* kNewDirectory =
      "The id of its first data directory, if it is not clear which is meant";
  define_change(*voters_->add_subcommand(
                    "add", "Make a broker that follows the metadata, and has it all, a voter"),
                "The broker", kNewDirectory);
  define_change(*voters_->add_subcommand("remove", "Let a broker vote no more"), "The broker",
                "The id of its first data directory: only if it votes under that");
  CLI::App* replace = voters_->add_subcommand(
      "replace", "Put a broker that lost its disk, or another broker, in the place of a voter");
  define_change(*replace, "The voter that goes", kNewDirectory);
  add_number(*replace, "--by", by_, kVoters,
             "The broker that comes; if not said the same one, with its new directory");
}

void VotersFlags::define_change(CLI::App& verb, const char* broker_help,
                                const char* directory_help) {
  add_number(verb, "BROKER", broker_, kVoters, broker_help)->required();
  add_text(verb, "--directory", directory_, directory_help)->type_name("ID");
  verb.add_flag("--json", json_, kJsonHelp);
}

Result<ChangeVoters> VotersFlags::checked_change() const {
  if (!directory_.empty() && !Uuid::from_base64(directory_))
    return fail(Errc::invalid_request,
                "--directory: '{}' is no id of a directory (`cluster voters list` shows them)",
                directory_);
  const auto broker = static_cast<std::int32_t>(*broker_);
  ChangeVoters change;
  change.json = json_;
  if (is("add")) {
    change.change.add = VoterName{broker, directory_};
  } else if (is("remove")) {
    change.change.remove = VoterName{broker, directory_};
  } else {
    change.change.remove = VoterName{broker};
    change.change.add = VoterName{static_cast<std::int32_t>(by_.value_or(broker)), directory_};
  }
  return change;
}

}  // namespace ropewalk::cli
