// Voters of the metadata, between messages and the service's structs. Pure.
#pragma once

#include "broker/service/voters.h"
#include "common/error.h"
#include "ropewalk/v1/voters.pb.h"

namespace ropewalk::native {

// Errors: invalid_request (a directory's id that has not 16 bytes).
Result<metadata::ChangeVoters> read_change_voters(const v1::ChangeVotersRequest& message);

v1::MetadataQuorum write_quorum(const service::VotersResponse& response);

}  // namespace ropewalk::native
