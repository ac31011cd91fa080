// Voters of the metadata log in the conversation with the controller, as messages. For the codecs
// of events and answers alone.
#pragma once

#include "broker/metadata/controller_port.h"
#include "ropewalk/internal/controller.pb.h"

namespace ropewalk::metadata {

internal::ChangeVoters message_of(const ChangeVoters& event);
// Errors: malformed_frame.
Result<ControllerEvent> voters_change_of(const internal::ChangeVoters& from);

internal::MetadataQuorumState message_of(const QuorumState& state);
// Errors: malformed_frame.
Result<QuorumState> quorum_state_of(const internal::MetadataQuorumState& from);

}  // namespace ropewalk::metadata
