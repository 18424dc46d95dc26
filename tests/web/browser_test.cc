// The web page in a real browser, on the real services: Playwright's scripts beside this file, each on a stack of its
// own that has the files it needs.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

namespace fs = std::filesystem;

class Browser : public ::testing::Test {
 protected:
  void SetUp() override {
    files = stack.home() + "/for-the-browser";
    fs::create_directories(files);
    stack.start_all();
    for (const char* service : Stack::kServices) {
      ASSERT_TRUE(eventually([&] { return stack.get(service, "/readyz").status == 200; }))
          << service << ":\n" << stack.log(service);
    }
  }
  void give(const std::string& name, const std::string& content) const {
    std::ofstream(files + "/" + name, std::ios::binary) << content;
  }
  // Runs a script; what it says is in the test's output.
  void expect_passes(const std::string& script) const {
    const std::string command = "SLUICE_WEB_URL=http://127.0.0.1:" + std::to_string(stack.port("api")) +
                                " SLUICE_WEB_FILES='" + files + "' " SLUICE_WEB_TESTS "/run.sh " + script;
    EXPECT_EQ(std::system(command.c_str()), 0) << stack.log("api");
  }

  std::string files;
  Stack stack{fresh_stack_settings()};
  BookingsGenerator bookings{20261130};
};

TEST_F(Browser, ADroppedFileIsCheckedSentAndPlotted) {
  give("first.csv", bookings.next_file(1200).content);
  give("second.csv", bookings.next_file(900).content);
  give("third.csv", bookings.next_file(700).content);
  give("wrong.csv", "booking_id,name\n1,Ada\n");
  give("unknown.csv", "station,day,celsius\nOslo,2024-01-31,-3.5\nRome,2024-01-31,11.0\n");
  expect_passes("drop_e2e.js");
  EXPECT_TRUE(eventually([&] { return stack.report() == bookings.report(); }));
}

TEST_F(Browser, EveryPageIsUsableByEyeByKeyAndByEar) {
  std::size_t files_dropped = 0;
  for (int i = 0; i < 3; ++i, ++files_dropped) {
    const BookingFile file = bookings.next_file(1500);
    stack.drop(file.name, file.content);
  }
  ASSERT_TRUE(eventually([&] { return stack.all_settled(files_dropped); }));
  ASSERT_TRUE(eventually([&] { return stack.report() == bookings.report(); }));
  expect_passes("pages_e2e.js");
}

}  // namespace
}  // namespace sluice::testing
