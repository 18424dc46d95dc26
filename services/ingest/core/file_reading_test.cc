#include "services/ingest/core/file_reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TextSource final : public FileSource {
 public:
  std::string content;
  std::uint64_t fails_at = UINT64_MAX;
  std::size_t largest_read = 0;
  int open_now = 0, most_open = 0;

  std::optional<FileIdentity> identity(const Announcement&) override { return FileIdentity{}; }
  Result<std::unique_ptr<FileReader>> open(const Announcement&, std::uint64_t from) override {
    return std::make_unique<Reader>(*this, from);
  }
  Result<bool> archive(const Announcement&) override { return true; }
  Result<bool> reject(const Announcement&, std::string_view) override { return true; }

 private:
  struct Reader final : FileReader {
    Reader(TextSource& s, std::uint64_t a) : source(s), at(a) {
      source.most_open = std::max(source.most_open, ++source.open_now);
    }
    ~Reader() override { --source.open_now; }
    Result<std::size_t> read(std::span<char> into) override {
      if (at + into.size() > source.fails_at)
        return fail("The file cannot be read: Input/output error.");
      source.largest_read = std::max(source.largest_read, into.size());
      const std::size_t size = source.content.copy(into.data(), into.size(), at);
      at += size;
      return size;
    }
    TextSource& source;
    std::uint64_t at;
  };
};

std::shared_ptr<Dataset> things_dataset() {
  auto dataset = std::make_shared<Dataset>();
  dataset->name = "things";
  FieldSpec id;
  id.name = id.source = "id";
  id.required = true;
  FieldSpec text;
  text.name = text.source = "text";
  text.first_column = 1;
  dataset->fields = {id, text};
  dataset->columns = {{"id", ColumnType::kString, false}, {"text", ColumnType::kString, true}};
  dataset->key = {0};
  return dataset;
}

struct Outcome {
  std::vector<std::string> keys;
  std::vector<std::uint64_t> lines;
  std::vector<std::uint64_t> bad_lines;
  std::uint64_t rows = 0;
  std::string error;
  std::vector<std::pair<std::uint64_t, std::uint64_t>>
      stops;  // next byte and line behind each block
  bool operator==(const Outcome&) const = default;
};

class FileReadingTest : public ::testing::Test {
 protected:
  Outcome read(std::uint64_t from_byte = 0, std::uint64_t from_line = 1) {
    FileEntry entry;
    entry.next_byte = from_byte;
    entry.next_line = from_line;
    Outcome out;
    auto reading = FileReading::open(source, pool, dataset, entry, limits);
    if (!reading) {
      out.error = reading.error().message;
      return out;
    }
    for (;;) {
      auto block = (*reading)->next();
      if (!block) {
        out.error = block.error().message;
        return out;
      }
      if (!*block) return out;
      for (const ParsedRecord& record : (*block)->records) {
        out.keys.emplace_back(record.key);
        out.lines.push_back(record.line);
      }
      for (const DeadLetter& letter : (*block)->letters) out.bad_lines.push_back(letter.line);
      out.rows += (*block)->rows;
      out.stops.emplace_back((*block)->next_byte, (*block)->next_line);
    }
  }

  // Each block's end is a place to go on from, with the keys and lines of the rest.
  void expect_reading_can_go_on_behind_every_block(std::uint64_t rows) {
    const Outcome whole = read();
    ASSERT_EQ(whole.rows, rows);
    ASSERT_GT(whole.stops.size(), 10U);
    for (const auto& [byte, line] : whole.stops) {
      const Outcome rest = read(byte, line);
      const auto left = static_cast<std::ptrdiff_t>(rest.rows);
      EXPECT_EQ(rest.keys, std::vector<std::string>(whole.keys.end() - left, whole.keys.end()));
      EXPECT_EQ(rest.lines, std::vector<std::uint64_t>(whole.lines.end() - left, whole.lines.end()));
    }
  }

  TextSource source;
  std::shared_ptr<Dataset> dataset = things_dataset();
  ParsePool pool{0};
  ReadLimits limits{16, 3};
};

TEST_F(FileReadingTest, AFileThatIsGoneOnWithIsNeverOpenedTwiceForItsDecodersMayNotFitTwice) {
  source.content = "id,text\n1,a\n2,b\n";
  const Outcome rest = read(12, 3);
  EXPECT_EQ(rest.keys, std::vector<std::string>{"2"});
  EXPECT_EQ(source.most_open, 1);
}

TEST_F(FileReadingTest, RowsComeInTheFilesOrderWithTheirPhysicalLines) {
  source.content = "id,text\r\na,1\r\n\r\nb,\"two\r\nlines\"\r\nc,3";
  const Outcome out = read();
  EXPECT_THAT(out.keys, ElementsAre("a", "b", "c"));
  EXPECT_THAT(out.lines, ElementsAre(2, 4, 6));
  EXPECT_EQ(out.rows, 3U);
  EXPECT_EQ(out.stops.back().first, source.content.size());
}

TEST_F(FileReadingTest, AHeaderAloneIsAFileWithoutRows) {
  for (const char* content : {"id,text", "id,text\n", "\xEF\xBB\xBFid,text\r\n", "id,text\n\n\n"}) {
    source.content = content;
    const Outcome out = read();
    EXPECT_EQ(out.error, "") << content;
    EXPECT_EQ(out.rows, 0U);
    EXPECT_EQ(out.stops.back().first, source.content.size()) << content;
  }
}

TEST_F(FileReadingTest, AByteOrderMarkIsNoPartOfTheFirstName) {
  source.content = "\xEF\xBB\xBFid,text\na,1\n";
  EXPECT_THAT(read().keys, ElementsAre("a"));
}

TEST_F(FileReadingTest, AHeaderThatDoesNotFitIsAnErrorThatNamesTheColumn) {
  source.content = "id,txet\na,1\n";
  EXPECT_THAT(read().error, HasSubstr("txet"));
  source.content = "\n\n";
  EXPECT_THAT(read().error, HasSubstr("no header"));
}

TEST_F(FileReadingTest, ABrokenRowIsALetterAndTheOthersGoOn) {
  source.content = "id,text\na,1\n,2\nc,3,4\nd,4\n";
  const Outcome out = read();
  EXPECT_THAT(out.keys, ElementsAre("a", "d"));
  EXPECT_THAT(out.bad_lines, ElementsAre(3, 4));
}

TEST_F(FileReadingTest, AQuoteThatIsNeverClosedCostsItsOwnLineOnly) {
  source.content = "id,text\na,1\nb,\"open\nc,3\nd,4\n";
  const Outcome out = read();
  EXPECT_THAT(out.keys, ElementsAre("a", "c", "d"));
  EXPECT_THAT(out.bad_lines, ElementsAre(3));
  EXPECT_EQ(out.rows, 4U);
}

TEST_F(FileReadingTest, ARowLongerThanABlockIsReadWhole) {
  source.content = "id,text\na," + std::string(5000, 'x') + "\nb,2\n";
  EXPECT_THAT(read().keys, ElementsAre("a", "b"));
}

TEST_F(FileReadingTest, ReadingCanGoOnBehindEveryBlock) {
  source.content = "id,text\n";
  for (int i = 0; i < 40; ++i) source.content += "k" + std::to_string(i) + ",\"a\nb\"\n";
  expect_reading_can_go_on_behind_every_block(40);
}

TEST_F(FileReadingTest, ReadingGoesOnWhereItWasBelowLinesThatAreSkipped) {
  dataset->csv.skip_lines = 3;
  source.content = "sep=;\nThings, \"all of them\n\nid;text\n";
  for (int i = 0; i < 40; ++i) source.content += "k" + std::to_string(i) + ";\"a\nb\"\n";
  EXPECT_EQ(read().lines.front(), 5U);
  expect_reading_can_go_on_behind_every_block(40);
}

TEST_F(FileReadingTest, TheRowsDoNotDependOnTheBlocks) {
  source.content = "id,text\n";
  for (int i = 0; i < 60; ++i) {
    source.content += "k" + std::to_string(i) + ",\"" +
                      std::string(static_cast<std::size_t>(i % 7), '\n') + "\"\r\n";
  }
  Outcome expected = read();
  for (const std::size_t size : {1, 2, 3, 7, 50, 1000, 100'000}) {
    limits.block_bytes = size;
    Outcome out = read();
    EXPECT_EQ(out.stops.back(), expected.stops.back());
    out.stops = expected.stops;
    EXPECT_EQ(out, expected) << size;
  }
}

TEST_F(FileReadingTest, AReadErrorInTheMiddleIsTold) {
  source.content = "id,text\n";
  for (int i = 0; i < 60'000; ++i) source.content += "key" + std::to_string(i) + ",x\n";
  source.fails_at = 400'000;  // behind what tells the encoding
  const Outcome out = read();
  EXPECT_THAT(out.error, HasSubstr("Input/output error"));
  EXPECT_GT(out.rows, 0U);
}

TEST_F(FileReadingTest, AFileMayBeDroppedWhileItsBlocksAreParsed) {
  source.content = "id,text\n";
  for (int i = 0; i < 5000; ++i) source.content += "key" + std::to_string(i) + ",x\n";
  ParsePool threads(2);
  FileEntry entry;
  auto reading = FileReading::open(source, threads, things_dataset(), entry, {1024, 8});
  ASSERT_TRUE(reading.has_value());
  EXPECT_TRUE((*reading)->next().has_value());
  reading->reset();
}

}  // namespace
}  // namespace sluice::ingest
