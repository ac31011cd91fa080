// `ropewalk bench` against a real broker: it counts what it sent and read, and says when the broker
// goes away.
#include <csignal>

#include <boost/json.hpp>
#include <sys/wait.h>

#include "tests/integration/command_fixture.h"

namespace ropewalk::support {
namespace {

class CommandBench : public CommandFixture {
 protected:
  boost::json::object report(const std::string& name) const {
    boost::json::error_code error;
    const auto parsed = boost::json::parse(content(name), error);
    EXPECT_FALSE(error) << content(name);
    return parsed.is_object() ? parsed.get_object() : boost::json::object();
  }
  static std::int64_t number(const boost::json::object& of, const char* name) {
    return of.contains(name) ? of.at(name).to_number<std::int64_t>() : -1;
  }
};

TEST_F(CommandBench, CountsWhatItSendsAndReads) {
  EXPECT_EQ(run(R"sh(
    rw bench produce t --create 3 --count 5000 --record-bytes 200 --compression lz4 --json >produce
    rw bench produce t --count 500 --rate 2000 --acks 1 --json >paced
    rw bench latency t --count 100 --in-flight 4 --json >latency
    rw bench consume t --json >all
    rw bench consume t --count 1000 --json >some
    rw bench consume t >table 2>messages
    rw consume t --format '%o\n' | wc -l >lines
  )sh"),
            0)
      << content("stderr");
  const auto produce = report("produce");
  EXPECT_EQ(number(produce, "records"), 5000);
  EXPECT_EQ(number(produce, "bytes"), 1'000'000);
  EXPECT_EQ(number(produce, "failed"), 0);
  EXPECT_EQ(number(report("paced"), "records"), 500);
  const auto latency_report = report("latency");
  EXPECT_EQ(number(latency_report, "records"), 100);
  const auto& latencies = latency_report.at("latency_us").as_object();
  for (const char* way : {"acknowledgement", "end-to-end"}) {
    const auto& latency = latencies.at(way).as_object();
    EXPECT_GT(latency.at("p50").as_double(), 0) << way;
    EXPECT_LE(latency.at("p99_9").as_double(), latency.at("max").as_double()) << way;
  }
  // The first record of `latency` is there, but not counted.
  EXPECT_EQ(content("lines"), "5601\n");
  EXPECT_EQ(number(report("all"), "records"), 5601);
  EXPECT_EQ(number(report("some"), "records"), 1000);
  // No live line and no colours where there is no terminal.
  EXPECT_TRUE(content("table").starts_with("RECORDS  SECONDS  RECORDS/S"));
  EXPECT_EQ(content("table").find('\x1b'), std::string::npos);
  EXPECT_EQ(content("messages"), "");
}

TEST_F(CommandBench, SaysThatTheBrokerHasGone) {
  ASSERT_EQ(run("rw topic create p --partitions 1; rw topic create l --partitions 1"), 0);
  const std::string status = "; echo $? >";
  const auto verb = [&](const std::string& topic, const std::string& words) {
    return begin("set +e; rw bench " + words + " " + topic +
                 " --duration 1h --timeout 2s --json >" + topic + status + topic + ".status");
  };
  Process produce = verb("p", "produce --rate 1000");
  Process latency = verb("l", "latency");
  EXPECT_EQ(run(R"sh(
    for topic in p l; do
      until [ -e $topic.status ] || [ "$(rw consume $topic --format '%o\n' | wc -l)" -gt 50 ]; do :; done
    done
  )sh"),
            0);
  broker_->process.kill_hard();
  EXPECT_EQ(produce.wait(), 0);
  EXPECT_EQ(latency.wait(), 0);
  for (const char* topic : {"p", "l"}) {
    EXPECT_EQ(content(std::string(topic) + ".status"), "1\n");
    EXPECT_GE(number(report(topic), "records"), 1) << content(topic);
    EXPECT_TRUE(report(topic).contains("error"));
  }
  EXPECT_NE(content("stderr").find("bench produce ended early, after"), std::string::npos);
  EXPECT_NE(content("stderr").find("bench latency ended early, after"), std::string::npos);
}

TEST_F(CommandBench, CtrlCEndsItWithWhatItHas) {
  std::signal(SIGINT, SIG_DFL);  // Whoever runs this may ignore it, and children would too.
  ASSERT_EQ(run("rw topic create p --partitions 1; rw topic create l --partitions 1"), 0);
  const auto verb = [&](const std::string& topic, const std::string& words) {
    return begin(fmt::format("exec {} --brokers 127.0.0.1:{} bench {} {} --duration 1h --json >{}",
                             program("ropewalk"), broker_->port, words, topic, topic));
  };
  Process produce = verb("p", "produce --rate 1000");
  Process latency = verb("l", "latency");
  EXPECT_EQ(run(R"sh(
    for topic in p l; do
      until [ "$(rw consume $topic --format '%o\n' | wc -l)" -gt 50 ]; do :; done
    done
  )sh"),
            0);
  for (Process* process : {&produce, &latency}) {
    process->signal(SIGINT);
    const int status = process->wait();
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) << status;
  }
  for (const char* topic : {"p", "l"}) {
    EXPECT_GE(number(report(topic), "records"), 50) << content(topic);
    EXPECT_NE(content(topic).find("interrupted"), std::string::npos) << content(topic);
  }
  EXPECT_EQ(number(report("p"), "failed"), 0) << content("p");
  EXPECT_NE(content("stderr").find("bench produce ended early, after"), std::string::npos);
}

TEST_F(CommandBench, RefusesATopicThatIsNotThere) {
  EXPECT_EQ(run("rw bench produce t --count 1"), 1);
  EXPECT_NE(content("stderr").find("there is no topic t (--create N makes it)"), std::string::npos);
  EXPECT_EQ(run("rw bench consume t"), 1);
}

}  // namespace
}  // namespace ropewalk::support
