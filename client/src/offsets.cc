#include "client/src/offsets.h"

#include "client/src/leader_messages.h"
#include "ropewalk/v1/offsets.pb.h"
#include "ropewalk/v1/records.pb.h"

namespace ropewalk::client {
namespace {

v1::OffsetQuery query_of(OffsetWanted wanted) {
  switch (wanted) {
    case OffsetWanted::earliest:
      return v1::OFFSET_EARLIEST;
    case OffsetWanted::latest:
      return v1::OFFSET_LATEST;
    case OffsetWanted::by_timestamp:
      return v1::OFFSET_BY_TIMESTAMP;
    case OffsetWanted::max_timestamp:
      return v1::OFFSET_MAX_TIMESTAMP;
  }
  return v1::OFFSET_LATEST;
}

}  // namespace

Task<Result<std::vector<OffsetAnswer>>> list_offsets(std::shared_ptr<Shell> shell,
                                                     std::vector<OffsetQuestion> questions,
                                                     env::MonotonicTime deadline) {
  const auto round = round_about(questions);
  std::vector<OffsetAnswer> answers;
  for (const OffsetQuestion& question : questions)
    answers.push_back({.partition = question.partition, .offset = -1, .timestamp = {}});
  LeaderCall call;
  call.api = v1::API_LIST_OFFSETS;
  call.doing = "finding offsets";
  call.encode = [&](const ClusterView& view, const std::vector<std::size_t>& asked) {
    v1::ListOffsetsRequest request;
    for (const std::size_t index : asked) {
      v1::ListOffsetsPartition& into =
          add_partition(view, questions[index].partition, *request.add_partitions());
      into.set_query(query_of(questions[index].wanted));
      into.set_timestamp_ms(questions[index].timestamp.time_since_epoch().count());
    }
    return encode_request(std::move(request));
  };
  call.take = [&](ClusterView& view, const std::vector<std::size_t>& asked, ByteSpan body) {
    return take_answers<v1::ListOffsetsResponse>(
        view, *round, asked, body, [&](std::size_t index, const v1::ListedOffset& said) {
          answers[index].offset = said.offset();
          const OffsetWanted wanted = questions[index].wanted;
          if (said.timestamp_ms() >= 0 && wanted != OffsetWanted::latest &&
              wanted != OffsetWanted::earliest)
            answers[index].timestamp = Timestamp(std::chrono::milliseconds(said.timestamp_ms()));
        });
  };
  CO_TRY_VOID(co_await ask_leaders(shell, round, std::move(call), deadline));
  co_return answers;
}

Task<Result<std::vector<DeletedRecords>>> delete_records(std::shared_ptr<Shell> shell,
                                                         std::vector<RecordsToDelete> wanted,
                                                         env::MonotonicTime deadline) {
  const auto round = round_about(wanted);
  std::vector<DeletedRecords> deleted;
  for (const RecordsToDelete& one : wanted)
    deleted.push_back({.partition = one.partition, .begin = -1});
  LeaderCall call;
  call.api = v1::API_DELETE_RECORDS;
  call.doing = "deleting records";
  call.encode = [&](const ClusterView& view, const std::vector<std::size_t>& asked) {
    v1::DeleteRecordsRequest request;
    for (const std::size_t index : asked)
      add_partition(view, wanted[index].partition, *request.add_partitions())
          .set_before_offset(wanted[index].before.value_or(-1));
    return encode_request(std::move(request));
  };
  call.take = [&](ClusterView& view, const std::vector<std::size_t>& asked, ByteSpan body) {
    return take_answers<v1::DeleteRecordsResponse>(
        view, *round, asked, body, [&](std::size_t index, const v1::DeletedRecords& said) {
          deleted[index].begin = said.log_start();
        });
  };
  CO_TRY_VOID(co_await ask_leaders(shell, round, std::move(call), deadline));
  co_return deleted;
}

}  // namespace ropewalk::client
