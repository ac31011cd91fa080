// Threads as the whole process wants them: named, and deaf to signals, so that the program's own
// threads get those. (sendfile to a connection that is gone raises SIGPIPE and knows no flag
// against it: here it stays blocked.)
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <thread>

namespace ropewalk::env::real {

// The name is cut to 15 characters.
std::thread start_thread(const std::string& name, std::move_only_function<void()> body);

// Keeps the thread on one processor (modulo their number). Not allowed counts as done: it is a
// wish.
void pin_thread(std::thread& thread, std::size_t processor);

}  // namespace ropewalk::env::real
