#include "broker/quorum/raft/control_batches.h"

#include "common/records/batch_builder.h"
#include "common/records/record_reader.h"
#include "ropewalk/internal/quorum.pb.h"

namespace ropewalk::quorum {
namespace {

constexpr std::int32_t kControlVersion = 1;
constexpr std::size_t kControlBytesMax = 1 << 20;

SharedBytes control_batch(std::int16_t type, const std::string& value, std::int64_t timestamp) {
  ControlRecord record;
  record.type = type;
  record.value = as_bytes(value);
  record.timestamp = timestamp;
  return build_control_batch(record);
}

}  // namespace

SharedBytes term_start_batch(BrokerId leader, std::int64_t timestamp) {
  internal::TermStart message;
  message.set_version(kControlVersion);
  message.set_leader(leader.value());
  return control_batch(kTermStartType, message.SerializeAsString(), timestamp);
}

SharedBytes voters_batch(const Voters& voters, std::int64_t timestamp) {
  return control_batch(kVotersType, encode_voters(voters), timestamp);
}

std::string encode_voters(const Voters& voters) {
  internal::Voters message;
  message.set_version(kControlVersion);
  for (const Voter& voter : voters) {
    auto& added = *message.add_voters();
    added.set_id(voter.id.value());
    added.set_directory(voter.directory.to_bytes());
    added.mutable_endpoint()->set_host(voter.endpoint.host);
    added.mutable_endpoint()->set_port(voter.endpoint.port);
  }
  return message.SerializeAsString();
}

Result<Voters> decode_voters(std::string_view bytes) {
  internal::Voters message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(Errc::corrupt, "a list of voters makes no sense");
  if (message.version() != kControlVersion)
    return fail(Errc::unsupported_version, "a list of voters has version {}, this program knows {}",
                message.version(), kControlVersion);
  Voters voters;
  for (const auto& from : message.voters()) {
    TRY(const Uuid directory, Uuid::from_bytes(from.directory()));
    env::Endpoint endpoint;
    endpoint.host = from.endpoint().host();
    endpoint.port = static_cast<std::uint16_t>(from.endpoint().port());
    voters.push_back({BrokerId(from.id()), DirectoryId(directory), std::move(endpoint)});
  }
  return voters;
}

Result<std::optional<Voters>> voters_in(ByteSpan batch) {
  TRY(auto reader, RecordReader::open(batch, kControlBytesMax));
  TRY(const auto record, reader.next());
  if (!record) return fail(Errc::corrupt, "a control batch without a record");
  TRY(const std::int16_t type, control_type(record->key));
  if (type != kVotersType) return std::nullopt;
  if (!record->value) return fail(Errc::corrupt, "a list of voters without a value");
  TRY(auto voters, decode_voters(as_text(*record->value)));
  return voters;
}

}  // namespace ropewalk::quorum
