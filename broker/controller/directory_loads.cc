#include "broker/controller/directory_loads.h"

#include <algorithm>

namespace ropewalk::controller {

using metadata::Image;

DirectoryLoads count_directories(const Image& image) {
  DirectoryLoads loads;
  image.topics().for_each([&](const TopicId&, const metadata::TopicPtr& topic) {
    for (const auto& partition : topic->partitions)
      for (const DirectoryId& id : partition->directories) loads[id]++;
  });
  return loads;
}

DirectoryId take_directory(const Image& image, BrokerId broker, DirectoryLoads& loads) {
  const auto& offered = image.broker(broker)->directories;
  const auto least =
      std::ranges::min_element(offered, {}, [&](const DirectoryId& id) { return loads[id]; });
  loads[*least]++;
  return *least;
}

}  // namespace ropewalk::controller
