// Lengths, the frame's inside up to the header, and the order of a conversation.
#include "ropewalk/v1/metadata.pb.h"
#include "ropewalk/v1/negotiate.pb.h"
#include "tests/unit/broker/listeners/native/hostile/hostile.h"
#include "tests/unit/broker/rpc/raw_peer.h"

namespace ropewalk::native {
namespace {

std::string be32(std::uint32_t value) {
  std::string text(4, '\0');
  store_be(reinterpret_cast<std::byte*>(text.data()), value);
  return text;
}

Hostile closing(std::string name, std::string sent, Errc code, bool fresh = false) {
  return {.name = std::move(name),
          .sent = std::move(sent),
          .request = code,
          .after = After::closes,
          .fresh = fresh};
}
// Cut off: nothing is answered.
Hostile cut(std::string name, std::string sent) {
  return {.name = std::move(name), .sent = std::move(sent), .after = After::hangs_up};
}
Hostile fine(std::string name, v1::RequestHeader header) {
  return {.name = std::move(name), .sent = raw_frame(header.SerializeAsString(), "")};
}

std::string metadata_frame() { return request(v1::API_METADATA, v1::MetadataRequest()); }

void add_lengths(HostileTable& table) {
  const auto malformed = Errc::malformed_frame;
  const auto too_large = Errc::frame_too_large;
  table.push_back(closing("length 0", be32(0), malformed));
  table.push_back(closing("length 0 as the first frame", be32(0), malformed, true));
  table.push_back(closing("length -1", be32(0xffffffff), malformed));
  table.push_back(closing("the smallest negative length", be32(0x80000000), malformed));
  table.push_back(closing("the largest positive length", be32(0x7fffffff), too_large));
  table.push_back(closing("one more than the limit", be32((100U << 20) + 1), too_large));
  table.push_back(closing("100 kB of zeros", std::string(100'000, '\0'), malformed));
  table.push_back(closing("100 kB of ones", std::string(100'000, '\xff'), malformed));
  const std::string good = metadata_frame();
  std::string shorter = good;
  shorter[3] = static_cast<char>(shorter[3] - 1);
  table.push_back(closing("a length one too small", shorter, malformed));
  std::string longer = good;
  longer[3] = static_cast<char>(longer[3] + 1);
  table.push_back(closing("a length one too large", longer + good, malformed));
  table.push_back(cut("three bytes of a length", be32(9).substr(0, 3)));
  table.push_back(cut("a length and nothing", be32(9)));
  table.push_back(cut("half a frame", good.substr(0, good.size() / 2)));
  table.push_back(cut("all but the last byte", good.substr(0, good.size() - 1)));
  table.push_back(cut("the beginning of a large frame", be32(1 << 20) + std::string(40'000, 'x')));
}

void add_strangers(HostileTable& table) {
  const auto malformed = Errc::malformed_frame;
  table.push_back(closing("HTTP GET", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", malformed, true));
  table.push_back(closing("HTTP POST", "POST /a HTTP/1.1\r\n\r\n", malformed, true));
  table.push_back(closing("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", malformed, true));
  table.push_back(
      closing("TLS", std::string("\x16\x03\x01\x00\xf8\x01\x00\x00\xf4", 9), malformed, true));
  table.push_back(closing("SSH", "SSH-2.0-OpenSSH_9.2\r\n", Errc::frame_too_large, true));
  table.push_back(closing(
      "Kafka's ApiVersions",
      rpc::framed(std::string("\x00\x12\x00\x03\x00\x00\x00\x01\x00\x03rdk\x00\x00\x00", 16)),
      malformed, true));
}

void add_insides(HostileTable& table) {
  const auto malformed = Errc::malformed_frame;
  const std::string header = header_for(v1::API_METADATA).SerializeAsString();
  table.push_back(closing("a frame of one zero", rpc::framed(std::string(1, '\0')), malformed));
  table.push_back(closing("an empty header", raw_frame("", ""), malformed));
  table.push_back(closing("an empty header and a body", raw_frame("", "\x18\x01"), malformed));
  table.push_back(closing("a header size that does not end", rpc::framed("\x80\x80"), malformed));
  table.push_back(closing("a header size of eleven bytes",
                          rpc::framed(std::string(10, '\xff') + "\x01" + header), malformed));
  table.push_back(
      closing("a header larger than the frame", rpc::framed(varint(99) + header), malformed));
  table.push_back(closing("a header of 64 KiB and a byte",
                          raw_frame(header + bytes_field(99, std::string(65'536, 'x')), ""),
                          malformed));
  table.push_back(closing("a header cut in a field",
                          raw_frame(header.substr(0, header.size() - 1), ""), malformed));
  table.push_back(closing("a header of text", raw_frame("nothing of ours", ""), malformed));
}

// A Negotiate is the first request, and is not repeated.
void add_states(HostileTable& table) {
  for (const std::int32_t api :
       {v1::API_METADATA, v1::API_DESCRIBE_CLUSTER, v1::API_CREATE_TOPIC, v1::API_DELETE_TOPIC,
        v1::API_DESCRIBE_TOPICS, v1::API_SET_TOPIC_CONFIG, v1::API_INIT_PRODUCER_ID,
        v1::API_PRODUCE, v1::API_FETCH, v1::API_LIST_OFFSETS})
    table.push_back(closing(fmt::format("api {} before Negotiate", api), raw_request(api, ""),
                            Errc::not_negotiated, true));
  table.push_back(closing("Authenticate before Negotiate", raw_request(v1::API_AUTHENTICATE, ""),
                          Errc::unknown_api, true));
  table.push_back(
      closing("an unknown api before Negotiate", raw_request(4711, ""), Errc::unknown_api, true));
  table.push_back(
      closing("a second Negotiate", raw_request(v1::API_NEGOTIATE, ""), Errc::malformed_frame));
  table.push_back(closing("Authenticate where nobody asks for it",
                          raw_request(v1::API_AUTHENTICATE, ""), Errc::unknown_api));
}

void add_negotiations(HostileTable& table) {
  const auto hello = [&](std::string name, std::string body, Errc code) {
    table.push_back(closing(std::move(name), raw_request(v1::API_NEGOTIATE, body), code, true));
  };
  hello("Negotiate: another cluster's id", bytes_field(3, std::string(16, 'x')),
        Errc::inconsistent_cluster_id);
  hello("Negotiate: a cluster id of 15 bytes", bytes_field(3, std::string(15, 'x')),
        Errc::inconsistent_cluster_id);
  hello("Negotiate: a body that is cut off", "\x0a\x7f", Errc::malformed_frame);
  hello("Negotiate: a name that is not UTF-8", bytes_field(1, "\xff\xfe"), Errc::malformed_frame);
  hello("Negotiate: a name of 256 bytes", bytes_field(1, std::string(256, 'x')),
        Errc::invalid_request);
  v1::RequestHeader header = header_for(v1::API_NEGOTIATE);
  header.set_api_version(2);
  table.push_back(closing("Negotiate: version 2", raw_frame(header.SerializeAsString(), ""),
                          Errc::unsupported_version, true));
  header = header_for(v1::API_NEGOTIATE);
  header.set_correlation_id(-1);
  table.push_back(closing("Negotiate: correlation id -1", raw_frame(header.SerializeAsString(), ""),
                          Errc::malformed_frame, true));
}

void add_numbers(HostileTable& table) {
  const auto with = [](auto change) {
    v1::RequestHeader header = header_for(v1::API_METADATA);
    change(header);
    return header;
  };
  const auto bad = [&](std::string name, auto change, Errc code) {
    table.push_back(
        closing(std::move(name), raw_frame(with(change).SerializeAsString(), ""), code));
  };
  const auto good = [&](std::string name, auto change) {
    table.push_back(fine(std::move(name), with(change)));
  };
  for (const std::int32_t api : {-1, 3, 9, 1000, 4711, INT32_MIN, INT32_MAX})
    bad(fmt::format("api {}", api), [api](auto& h) { h.set_api_key(api); }, Errc::unknown_api);
  bad("api 0", [](auto& h) { h.set_api_key(0); }, Errc::malformed_frame);
  for (const std::int32_t version : {-1, 2, 1000, INT32_MIN, INT32_MAX})
    bad(
        fmt::format("version {}", version), [version](auto& h) { h.set_api_version(version); },
        Errc::unsupported_version);
  good("version 0 is version 1", [](auto& h) { h.set_api_version(0); });
  for (const std::int64_t id : {std::int64_t{-1}, INT64_MIN})
    bad(
        fmt::format("correlation id {}", id), [id](auto& h) { h.set_correlation_id(id); },
        Errc::malformed_frame);
  bad(
      "a client id of 256 bytes", [](auto& h) { h.set_client_id(std::string(256, 'c')); },
      Errc::malformed_frame);
  bad(
      "a client id of 60 kB", [](auto& h) { h.set_client_id(std::string(60'000, 'c')); },
      Errc::malformed_frame);
  good("a client id of 255 bytes", [](auto& h) { h.set_client_id(std::string(255, 'c')); });
  good("a client id with control characters", [](auto& h) { h.set_client_id("a\n\x1b[31mb"); });
  good("a timeout of -1", [](auto& h) { h.set_timeout_ms(-1); });
  good("the largest timeout", [](auto& h) { h.set_timeout_ms(INT32_MAX); });
  good("a metadata offset of -1", [](auto& h) { h.set_min_metadata_offset(-1); });
  good("a trace that is none", [](auto& h) { h.set_trace_parent("nonsense"); });
  Hostile ahead = fine("a metadata offset that is far ahead", with([](auto& h) {
                         h.set_min_metadata_offset(INT64_MAX);
                         h.set_timeout_ms(1);
                       }));
  ahead.request = Errc::request_timed_out;
  table.push_back(std::move(ahead));
}

void add_encodings(HostileTable& table) {
  const std::string header = header_for(v1::API_METADATA).SerializeAsString();
  const auto good = [&](std::string name, std::string text) {
    table.push_back({.name = std::move(name), .sent = raw_frame(text, "")});
  };
  const auto bad = [&](std::string name, std::string text) {
    table.push_back(closing(std::move(name), raw_frame(text, ""), Errc::malformed_frame));
  };
  bad("a client id that is not UTF-8", header + bytes_field(4, "\xc3\x28"));
  bad("a trace that is not UTF-8", header + bytes_field(7, "\xff"));
  bad("a client id behind the header's end", header + raw_field(4, 2, varint(50) + "short"));
  bad("a field with number 0", header + varint_field(0, 1));
  bad("a group that does not end", header + raw_field(99, 3, ""));
  bad("the end of a group that did not begin", header + raw_field(99, 4, ""));
  bad("wire type 6", header + raw_field(99, 6, "\x01"));
  bad("wire type 7", header + raw_field(99, 7, "\x01"));
  bad("a number of eleven bytes",
      header + raw_field(5, 0, std::string(10, '\xff') + std::string(1, '\x01')));
  bad("the api as text", bytes_field(1, "10"));
  good("an unknown number", header + varint_field(99, 7));
  good("unknown bytes", header + bytes_field(2000, std::string(1000, 'x')));
  good("an unknown fixed number", header + raw_field(99, 5, "abcd"));
  good("the client id as a number", header + varint_field(4, 7));
  good("every field twice", header + header);
  good("the api as a number of 64 bits", varint_field(3, static_cast<std::uint64_t>(kCorrelation)) +
                                             varint_field(1, (1ULL << 32) + v1::API_METADATA));
}

}  // namespace

HostileTable hostile_frames(const HostileWorld&) {
  HostileTable table;
  add_lengths(table);
  add_strangers(table);
  add_insides(table);
  add_states(table);
  add_negotiations(table);
  return table;
}

HostileTable hostile_headers(const HostileWorld&) {
  HostileTable table;
  add_numbers(table);
  add_encodings(table);
  return table;
}

}  // namespace ropewalk::native
