// A path between a service and the broker that holds commits back: the service repeats them and goes on, and
// the delayed ones arrive in the middle of later transactions. Nothing may be torn by it.
#include <gtest/gtest.h>

#include "tests/support/environment.h"
#include "tests/support/stack.h"
#include "tests/support/tcp_proxy.h"

namespace sluice::testing {
namespace {

class DelayedCommit : public ::testing::TestWithParam<const char*> {};

TEST_P(DelayedCommit, OfAServiceTearsNothing) {
  const std::string victim = GetParam();
  TcpProxy proxy(test_environment().kafka_proxied, test_environment().kafka_proxy_upstream);
  Stack stack({test_environment().kafka, fresh_database(), fresh_prefix(), bookings_definition()});
  for (const char* service : Stack::kServices) {
    if (service != victim) stack.start(service);
  }
  stack.start(victim, {{"SLUICE_KAFKA_BROKERS", test_environment().kafka_proxied},
                       {"SLUICE_KAFKA__SOCKET_TIMEOUT_MS", "1000"}});

  BookingsGenerator bookings(42);
  std::size_t files = 0;
  for (int round = 0; round < 3; ++round) {
    proxy.hold_next(TcpProxy::kEndTxn);
    const BookingFile first = bookings.next_file(300);
    stack.drop(first.name, first.content);
    ASSERT_TRUE(eventually([&] { return proxy.holding(); })) << stack.log(victim);
    // The service has repeated the request once the file is through; the next file's transactions are what
    // the delayed one could tear.
    ASSERT_TRUE(eventually([&] { return stack.all_settled(files + 1); })) << stack.log(victim);
    const BookingFile second = bookings.next_file(300);
    stack.drop(second.name, second.content);
    proxy.release();
    files += 2;
    ASSERT_TRUE(eventually([&] { return stack.all_settled(files); }, std::chrono::seconds(90))) << stack.log(victim);
  }
  EXPECT_TRUE(eventually([&] { return stack.report() == bookings.report(); }));
  EXPECT_EQ(stack.report(), bookings.report());
  EXPECT_NE(stack.log(victim).find("needed a second try"), std::string::npos) << "the cure was never needed";
}

INSTANTIATE_TEST_SUITE_P(Services, DelayedCommit, ::testing::Values("ingest", "transform"),
                         [](const auto& service) { return std::string(service.param); });

}  // namespace
}  // namespace sluice::testing
