// Fetch, ListOffsets and DeleteRecords, between messages and the service's structs. Pure.
#pragma once

#include <vector>

#include "broker/service/delete_records.h"
#include "broker/service/fetch.h"
#include "broker/service/list_offsets.h"
#include "common/env/network.h"
#include "common/error.h"
#include "ropewalk/v1/fetch.pb.h"
#include "ropewalk/v1/header.pb.h"
#include "ropewalk/v1/offsets.pb.h"
#include "ropewalk/v1/records.pb.h"

namespace ropewalk::native {

// Errors: invalid_request (a negative size, wait or last epoch, an isolation level that there is
// not, an id that has not 16 bytes, one partition twice).
Result<service::FetchRequest> read_fetch(const v1::FetchRequest& message);

// The whole frame of the answer. The chunks keep the charge of `response.memory`.
std::vector<env::Chunk> write_fetch(const v1::ResponseHeader& header,
                                    service::FetchResponse response);

// Errors: invalid_request.
Result<std::vector<service::ListOffsetsPartition>> read_list_offsets(
    const v1::ListOffsetsRequest& message);
v1::ListOffsetsResponse write_list_offsets(const v1::ListOffsetsRequest& request,
                                           const std::vector<service::ListedOffset>& offsets);

// Errors: invalid_request.
Result<std::vector<service::DeleteRecordsPartition>> read_delete_records(
    const v1::DeleteRecordsRequest& message);
v1::DeleteRecordsResponse write_delete_records(const v1::DeleteRecordsRequest& request,
                                               const std::vector<service::DeletedRecords>& deleted);

}  // namespace ropewalk::native
