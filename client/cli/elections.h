// Leaders that are to change, and what came of it, as `topic elect` and `cluster balance` show it.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ropewalk/admin.h>

namespace ropewalk::cli {

// A partition that is not led as it might be.
struct Candidate {
  PartitionName partition;
  std::int32_t leader = -1;     // -1: none.
  std::int32_t preferred = -1;  // The first of its replicas.
  std::vector<std::int32_t> replicas;
  std::vector<std::int32_t> offline;
  std::string stays = {};  // Why the election will change nothing; empty: it will.
};
// Those not led by their first replica; those not led at all.
std::vector<Candidate> unbalanced(const std::vector<DescribedTopic>& topics);
std::vector<Candidate> leaderless(const std::vector<DescribedTopic>& topics);

std::string balance_text(const std::vector<Candidate>& candidates);
// What an unclean election would do.
std::string unclean_text(const std::vector<Candidate>& candidates);
std::string candidates_json(const std::vector<Candidate>& candidates);

std::string elections_text(const std::vector<PartitionElection>& elections);
std::string elections_json(const std::vector<PartitionElection>& elections);
// An election that was not needed is none.
std::size_t count_failed(const std::vector<PartitionElection>& elections);

}  // namespace ropewalk::cli
