// Something goes wrong, and somebody is called: the real Prometheus and Alertmanager watch the real services by Sluice's
// own rules, in a hurry (monitor.sh); a webhook gets each alert and its end, and mail goes out for the critical ones.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/adapters/http/server.h"
#include "tests/support/small_disk.h"
#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

constexpr auto kPatience = std::chrono::seconds(120);

// What Alertmanager posts, kept until someone asks.
class Webhook {
 public:
  Webhook() {
    server_.route("POST", "/alerts", http::Runs::kOnIoThread, [this](const http::Request& request) {
      take(nlohmann::json::parse(request.body));
      return http::Response{};
    });
    server_.start();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()) + "/alerts"; }

  // "firing", "resolved". `label` is a part of the alert's labels: "component=loader".
  bool told(const std::string& status, const std::string& alert, const std::string& label) const {
    const std::lock_guard lock(mutex_);
    return told_.contains(status + " " + alert + " " + label);
  }
  std::string all() const {
    const std::lock_guard lock(mutex_);
    std::string out;
    for (const std::string& line : told_) out += line + "\n";
    return out;
  }
  std::string summary_of(const std::string& alert) const {
    const std::lock_guard lock(mutex_);
    const auto found = summaries_.find(alert);
    return found == summaries_.end() ? "" : found->second;
  }

 private:
  void take(const nlohmann::json& message) {
    const std::lock_guard lock(mutex_);
    for (const auto& alert : message.at("alerts")) {
      const std::string status = alert.at("status"), name = alert.at("labels").at("alertname");
      summaries_[name] = alert.at("annotations").at("summary");
      for (const auto& [label, value] : alert.at("labels").items()) {
        told_.insert(status + " " + name + " " + label + "=" + value.get<std::string>());
      }
    }
  }

  mutable std::mutex mutex_;
  std::set<std::string> told_;
  std::map<std::string, std::string> summaries_;
  http::Server server_{"127.0.0.1", 0};
};

class Alerts : public ::testing::Test {
 protected:
  void SetUp() override {
    stack.start_all();
    for (const char* service : Stack::kServices) {
      ASSERT_TRUE(eventually([&] { return stack.get(service, "/readyz").status == 200; }))
          << service << ":\n" << stack.log(service);
    }
    std::string command = "SLUICE_ALERT_WEBHOOK=" + webhook.url() + " " + SLUICE_MONITOR + " start " + folder() + " " +
                          std::to_string(::getpid());
    for (const char* service : Stack::kServices) {
      command += std::string(" ") + service + "=" + std::to_string(stack.port(service));
    }
    ASSERT_EQ(std::system(command.c_str()), 0) << stack.file("monitor/prometheus.log") << stack.file("monitor/alertmanager.log");
  }
  void TearDown() override {
    EXPECT_EQ(std::system((std::string(SLUICE_MONITOR) + " stop " + folder()).c_str()), 0);
    // Before the home is removed: it lies in it.
    for (const char* service : Stack::kServices) stack.kill_hard(service);
  }
  std::string folder() const { return stack.home() + "/monitor"; }

  void expect(const std::string& status, const std::string& alert, const std::string& label) {
    EXPECT_TRUE(eventually([&] { return webhook.told(status, alert, label); }, kPatience))
        << status << " " << alert << " " << label << " was not told; but\n"
        << webhook.all() << stack.file("monitor/prometheus.log");
  }

  BookingsGenerator bookings{7};
  Stack stack{fresh_stack_settings()};
  SmallDisk disk{stack.home() + "/data/out", 8 << 20};  // before any thread is started
  Webhook webhook;
};

TEST_F(Alerts, ArriveWhenAServiceDiesAFileIsBadAndADiskIsFullAndEndWithThat) {
  const BookingFile good = bookings.next_file(50);
  stack.drop(good.name, good.content);
  ASSERT_TRUE(eventually([&] { return stack.all_settled(1); }, kPatience)) << stack.log("ingest");

  stack.kill_hard("transform");
  stack.drop("bookings-bad.csv", "no,such,header\n1,2,3\n");
  disk.fill();
  expect("firing", "SluiceServiceDown", "component=transform");
  expect("firing", "SluiceFilesFail", "dataset=bookings");
  expect("firing", "SluiceDiskAlmostFull", "place=out");
  EXPECT_TRUE(webhook.summary_of("SluiceServiceDown").starts_with("transform (127.0.0.1:")) << webhook.summary_of("SluiceServiceDown");
  EXPECT_EQ(webhook.summary_of("SluiceFilesFail"), "files of bookings could not be read as their definition says");

  // Critical ones go by mail too, the others do not.
  const auto mailed = [&](const std::string& text) { return stack.file("monitor/mails").find(text) != std::string::npos; };
  EXPECT_TRUE(eventually([&] { return mailed("SluiceServiceDown") && mailed("SluiceDiskAlmostFull"); }, kPatience))
      << stack.file("monitor/mails") << stack.file("monitor/alertmanager.log");
  EXPECT_TRUE(mailed("To: night@example.org")) << stack.file("monitor/mails");
  EXPECT_FALSE(mailed("SluiceFilesFail")) << stack.file("monitor/mails");

  stack.start("transform");
  disk.make_room();
  expect("resolved", "SluiceServiceDown", "component=transform");
  expect("resolved", "SluiceDiskAlmostFull", "place=out");
  // It is over when none has failed for a while.
  expect("resolved", "SluiceFilesFail", "dataset=bookings");
  EXPECT_TRUE(eventually([&] { return stack.all_settled(2); }, kPatience)) << stack.log("ingest");
}

}  // namespace
}  // namespace sluice::testing
