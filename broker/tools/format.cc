#include "broker/tools/format.h"

#include "broker/quorum/lone_quorum.h"
#include "broker/quorum/state_file.h"

namespace ropewalk::tools {
namespace {

// A new quorum has no records yet: there is nothing to apply.
class NothingToApply final : public quorum::StateMachine {
 public:
  Result<void> apply(Offset, Term, ByteSpan) override { return {}; }
  Result<void> load(quorum::SnapshotReader&) override { return {}; }
  void save(quorum::SnapshotWriter&) override {}
  void leader_changed(BrokerId, Term) override {}
};

}  // namespace

Task<Result<void>> format_quorum(env::Environment& environment, env::FileSystem& files,
                                 FormatOptions options) {
  CO_TRY(const auto state, co_await quorum::load_hard_state(files));
  if (state)
    co_return fail(Errc::not_empty, "{} holds the quorum of broker {} of cluster {} already",
                   files.name(), state->node, state->cluster);
  quorum::LoneQuorumOptions made;
  made.cluster = options.cluster;
  made.node = options.broker;
  made.directory = options.directory;
  made.endpoint = options.endpoint;
  made.may_format = true;
  NothingToApply machine;
  quorum::LoneQuorum quorum(environment, files, std::move(made));
  quorum.attach(machine);
  auto started = co_await quorum.start();
  co_await quorum.stop();
  co_return started;
}

}  // namespace ropewalk::tools
