// Uploads over real folders, with an announcer that only gives ids.
#include "services/ingest/uploads.h"

#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <set>

#include "common/adapters/http/text_body.h"
#include "services/ingest/temporary_folder.h"

namespace sluice::ingest {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class UploadsTest : public testing::Test {
 protected:
  void start() {
    UploadsParts parts{folder.path(), 1'000'000, clock};
    parts.dataset = [](const std::string& declared, const std::string& name) -> Result<std::string> {
      if (declared == "things" || (declared.empty() && name.ends_with(".csv"))) return "things";
      return fail("no definition takes " + name);
    };
    parts.found = [this](const std::vector<Sighting>& files) {
      for (const Sighting& file : files) {
        Announcement a;
        a.source = file.source;
        a.path = file.path;
        a.name = file.path.substr(file.path.rfind('/') + 1);
        a.dataset = file.dataset;
        if (file.declared) declared_files.insert(a.name);
        a.bytes = file.identity.bytes;
        a.found_ms = 1;
        a.id = std::to_string(next_place++) + "-abcabcabcabc";
        uploads->before_announce(a);
        if (announces) send(a);
      }
    };
    parts.first_line_of_retry = [](const std::string& dataset) -> Result<std::string> {
      if (dataset == "things") return "{\"retry\":\"things\"}\n";
      return fail("There is no dataset " + dataset + " here.");
    };
    parts.announce_again = [this](const Announcement& file) { send(file); };
    parts.examine = [](const ExaminedFile& file) {
      EXPECT_TRUE(std::filesystem::exists(file.path));
      if (file.name.starts_with("huge")) throw MemoryBusy("no memory is free");
      doctor::Diagnosis diagnosis;
      diagnosis.file = file.name;
      return std::vector{diagnosis};
    };
    parts.answer_within = 300ms;
    uploads = std::make_unique<Uploads>(std::move(parts));
    uploads->start();
  }
  // Its thread calls back to the end, and a pointer that is reset is null before that.
  void end() {
    if (uploads) uploads->stop();
    uploads.reset();
  }
  void TearDown() override { end(); }
  void send(const Announcement& file) {
    {
      const std::lock_guard lock(mutex);
      sent.push_back(file.path.substr(file.path.find('/') + 1) + " " + file.id);
    }
    was_sent.notify_all();
    uploads->announced(file);
  }
  http::Response post(const std::string& name, const std::string& content,
                      const std::string& key = "", const std::string& type = "") {
    http::Request request;
    if (!name.empty()) request.query = {{"name", name}};
    if (!key.empty()) request.headers.emplace_back("idempotency-key", key);
    if (!type.empty()) request.headers.emplace_back("content-type", type);
    http::TextBody body(content);
    return uploads->receive(request, body);
  }
  static std::string location(const http::Response& answer) {
    for (const auto& [name, value] : answer.headers) {
      if (name == "Location") return value;
    }
    return {};
  }
  std::size_t times_sent() {
    const std::lock_guard lock(mutex);
    return sent.size();
  }
  // Files in the spool, without what is known of them.
  std::vector<std::string> stored() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
      if (entry.is_regular_file() && !entry.path().filename().string().starts_with('.')) {
        out.push_back(entry.path());
      }
    }
    return out;
  }

  TemporaryFolder folder;
  ManualClock clock;
  std::atomic<int> next_place = 7;
  std::atomic<bool> announces = true;
  std::mutex mutex;
  std::condition_variable was_sent;
  std::vector<std::string> sent;
  std::set<std::string> declared_files;  // files whose dataset the request named
  std::unique_ptr<Uploads> uploads;
};

TEST_F(UploadsTest, AFileIsStoredAnnouncedAndAnsweredWithItsId) {
  start();
  const auto answer = post("sub/a.csv", "x,y\n1,2\n");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(location(answer), "/v1/files/7-abcabcabcabc");
  const auto receipt = nlohmann::json::parse(answer.body);
  EXPECT_EQ(receipt["id"], "7-abcabcabcabc");
  EXPECT_EQ(receipt["state"], "found");
  EXPECT_EQ(receipt["source"], "upload");
  EXPECT_EQ(receipt["dataset"], "things");
  EXPECT_EQ(receipt["bytes"], 8);
  ASSERT_EQ(stored().size(), 1U);
  EXPECT_THAT(stored()[0], testing::EndsWith("/sub/a.csv"));
  EXPECT_TRUE(uploads->first_state("7-abcabcabcabc"));
  EXPECT_FALSE(uploads->first_state("8-abcabcabcabc"));
}

TEST_F(UploadsTest, ARetryIsAFileOfItsOwnSourceBehindItsFirstLineAndIsTakenUpAfterACrashAsOne) {
  announces = false;
  start();
  const auto retry = [&](const std::string& dataset) {
    http::Request request;
    request.query = {{"dataset", dataset}};
    http::TextBody body("{\"id\":1}\n");
    return uploads->receive_retry(request, body);
  };
  EXPECT_EQ(retry("others").status, 422);
  EXPECT_THAT(stored(), testing::IsEmpty());
  EXPECT_EQ(retry("things").status, 503) << "not announced in time, and stored for good";
  ASSERT_EQ(stored().size(), 1U);
  std::ifstream file(stored()[0]);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "{\"retry\":\"things\"}\n{\"id\":1}\n");
  end();
  announces = true;
  start();
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(was_sent.wait_for(lock, 10s, [&] { return !sent.empty(); }));
    EXPECT_THAT(sent, ElementsAre("things-retry.ndjson 7-abcabcabcabc"));
  }
  std::optional<std::string> state;  // known a moment after it was sent
  for (const auto end = std::chrono::steady_clock::now() + 10s; !state && std::chrono::steady_clock::now() < end;) {
    state = uploads->first_state("7-abcabcabcabc");
  }
  ASSERT_TRUE(state);
  EXPECT_EQ(nlohmann::json::parse(*state)["source"], "retry");
  http::Request request;
  request.query = {{"name", "a.csv"}};
  http::TextBody body("");
  EXPECT_EQ(uploads->receive_retry(request, body).status, 400);
}

TEST_F(UploadsTest, TheSameKeyGetsTheSameAnswerAndNoSecondDelivery) {
  start();
  const auto first = post("a.csv", "1", "key");
  const auto second = post("a.csv", "1", "key");
  EXPECT_EQ(second.status, 202);
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(location(second), location(first));
  EXPECT_EQ(stored().size(), 1U);
  EXPECT_EQ(sent.size(), 1U);
  EXPECT_EQ(post("b.csv", "1", "key").status, 422);
  EXPECT_EQ(post("a.csv", "2", "key").status, 422) << "another delivery, which would be lost";
  EXPECT_EQ(stored().size(), 1U);
  EXPECT_EQ(location(post("a.csv", "1", "another")), "/v1/files/8-abcabcabcabc");
}

TEST_F(UploadsTest, AKeyOutlivesTheFileAndTheProcessForADay) {
  start();
  const auto first = post("a.csv", "1", "key");
  std::filesystem::remove(stored().at(0));  // moved to the archive
  end();
  start();
  EXPECT_EQ(post("a.csv", "1", "key").body, first.body);
  clock.advance(25h);
  EXPECT_EQ(location(post("a.csv", "1", "key")), "/v1/files/8-abcabcabcabc");
}

TEST_F(UploadsTest, WhatWasStoredIsAnnouncedAfterARestartAndItsKeyFindsIt) {
  start();
  announces = false;  // killed before the announcement was sent
  EXPECT_EQ(post("a.csv", "1", "key").status, 503);
  end();
  announces = true;
  start();
  const auto again = post("a.csv", "1", "key");
  EXPECT_EQ(again.status, 202);
  EXPECT_EQ(location(again), "/v1/files/7-abcabcabcabc") << "the id that may have been sent already";
  EXPECT_EQ(stored().size(), 1U);
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (times_sent() == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  uploads->stop();
  EXPECT_THAT(sent, ElementsAre("a.csv 7-abcabcabcabc"));
}

TEST_F(UploadsTest, AFormsFilesComeTogetherOrNotAtAll) {
  start();
  const std::string form = "multipart/form-data; boundary=b";
  const std::string one = "--b\r\nContent-Disposition: form-data; name=f; filename=a.csv\r\n\r\n1\r\n";
  const std::string two = "--b\r\nContent-Disposition: form-data; name=f; filename=b.csv\r\n\r\n2\r\n";
  const std::string odd = "--b\r\nContent-Disposition: form-data; name=f; filename=b.txt\r\n\r\n2\r\n";
  EXPECT_EQ(post("", one + odd + "--b--", "", form).status, 422);
  EXPECT_EQ(post("", one + one + "--b--", "", form).status, 422);
  EXPECT_EQ(post("", one, "", form).status, 400);
  EXPECT_EQ(post("", "--b--\r\n", "", form).status, 422);
  EXPECT_TRUE(stored().empty());
  const auto answer = post("", one + two + "--b--", "", form);
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(nlohmann::json::parse(answer.body)["files"].size(), 2U);
  EXPECT_EQ(stored().size(), 2U);
}

TEST_F(UploadsTest, AFieldOfTheFormSaysWhoseItsFilesAre) {
  start();
  const auto answer =
      post("", "--b\r\nContent-Disposition: form-data; name=dataset\r\n\r\nthings\r\n"
               "--b\r\nContent-Disposition: form-data; name=f; filename=a.txt\r\n\r\n1\r\n--b--",
           "", "multipart/form-data; boundary=b");
  EXPECT_EQ(answer.status, 202) << answer.body;
}

TEST_F(UploadsTest, NothingIsLeftOfABodyThatBreaksOff) {
  start();
  http::Request request;
  request.query = {{"name", "a.csv"}};
  http::TextBody body("1,2", http::problem(400, "Bad request", "gone"));
  EXPECT_EQ(uploads->receive(request, body).status, 400);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(UploadsTest, WhatADeadProcessHadHalfReceivedIsSweptAway) {
  std::filesystem::create_directories(folder.path(".incoming-abc123"));
  folder.write(".incoming-abc123/a.csv", "1");
  start();
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (folder.exists(".incoming-abc123") && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_FALSE(folder.exists(".incoming-abc123"));
}

TEST_F(UploadsTest, AnUnknownNameIsRefusedBeforeItsBody) {
  start();
  const auto answer = post("a.txt", "1");
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.body, HasSubstr("no definition takes a.txt"));
}

TEST_F(UploadsTest, ADryRunLeavesNothing) {
  start();
  http::Request request;
  request.query = {{"name", "a.txt"}, {"dry_run", "true"}};
  http::TextBody body("1");
  const auto answer = uploads->receive(request, body);
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("{\"name\":\"a.txt\""));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  EXPECT_TRUE(sent.empty());
}

TEST_F(UploadsTest, WhetherTheRequestNamedTheDatasetIsPassedOn) {
  start();
  EXPECT_EQ(post("a.csv", "1").status, 202);
  http::Request request;
  request.query = {{"name", "b.csv"}, {"dataset", "things"}};
  http::TextBody body("2");
  EXPECT_EQ(uploads->receive(request, body).status, 202);
  EXPECT_THAT(declared_files, ElementsAre("b.csv"));
}

TEST_F(UploadsTest, AFileThatCannotBeTriedOutForWantOfMemoryIsToComeBack) {
  start();
  http::Request request;
  request.query = {{"name", "huge.csv"}, {"dry_run", "true"}};
  http::TextBody body("1");
  const auto answer = uploads->receive(request, body);
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.headers, testing::Contains(testing::Pair("Retry-After", "1")));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(UploadsTest, ConcurrentRequestsOfOneKeyAreOneDelivery) {
  start();
  std::vector<std::future<http::Response>> answers;
  for (int i = 0; i < 8; ++i) {
    answers.push_back(std::async(std::launch::async, [this] { return post("a.csv", "1", "key"); }));
  }
  for (auto& answer : answers) {
    EXPECT_THAT(answer.get().status, testing::AnyOf(202, 409));
  }
  EXPECT_EQ(stored().size(), 1U);
  EXPECT_EQ(sent.size(), 1U);
}

TEST_F(UploadsTest, AnUploadIsSweptOnlyWhenItIsKnownThatItsFilesWereMovedAway) {
  start();
  EXPECT_EQ(post("sub/a.csv", "1").status, 202);
  end();
  // A path that cannot be looked at, as on a disk that fails.
  const auto sub = std::filesystem::path(stored().at(0)).parent_path();
  std::filesystem::remove_all(sub);
  std::filesystem::create_symlink("sub", sub);
  clock.advance(2min);
  start();
  std::unique_lock lock(mutex);
  EXPECT_TRUE(was_sent.wait_for(lock, 60s, [this] { return sent.size() == 2; }))
      << "it is taken up like any that waits for its turn";
  EXPECT_TRUE(std::filesystem::is_symlink(sub));
}

TEST_F(UploadsTest, BeforeItIsStartedClientsAreToldToComeBack) {
  start();
  uploads->stop();
  EXPECT_EQ(post("a.csv", "1").status, 503);
}

}  // namespace
}  // namespace sluice::ingest
