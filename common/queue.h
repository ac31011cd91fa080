// A queue that costs nothing while it has never held anything.
//
// std::deque of libstdc++ takes 576 bytes when it is made; each partition has five queues, and a
// broker may have ten thousand partitions that are idle.
#pragma once

#include <boost/container/deque.hpp>

namespace ropewalk {

template <class T>
using Queue = boost::container::deque<T>;

}  // namespace ropewalk
