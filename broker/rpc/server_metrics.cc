#include "broker/rpc/server_metrics.h"

#include <iterator>

namespace ropewalk::rpc {
namespace {

constexpr telemetry::Family kAccepted{"ropewalk_connections_accepted_total",
                                      "Connections that were accepted."};
constexpr telemetry::Family kRefused{"ropewalk_connections_refused_total",
                                     "Connections that were closed at once, by what was used up: "
                                     "all (as many were open as there may "
                                     "be), address (as many of the peer's address)."};
constexpr telemetry::Family kAcceptErrors{
    "ropewalk_accept_errors_total",
    "Failures to accept a connection, such as running out of file descriptors."};
constexpr telemetry::Family kClosed{
    "ropewalk_connections_closed_total",
    "Connections that ended, by reason: peer (it went), idle, slow (it took too long over what it "
    "had begun), error (what it sent could not be served), agreed, stop (of the broker)."};
constexpr telemetry::Family kErrors{
    "ropewalk_bad_input_total",
    "Connections that were closed over what the peer sent or failed to send, by error."};
constexpr telemetry::Family kReceived{"ropewalk_received_bytes_total",
                                      "Bytes that were read from connections."};
constexpr telemetry::Family kSent{"ropewalk_sent_bytes_total",
                                  "Bytes that were written to connections."};

}  // namespace

ServerMetrics::ServerMetrics(env::Environment& environment)
    : accepted(environment),
      refused(environment),
      refused_of_address(environment),
      accept_errors(environment),
      closed(environment, std::size(kClosedByNames)),
      errors(environment),
      received_bytes(environment),
      sent_bytes(environment) {}

void ServerMetrics::show(telemetry::Page& page, const std::string& listener) const {
  page.counter(kAccepted, {{"listener", listener}}, accepted.value());
  page.counter(kRefused, {{"listener", listener}, {"limit", "all"}}, refused.value());
  page.counter(kRefused, {{"listener", listener}, {"limit", "address"}},
               refused_of_address.value());
  page.counter(kAcceptErrors, {{"listener", listener}}, accept_errors.value());
  for (std::size_t i = 0; i < std::size(kClosedByNames); i++)
    page.counter(kClosed, {{"listener", listener}, {"reason", kClosedByNames[i]}}, closed.sum(i));
  errors.for_each([&](Errc code, std::uint64_t count) {
    page.counter(kErrors, {{"listener", listener}, {"error", to_string(code)}}, count);
  });
  page.counter(kReceived, {{"listener", listener}}, received_bytes.value());
  page.counter(kSent, {{"listener", listener}}, sent_bytes.value());
}

}  // namespace ropewalk::rpc
