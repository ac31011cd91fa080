#include "common/wire/conversation.h"

#include <gtest/gtest.h>

#include "common/wire/correlation.h"
#include "common/wire/errors.h"

namespace ropewalk::wire {
namespace {

constexpr ApiRange kServed[] = {{v1::API_NEGOTIATE, 1, 1},
                                {v1::API_AUTHENTICATE, 1, 1},
                                {v1::API_METADATA, 2, 4},
                                {v1::API_FETCH, 1, 1}};

v1::RequestHeader request(std::int32_t api, std::int32_t version = 1) {
  v1::RequestHeader header;
  header.set_api_key(api);
  header.set_api_version(version);
  return header;
}

Errc admitted(ServerConversation& conversation, const v1::RequestHeader& header) {
  const auto result = conversation.admit(header);
  return result ? Errc::none : result.error().code;
}

TEST(ServerConversation, NothingComesBeforeNegotiation) {
  ServerConversation conversation(kServed, false);
  EXPECT_EQ(admitted(conversation, request(v1::API_FETCH)), Errc::not_negotiated);
  EXPECT_EQ(admitted(conversation, request(v1::API_NEGOTIATE)), Errc::none);
  EXPECT_EQ(admitted(conversation, request(v1::API_FETCH)), Errc::not_negotiated);
  conversation.negotiated();
  EXPECT_EQ(admitted(conversation, request(v1::API_FETCH)), Errc::none);
  EXPECT_EQ(admitted(conversation, request(v1::API_NEGOTIATE)), Errc::malformed_frame);
}

TEST(ServerConversation, NothingComesBeforeAuthentication) {
  ServerConversation conversation(kServed, true);
  ASSERT_EQ(admitted(conversation, request(v1::API_NEGOTIATE)), Errc::none);
  conversation.negotiated();
  EXPECT_EQ(admitted(conversation, request(v1::API_FETCH)), Errc::sasl_authentication_failed);
  EXPECT_EQ(admitted(conversation, request(v1::API_AUTHENTICATE)), Errc::none);
  conversation.authenticated();
  EXPECT_EQ(admitted(conversation, request(v1::API_FETCH)), Errc::none);
}

TEST(ServerConversation, RefusesWhatItDidNotOffer) {
  ServerConversation conversation(kServed, false);
  ASSERT_EQ(admitted(conversation, request(v1::API_NEGOTIATE)), Errc::none);
  conversation.negotiated();
  EXPECT_EQ(admitted(conversation, request(4711)), Errc::unknown_api);
  EXPECT_EQ(admitted(conversation, request(-1)), Errc::unknown_api);
  EXPECT_EQ(admitted(conversation, request(v1::API_METADATA, 1)), Errc::unsupported_version);
  EXPECT_EQ(admitted(conversation, request(v1::API_METADATA, 5)), Errc::unsupported_version);
  EXPECT_EQ(admitted(conversation, request(v1::API_METADATA, -3)), Errc::unsupported_version);
  EXPECT_EQ(admitted(conversation, request(v1::API_METADATA, 4)), Errc::none);
  EXPECT_EQ(admitted(conversation, request(v1::API_FETCH, 0)), Errc::none);
  auto negative = request(v1::API_FETCH);
  negative.set_correlation_id(-5);
  EXPECT_EQ(admitted(conversation, negative), Errc::malformed_frame);
  auto long_name = request(v1::API_FETCH);
  long_name.set_client_id(std::string(256, 'n'));
  EXPECT_EQ(admitted(conversation, long_name), Errc::malformed_frame);
}

TEST(ServerConversation, RemembersTheClientsName) {
  ServerConversation conversation(kServed, false);
  auto named = request(v1::API_NEGOTIATE);
  named.set_client_id("app");
  ASSERT_EQ(admitted(conversation, named), Errc::none);
  conversation.negotiated();
  ASSERT_EQ(admitted(conversation, request(v1::API_FETCH)), Errc::none);
  EXPECT_EQ(conversation.client_id(), "app");
}

v1::NegotiateResponse answer() {
  v1::NegotiateResponse response;
  response.set_cluster_id("0123456789abcdef");
  for (const auto& api : kServed) {
    auto* range = response.add_apis();
    range->set_api_key(api.api_key);
    range->set_min_version(api.min_version);
    range->set_max_version(api.max_version);
  }
  return response;
}

TEST(ClientConversation, SpeaksTheHighestVersionThatBothKnow) {
  static constexpr ApiRange kKnown[] = {{v1::API_METADATA, 1, 3}, {v1::API_PRODUCE, 1, 1}};
  ClientConversation conversation(kKnown);
  EXPECT_EQ(conversation.version_of(v1::API_METADATA).error().code, Errc::not_negotiated);
  ASSERT_TRUE(conversation.negotiated(answer(), ""));
  EXPECT_EQ(conversation.stage(), Stage::ready);
  EXPECT_EQ(conversation.version_of(v1::API_METADATA).value(), 3);
  EXPECT_EQ(conversation.version_of(v1::API_PRODUCE).error().code, Errc::unknown_api);
}

TEST(ClientConversation, RefusesABrokerThatItCannotSpeakTo) {
  static constexpr ApiRange kKnown[] = {{v1::API_METADATA, 5, 6}};
  ClientConversation conversation(kKnown);
  EXPECT_EQ(conversation.negotiated(answer(), "").error().code, Errc::unsupported_version);
  EXPECT_EQ(conversation.stage(), Stage::fresh);
  EXPECT_EQ(conversation.negotiated({}, "").error().code, Errc::malformed_frame);
  ClientConversation other({});
  const auto wrong = other.negotiated(answer(), "another cluster!").error();
  EXPECT_EQ(wrong.code, Errc::inconsistent_cluster_id);
  EXPECT_EQ(wrong.context,
            "this broker belongs to cluster MDEyMzQ1Njc4OWFiY2RlZg, not to YW5vdGhlciBjbHVzdGVyIQ");
  auto nameless = answer();
  nameless.set_cluster_id(std::string(16, '\0'));
  EXPECT_THAT(other.negotiated(nameless, "another cluster!").error().context,
              testing::HasSubstr("belongs to cluster (no id)"));
}

TEST(CorrelationTable, MatchesRepliesInAnyOrder) {
  CorrelationTable<std::string> table;
  const auto a = table.add("a", kNoDeadline);
  const auto b = table.add("b", kNoDeadline);
  EXPECT_EQ(**table.take(b), "b");
  EXPECT_EQ(**table.take(a), "a");
  EXPECT_EQ(table.take(a).error().code, Errc::malformed_frame);  // A second reply.
  EXPECT_EQ(table.take(99).error().code, Errc::malformed_frame);
}

TEST(CorrelationTable, LateRepliesAreDroppedOnce) {
  CorrelationTable<std::string> table;
  const auto slow = table.add("slow", Instant(200));
  const auto slower = table.add("slower", Instant(300));
  const auto soon = table.add("soon", Instant(100));
  EXPECT_EQ(table.next_deadline(), Instant(100));
  EXPECT_THAT(table.expire(Instant(200)), testing::ElementsAre("soon", "slow"));
  EXPECT_EQ(table.next_deadline(), Instant(300));
  EXPECT_EQ(table.owed(), 2u);
  EXPECT_FALSE(table.take(slow)->has_value());
  EXPECT_FALSE(table.take(slow));
  EXPECT_FALSE(table.take(soon)->has_value());
  EXPECT_EQ(**table.take(slower), "slower");
  EXPECT_EQ(table.next_deadline(), kNoDeadline);
}

TEST(CorrelationTable, EndsInTheOrderOfSending) {
  CorrelationTable<std::string> table;
  table.add("a", Instant(5));
  table.add("b", kNoDeadline);
  EXPECT_THAT(table.take_all(), testing::ElementsAre("a", "b"));
  EXPECT_EQ(table.size(), 0u);
}

TEST(WireErrors, RoundTrip) {
  const auto sent = to_proto({Errc::not_enough_replicas, "1 of 2"});
  EXPECT_TRUE(sent.retriable());
  const Error received = from_proto(sent);
  EXPECT_EQ(received.code, Errc::not_enough_replicas);
  EXPECT_EQ(received.context, "1 of 2");
  EXPECT_FALSE(to_proto({Errc::corrupt_message, ""}).retriable());
}

}  // namespace
}  // namespace ropewalk::wire
