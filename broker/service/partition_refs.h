// Partitions that operators name, by topic and index, for use cases that ask the controller about
// many of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "broker/metadata/controller_port.h"
#include "broker/metadata/image.h"
#include "broker/security/authorizer.h"
#include "broker/security/request_context.h"
#include "broker/service/service.h"
#include "broker/service/topic_name.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::service {

struct PartitionRef {
  TopicRef topic;
  std::int32_t partition = 0;
};

// What operators do with the cluster as a whole. Errors: cluster_authorization_failed.
Result<void> may_operate(const Parts& parts, const security::RequestContext& context,
                         security::Operation operation);

// Which partition of the image is meant; also fills what `ref` leaves out of the topic. Errors:
// unknown_topic_or_partition, unknown_topic_id, invalid_topic.
Result<TopicPartition> find_partition(const metadata::Image& image, PartitionRef& ref);

// The topics of an image by name, for answers in that order.
std::vector<metadata::TopicPtr> topics_by_name(const metadata::Image& image);

// Answers of whom some are the controller's and the others were refused before.
//
// `Answer` has `error`, `topic` and `partition`.
template <class Answer>
class RefAnswers {
 public:
  RefAnswers(const metadata::Image& image, std::vector<PartitionRef> refs) : answers_(refs.size()) {
    std::map<TopicPartition, int> times;
    std::vector<Result<TopicPartition>> found;
    for (PartitionRef& ref : refs) {
      found.push_back(find_partition(image, ref));
      if (found.back()) times[*found.back()]++;
    }
    for (std::size_t i = 0; i < refs.size(); i++) {
      answers_[i].topic = std::move(refs[i].topic);
      answers_[i].partition = refs[i].partition;
      if (!found[i])
        answers_[i].error = std::move(found[i]).error();
      else if (const int meant = times[*found[i]]; meant > 1)
        answers_[i].error = {Errc::invalid_request,
                             fmt::format("the partition is meant {} times in one request", meant)};
      else
        asked_.push_back({i, *found[i]});
    }
  }

  struct Asked {
    std::size_t place;  // In the request.
    TopicPartition id;
  };
  // Those that the controller is to be asked about, in order.
  const std::vector<Asked>& asked() const { return asked_; }
  // Those of which `check(asked)` gives an error are not asked about after all.
  template <class Check>
  void refuse_unless(Check check) {
    std::erase_if(asked_, [&](const Asked& each) {
      Result<void> checked = check(each);
      if (!checked) answers_[each.place].error = std::move(checked).error();
      return answers_[each.place].error.code != Errc::none;
    });
  }
  // One for each that was asked about.
  void take(std::vector<Result<metadata::ItemAnswer>>& items) {
    for (std::size_t i = 0; i < asked_.size(); i++)
      if (!items[i]) answers_[asked_[i].place].error = std::move(items[i]).error();
  }
  std::vector<Answer>& answers() { return answers_; }

 private:
  std::vector<Answer> answers_;
  std::vector<Asked> asked_;
};

}  // namespace ropewalk::service
