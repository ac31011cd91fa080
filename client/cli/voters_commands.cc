#include <cstdio>

#include "client/cli/commands.h"
#include "client/cli/voters_text.h"

namespace ropewalk::cli {
namespace {

Result<void> show(const MetadataQuorum& quorum, bool json) {
  if (!quorum.warning.empty()) fmt::print(stderr, "ropewalk: warning: {}\n", quorum.warning);
  return print(json ? voters_json(quorum) : voters_text(quorum));
}

}  // namespace

Result<void> run(Client& client, const ShowVoters& command) {
  TRY(const MetadataQuorum quorum, Admin(client).metadata_quorum());
  return show(quorum, command.json);
}

Result<void> run(Client& client, const ChangeVoters& command) {
  TRY(const MetadataQuorum quorum, Admin(client).change_voters(command.change));
  return show(quorum, command.json);
}

}  // namespace ropewalk::cli
