// Holds every #include of the tree against the dependency table of the architecture ("The house").
// The table is exhaustive: changing it is a design change and says so in its commit.
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/house/tree.h"

namespace ropewalk::house {
namespace {

using Names = std::set<std::string>;

// Rooms by the folder they are in; the longest prefix counts.
struct Room {
  std::string folder;
  Names may_use;
};

const std::vector<Room>& table() {
  static const Names base = {"common/env", "common"};
  static const Names base_proto = {"common/env", "common", "proto"};
  static const auto with = [](Names names, const Names& more) {
    names.insert(more.begin(), more.end());
    return names;
  };
  static const Names broker_parts = {
      "broker/tools",       "broker/listeners",  "broker/service",      "broker/groups",
      "broker/queues",      "broker/streams",    "broker/transactions", "broker/node",
      "broker/replication", "broker/controller", "broker/metadata",     "broker/quorum",
      "broker/rpc",         "broker/log",        "broker/security",     "broker/quota",
      "broker/telemetry"};
  static const Names coordinators = {"broker/groups", "broker/queues", "broker/transactions",
                                     "broker/streams"};
  static const Names of_coordinator =
      with({"broker/replication", "broker/metadata", "broker/rpc", "broker/telemetry"}, base_proto);
  static const std::vector<Room> rooms = {
      {"broker/main.cc",
       with(with(broker_parts, base_proto), {"broker/broker.h", "common/env/real", "common/wire"})},
      // broker/broker.{h,cc} and what else stands at the top of broker/.
      {"broker",
       with(with(broker_parts, base_proto), {"common/env/tls", "common/wire", "broker/broker.h"})},
      {"broker/testing", with(with(broker_parts, base_proto), {"broker/broker.h", "client/include",
                                                               "common/env/sim", "common/wire"})},
      {"broker/tools", with({"broker/log", "broker/metadata", "broker/quorum", "broker/security",
                             "broker/telemetry", "common/env/tls"},
                            base_proto)},
      {"broker/listeners",
       with({"broker/service", "broker/rpc", "broker/security", "broker/telemetry", "common/wire"},
            base_proto)},
      {"broker/service",
       with(with(coordinators, {"broker/replication", "broker/controller", "broker/metadata",
                                "broker/security", "broker/quota", "broker/telemetry"}),
            base)},
      {"broker/groups", of_coordinator},
      {"broker/queues", of_coordinator},
      {"broker/transactions", of_coordinator},
      {"broker/streams", of_coordinator},
      {"broker/node", with({"broker/replication", "broker/controller", "broker/metadata",
                            "broker/quorum", "broker/rpc", "broker/telemetry", "common/wire"},
                           base_proto)},
      {"broker/replication",
       with({"broker/log", "broker/metadata", "broker/rpc", "broker/telemetry"}, base_proto)},
      {"broker/controller", {"broker/metadata", "common", "proto"}},
      {"broker/metadata", with({"broker/quorum", "broker/telemetry"}, base_proto)},
      {"broker/quorum", with({"broker/log", "broker/rpc", "broker/telemetry"}, base_proto)},
      {"broker/rpc", with({"broker/security", "broker/telemetry", "common/wire"}, base_proto)},
      {"broker/log", with({"broker/telemetry"}, base)},
      {"broker/security", with({"broker/telemetry"}, base)},
      {"broker/quota", with({"broker/telemetry"}, base)},
      {"broker/telemetry", base},
      {"client/include", {"common", "client/include"}},
      {"client/src/core", with({"client/include", "common/wire"}, base_proto)},
      {"client/src",
       with({"client/include", "client/src/core", "common/wire", "common/env/real"}, base_proto)},
      {"client/cli", with({"client/include"}, base)},
      {"client/examples", {"client/include"}},
      {"common/env", {"common"}},
      {"common/env/real", {"common/env", "common"}},
      {"common/env/sim", {"common/env", "common"}},
      {"common/env/tls", {"common/env", "common"}},
      {"common/wire", {"common", "proto"}},
      {"common", {"proto"}},
  };
  return rooms;
}

bool is_below(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

const Room* room_of(const std::string& path) {
  const Room* best = nullptr;
  for (const Room& room : table())
    if (is_below(path, room.folder) &&
        (best == nullptr || room.folder.size() > best->folder.size()))
      best = &room;
  return best;
}

// The path from the root of what is included; empty for libraries.
std::string included_path(const std::string& line) {
  std::size_t at = line.find_first_not_of(" \t");
  if (at == std::string::npos || line.compare(at, 8, "#include") != 0) return "";
  const std::size_t open = line.find_first_of("\"<", at);
  if (open == std::string::npos) return "";
  const std::size_t close = line.find_first_of("\">", open + 1);
  std::string name = line.substr(open + 1, close - open - 1);
  if (name.ends_with(".pb.h")) return name.starts_with("ropewalk/") ? "proto/" + name : "";
  if (name.starts_with("ropewalk/")) return "client/include/" + name;
  const std::string top = name.substr(0, name.find('/'));
  const bool ours = top == "broker" || top == "client" || top == "common" || top == "tests";
  return line[open] == '"' && ours ? name : "";
}

// Which folder of the table's right side a path belongs to: the longest one that is named there.
bool may_include(const Room& room, const std::string& included) {
  if (const Room* target = room_of(included)) {
    // The own room, and a header of a room that is named as such or through its parent, unless the
    // target is a room of its own inside the parent (common/env/sim is not common/env).
    if (target == &room) return true;
    if (room.may_use.contains(target->folder)) return true;
    return room.may_use.contains(included);
  }
  return is_below(included, "proto") && room.may_use.contains("proto");
}

TEST(Includes, FollowTheDependencyTable) {
  int includes = 0;
  for (const std::string top : {"broker", "client", "common"}) {
    for (const fs::path& file : sources_below(top)) {
      const std::string path = fs::relative(file, source_dir()).generic_string();
      const Room* room = room_of(path);
      ASSERT_NE(room, nullptr) << path << " is in no room of the table";
      std::ifstream lines(file);
      for (std::string line; std::getline(lines, line);) {
        const std::string included = included_path(line);
        if (included.empty()) continue;
        includes++;
        EXPECT_TRUE(may_include(*room, included))
            << path << " must not include " << included << " (" << room->folder << ")";
      }
    }
  }
  EXPECT_GT(includes, 50);
}

TEST(Includes, TableRefusesWhatItDoesNotName) {
  const auto allowed = [](const std::string& from, const std::string& to) {
    return may_include(*room_of(from), to);
  };
  EXPECT_TRUE(allowed("broker/service/produce.cc", "broker/replication/leader.h"));
  EXPECT_FALSE(allowed("broker/replication/leader.cc", "broker/service/produce.h"));
  EXPECT_FALSE(allowed("broker/controller/place.cc", "common/env/time.h"));
  EXPECT_FALSE(allowed("broker/log/log.cc", "common/env/sim/simulation.h"));
  EXPECT_FALSE(allowed("broker/log/log.cc", "proto/ropewalk/v1/fetch.pb.h"));
  EXPECT_FALSE(allowed("client/src/core/batch.cc", "broker/log/log.h"));
  EXPECT_TRUE(allowed("common/settings/source.cc", "common/error.h"));
}

TEST(Includes, HeadersSayOnceAndNamePathsFromTheRoot) {
  for (const std::string top : {"broker", "client", "common"}) {
    for (const fs::path& file : sources_below(top)) {
      const std::string text = text_of(file);
      if (file.extension() == ".h") {
        EXPECT_NE(text.find("#pragma once"), std::string::npos) << file;
        EXPECT_TRUE(text.starts_with("//")) << file << " does not begin with what it is";
      }
      EXPECT_EQ(text.find("#include \"."), std::string::npos) << file;
    }
  }
}

// Asio's sockets, clocks, threads and files are instantiated in common/env only (D4).
TEST(Includes, DoorToTheOutsideIsCommonEnvAlone) {
  const std::vector<std::string> doors = {"<thread>",     "<sys/socket.h>", "<fcntl.h>",
                                          "<unistd.h>",   "<random>",       "<condition_variable>",
                                          "<sys/stat.h>", "<filesystem>",   "<netdb.h>"};
  for (const std::string top : {"broker", "client", "common"}) {
    for (const fs::path& file : sources_below(top)) {
      const std::string path = fs::relative(file, source_dir()).generic_string();
      if (is_below(path, "common/env") || path == "broker/main.cc" ||
          is_below(path, "client/cli") || is_below(path, "client/examples"))
        continue;
      std::ifstream lines(file);
      for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("#include")) continue;
        for (const std::string& door : doors)
          EXPECT_EQ(line.find(door), std::string::npos) << path << ": " << line;
        EXPECT_EQ(line.find("boost/asio/ip/"), std::string::npos) << path << ": " << line;
      }
    }
  }
}

}  // namespace
}  // namespace ropewalk::house
