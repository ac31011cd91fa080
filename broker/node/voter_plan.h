// How the voters of the metadata log are brought to what somebody asks for: one step after the
// other, each another list. Pure.
//
// It refuses what would leave the cluster worse off than it looks: voters that would make a cluster
// of their own after losing a disk, fewer that live than are needed.
#pragma once

#include <vector>

#include "broker/metadata/controller_port.h"
#include "broker/metadata/image.h"
#include "broker/quorum/metadata_quorum.h"

namespace ropewalk::node {

inline constexpr std::size_t kVotersMax = 5;

// Errors: those of metadata::ChangeVoters.
Result<std::vector<quorum::Voters>> plan_voters(const metadata::Image& image,
                                                const quorum::QuorumLook& look,
                                                const metadata::ChangeVoters& event);

// What `look` says, with what the brokers have registered.
metadata::QuorumState quorum_state(const metadata::Image& image, const quorum::QuorumLook& look,
                                   BrokerId leader);

}  // namespace ropewalk::node
