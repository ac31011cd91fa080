// What comes on the port between brokers: a stream cut into frames, the hello, and requests into a
// session of the dispatcher; and the hello that a caller gets as an answer.
#include <memory>

#include "broker/rpc/frame_reader.h"
#include "broker/rpc/peer_dispatcher.h"
#include "broker/rpc/peer_hello.h"
#include "common/log.h"
#include "common/wire/frame.h"
#include "ropewalk/internal/peer.pb.h"
#include "tests/fuzz/target.h"
#include "tests/support/ids.h"
#include "tests/support/kept_outbox.h"
#include "tests/support/node_rig.h"

namespace ropewalk::fuzz {
namespace {

// Values of the first byte.
constexpr unsigned kStream = 0;         // As it comes from the socket.
constexpr unsigned kAfterHello = 1;     // The same behind a hello.
constexpr unsigned kHello = 2;          // The body of the first request.
constexpr unsigned kRequest = 3;        // The body of a request behind a hello.
constexpr unsigned kMessage = 4;        // And of a message.
constexpr unsigned kAnsweredHello = 5;  // The body of the answer to a hello.
constexpr unsigned kModes = 6;

constexpr std::size_t kFrameBytesMax = 100'000;

rpc::PeerIdentity identity(std::uint8_t broker) {
  return {id_of<ClusterId>(9), BrokerId(broker), id_of<DirectoryId>(broker),
          id_of<IncarnationId>(broker)};
}

std::string frame_of(std::int32_t api, std::int64_t id, std::string_view body) {
  v1::RequestHeader header;
  header.set_api_key(api);
  header.set_api_version(1);
  header.set_correlation_id(id);
  return std::string(wire::encode_frame_start(header, body.size()).text()).append(body);
}

std::string right_hello() {
  const rpc::PeerAddress to{BrokerId(2), id_of<DirectoryId>(2), {"b2", 9193}};
  return rpc::hello_to(to, identity(1)).SerializeAsString();
}

// Broker 2 and a connection to it.
class World {
 public:
  World() : rig_(7, 1), dispatcher_(rig_.environment(), identity(2), {.unanswered_max = 4}) {
    dispatcher_.on_message(internal::QUORUM_MESSAGE, [this](const rpc::PeerRequest& request) {
      ENSURE(request.peer == identity(1), "a message of a stranger");
      served_++;
    });
    // Every other one is given up.
    dispatcher_.on_request(internal::QUORUM_SNAPSHOT,
                           [this](const rpc::PeerRequest& request, rpc::PeerReply reply) {
                             ENSURE(request.peer == identity(1), "a request of a stranger");
                             if (served_++ % 2 == 0) reply(request.body);
                           });
    sessions_ = dispatcher_.sessions();
  }

  void serve(std::string_view stream) {
    auto outbox = std::make_shared<support::KeptOutbox>(rig_.core());
    std::unique_ptr<rpc::Session> session;
    rig_.on_core([&] {
      session = sessions_({rig_.core(), {"b2", 9193}, {"b1", 4000}, outbox});
      feed(stream, *session, *outbox);
    });
    rig_.world.run_for(std::chrono::milliseconds(1));
    if (outbox->closed) ENSURE(!outbox->frames.empty(), "closed without a word");
    rig_.on_core([&] {
      session->on_closed();
      session.reset();
    });
  }

 private:
  void feed(std::string_view stream, rpc::Session& session, const support::KeptOutbox& outbox) {
    rpc::FrameReader reader(slab_, budget_, kFrameBytesMax);
    std::vector<SharedBytes> frames;
    while (!stream.empty() && !outbox.closed) {
      const MutableByteSpan room = reader.prepare();
      const std::string_view piece = stream.substr(0, room.size());
      std::ranges::copy(as_bytes(piece), room.begin());
      stream.remove_prefix(piece.size());
      frames.clear();
      const auto split = reader.filled(piece.size(), frames);
      if (!frames.empty()) session.on_frames(frames);
      if (!split) return session.on_broken(split.error());
    }
  }

  NodeRig rig_;
  rpc::ReceiveSlab slab_;
  std::shared_ptr<rpc::FrameBudget> budget_ = std::make_shared<rpc::FrameBudget>(1 << 20);
  rpc::PeerDispatcher dispatcher_;
  rpc::SessionFactory sessions_;
  std::size_t served_ = 0;
};

void answered(std::string_view body) {
  const rpc::PeerAddress to{BrokerId(2), std::nullopt, {"b2", 9193}};
  const auto admitted = rpc::admit_called(as_bytes(body), identity(1), to);
  ENSURE(!admitted || admitted->broker == BrokerId(2), "not who was meant");
  ENSURE(!admitted || admitted->cluster == identity(1).cluster, "of another cluster");
}

std::string seed(unsigned mode, std::string_view bytes) {
  return std::string(1, static_cast<char>(mode)).append(bytes);
}

}  // namespace

std::vector<Seed> seeds() {
  const std::string hello = frame_of(internal::PEER_HELLO, 1, right_hello());
  const std::string asking = frame_of(internal::QUORUM_SNAPSHOT, 5, "body") +
                             frame_of(internal::QUORUM_MESSAGE, 0, "told") +
                             frame_of(internal::PEER_PING, 6, "");
  std::string large = frame_of(internal::QUORUM_MESSAGE, 0, "much");
  large[1] = '\x10';
  rpc::PeerIdentity stranger = identity(1);
  stranger.cluster = id_of<ClusterId>(8);
  return {{"conversation", seed(kStream, hello + asking)},
          {"without_hello", seed(kStream, asking)},
          {"client", seed(kStream, frame_of(v1::API_NEGOTIATE, 1, ""))},
          {"http", seed(kStream, "GET / HTTP/1.1\r\n\r\n")},
          {"many", seed(kAfterHello, asking + asking + asking + asking + asking + asking)},
          {"oversized", seed(kAfterHello, large)},
          {"garbage", seed(kAfterHello, std::string("\0\0\0\x05\x03garbage", 12))},
          {"second_hello", seed(kAfterHello, hello)},
          {"client_later", seed(kAfterHello, frame_of(v1::API_FETCH, 5, ""))},
          {"hello", seed(kHello, right_hello())},
          {"hello_of_a_stranger", seed(kHello, rpc::hello_of(stranger).SerializeAsString())},
          {"request", seed(kRequest, "body")},
          {"message", seed(kMessage, "body")},
          {"answer", seed(kAnsweredHello, rpc::hello_of(identity(2)).SerializeAsString())}};
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::fuzz;
  static const bool quiet = (configure_log(LogFormat::text, LogLevel::error), true);
  static_cast<void>(quiet);
  static const auto world = std::make_unique<World>();
  Input input(data, size);
  const unsigned mode = input.byte() % kModes;
  const std::string hello = frame_of(internal::PEER_HELLO, 1, right_hello());
  const std::string_view rest = input.rest();
  if (mode == kAnsweredHello) answered(rest);
  if (mode == kStream) world->serve(rest);
  if (mode == kAfterHello) world->serve(std::string(hello).append(rest));
  if (mode == kHello) world->serve(frame_of(internal::PEER_HELLO, 1, rest));
  if (mode == kRequest) world->serve(hello + frame_of(internal::QUORUM_SNAPSHOT, 5, rest));
  if (mode == kMessage) world->serve(hello + frame_of(internal::QUORUM_MESSAGE, 0, rest));
  return 0;
}
