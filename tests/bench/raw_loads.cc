#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/error.h"
#include "tests/bench/loads.h"

namespace ropewalk::bench {
namespace {

using RawClock = std::chrono::steady_clock;
constexpr std::size_t kAnswerBytes = 24;  // As floorlog's.

std::int64_t nanoseconds_since(RawClock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(RawClock::now() - begin).count();
}

bool move_bytes(int socket, std::vector<char>& bytes, bool out) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t step = out ? write(socket, bytes.data() + done, bytes.size() - done)
                             : read(socket, bytes.data() + done, bytes.size() - done);
    if (step <= 0) return false;
    done += static_cast<std::size_t>(step);
  }
  return true;
}

int tcp_socket() {
  const int made = socket(AF_INET, SOCK_STREAM, 0);
  const int one = 1;
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return made;
}

}  // namespace

void add_percentiles(Figures& figures, std::vector<std::int64_t>& times) {
  ENSURE(!times.empty(), "nothing was measured");
  std::ranges::sort(times);
  const auto at = [&](double share) {
    const auto index = static_cast<std::size_t>(share * static_cast<double>(times.size() - 1));
    return static_cast<double>(times[index]) / 1e3;
  };
  figures["p50_us"] = at(0.5);
  figures["p99_us"] = at(0.99);
}

Figures raw_ping_pong(const Arguments& arguments) {
  std::vector<char> request(static_cast<std::size_t>(arguments.number("bytes", 220)));
  std::vector<char> answer(kAnswerBytes);
  const int listener = tcp_socket();
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof at;
  auto* raw = reinterpret_cast<sockaddr*>(&at);
  ENSURE(bind(listener, raw, length) == 0 && listen(listener, 1) == 0 &&
             getsockname(listener, raw, &length) == 0,
         "listening on the loopback");
  std::thread server([&] {
    std::vector<char> got(request.size());
    std::vector<char> back(kAnswerBytes);
    const int peer = accept(listener, nullptr, nullptr);
    const int one = 1;
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    while (move_bytes(peer, got, false) && move_bytes(peer, back, true)) continue;
    close(peer);
  });
  const int client = tcp_socket();
  ENSURE(connect(client, raw, length) == 0, "connecting on the loopback");
  std::vector<std::int64_t> times;
  const auto begin = RawClock::now();
  while (nanoseconds_since(begin) < arguments.number("seconds", 1) * 1'000'000'000) {
    const auto one = RawClock::now();
    ENSURE(move_bytes(client, request, true) && move_bytes(client, answer, false), "ping-pong");
    times.push_back(nanoseconds_since(one));
  }
  close(client);
  server.join();
  close(listener);
  Figures figures;
  add_percentiles(figures, times);
  return figures;
}

Figures raw_sync(const Arguments& arguments) {
  const auto bytes = static_cast<std::size_t>(arguments.number("bytes", 173));
  const auto files = static_cast<std::size_t>(arguments.number("files", 1));
  const auto threads = static_cast<std::size_t>(arguments.number("threads", 1));
  const std::string directory = arguments.text("directory");
  const std::vector<char> block(bytes, 'x');
  std::vector<int> open_files;
  for (std::size_t i = 0; i < files; i++) {
    const std::string name = directory + "/raw-sync-" + std::to_string(i);
    const int file = open(name.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    ENSURE(file >= 0, "making {}", name);
    unlink(name.c_str());
    open_files.push_back(file);
  }
  // One turn: every file gets an append, the threads sync them, and the turn is over when all are.
  // Its length is what each of the appends has waited.
  std::vector<std::int64_t> times;
  const auto begin = RawClock::now();
  off_t position = 0;
  while (nanoseconds_since(begin) < arguments.number("seconds", 1) * 1'000'000'000) {
    const auto one = RawClock::now();
    const auto sync_share = [&](std::size_t first) {
      for (std::size_t i = first; i < files; i += threads) {
        ENSURE(pwrite(open_files[i], block.data(), bytes, position) == static_cast<ssize_t>(bytes),
               "writing");
        ENSURE(fdatasync(open_files[i]) == 0, "syncing");
      }
    };
    std::vector<std::thread> workers;
    for (std::size_t i = 1; i < threads; i++) workers.emplace_back(sync_share, i);
    sync_share(0);
    for (auto& worker : workers) worker.join();
    times.push_back(nanoseconds_since(one));
    position += static_cast<off_t>(bytes);
  }
  for (int file : open_files) close(file);
  Figures figures;
  add_percentiles(figures, times);
  return figures;
}

}  // namespace ropewalk::bench
