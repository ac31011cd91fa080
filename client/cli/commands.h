// What each noun and verb does: one function a command, the first of its file's name.
//
// They print to stdout what was asked for; the Error is printed by main. Each runs on the main
// thread and blocks.
#pragma once

#include "client/cli/options.h"
#include <ropewalk/client.h>

namespace ropewalk::cli {

Result<void> run(Client& client, const CreateTopic& command);
Result<void> run(Client& client, const ListTopics& command);
Result<void> run(Client& client, const DescribeTopics& command);
Result<void> run(Client& client, const DeleteTopic& command);
Result<void> run(Client& client, const SetTopic& command);
Result<void> run(Client& client, const ShowOffsets& command);
Result<void> run(Client& client, const ShowCluster& command);
Result<void> run(Client& client, const ShowBrokers& command);
Result<void> run(Client& client, const ShowVoters& command);
Result<void> run(Client& client, const ChangeVoters& command);
// Errors: also unknown_server_error when a line could not be sent; the lines are on stderr then.
Result<void> run(Client& client, const Produce& command);
Result<void> run(Client& client, const Consume& command);
Result<void> run(Client& client, const DeleteRecords& command);
// What operators do. Errors: also unknown_server_error when a part of it could not be done; which
// parts is on stdout then.
Result<void> run(Client& client, const ElectLeaders& command);
Result<void> run(Client& client, const BalanceLeaders& command);
Result<void> run(Client& client, const Reassign& command);
Result<void> run(Client& client, const ShowReassignments& command);
Result<void> run(Client& client, const CancelReassignments& command);
Result<void> run(Client& client, const DrainBroker& command);
Result<void> run(Client& client, const EndDrain& command);
Result<void> run(Client& client, const UnregisterBroker& command);
Result<void> run(Client& client, const ShowFeatures& command);
Result<void> run(Client& client, const UpgradeCluster& command);

// All of it to stdout, at once; or false if whoever read it has gone (`| head -1`). Errors:
// io_error.
Result<bool> print_if_read(std::string_view text);
// The same for who has nothing more to print: a reader that has gone is fine.
Result<void> print(std::string_view text);

}  // namespace ropewalk::cli
