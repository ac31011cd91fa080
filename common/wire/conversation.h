// The rules of a connection, for both ends, without I/O: new -> negotiated -> authenticated.
//
// Each object belongs to one connection.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"
#include "ropewalk/v1/header.pb.h"
#include "ropewalk/v1/negotiate.pb.h"

namespace ropewalk::wire {

// Both ends inclusive.
struct ApiRange {
  std::int32_t api_key = 0;
  std::int32_t min_version = 1;
  std::int32_t max_version = 1;
};

enum class Stage {
  fresh,       // Nothing but Negotiate.
  negotiated,  // Where authentication is asked for: nothing but Negotiate and Authenticate.
  ready,
};

// The server's end: may this request be served now?
class ServerConversation {
 public:
  // `apis` must outlive it and names every api that is served, Negotiate included.
  ServerConversation(std::span<const ApiRange> apis, bool must_authenticate)
      : apis_(apis), must_authenticate_(must_authenticate) {}

  Stage stage() const { return stage_; }
  const std::string& client_id() const { return client_id_; }

  // Looks at the header of each request, in their order; remembers the client's id. An error is
  // answered, and then the connection closes. Errors: not_negotiated, unknown_api,
  // unsupported_version, sasl_authentication_failed, malformed_frame (a negative correlation id, a
  // second Negotiate, a client id that is too long).
  Result<void> admit(const v1::RequestHeader& header);
  // Once a Negotiate has been answered without an error.
  void negotiated();
  void authenticated() { stage_ = Stage::ready; }

 private:
  std::span<const ApiRange> apis_;
  bool must_authenticate_;
  bool negotiating_ = false;
  Stage stage_ = Stage::fresh;
  std::string client_id_;
};

// The client's end: what the broker has said, and which version to speak.
class ClientConversation {
 public:
  // `known`: the apis and versions that this client can speak.
  explicit ClientConversation(std::span<const ApiRange> known) : known_(known) {}

  Stage stage() const { return stage_; }
  // Pre: stage() is not fresh.
  const v1::NegotiateResponse& broker() const { return broker_; }

  // Takes the broker's answer. Errors: malformed_frame (no cluster id), unsupported_version (no
  // version in common for an api that both know), inconsistent_cluster_id (`expected_cluster_id` is
  // not empty and another).
  Result<void> negotiated(v1::NegotiateResponse response, const std::string& expected_cluster_id);
  void authenticated() { stage_ = Stage::ready; }

  // The highest version that both know. Errors: not_negotiated, unknown_api (the broker is older,
  // or does not serve it here).
  Result<std::int32_t> version_of(std::int32_t api_key) const;

 private:
  std::span<const ApiRange> known_;
  Stage stage_ = Stage::fresh;
  v1::NegotiateResponse broker_;
  std::map<std::int32_t, std::int32_t> versions_;
};

}  // namespace ropewalk::wire
