// The doctor on files of the disk: plain, compressed, several in one.
#include "common/adapters/doctor/file_doctor.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/adapters/archive/test_packing.h"
#include "common/definition/definition_parser.h"
#include "common/doctor/diagnosis_json.h"

namespace sluice {
namespace {

using testing::HasSubstr;

std::shared_ptr<const Dataset> dataset(const std::string& name) {
  auto parsed = parse_definition("dataset: " + name + "\nsource: { files: \"" + name +
                                     "*\" }\nformat: csv\nkey: id\nfields:\n  id: { type: string, "
                                     "required: true }\nrecords: { postgres: {} }\n",
                                 name + ".yaml");
  return std::make_shared<const Dataset>(parsed.value());
}

class FileDoctor : public testing::Test {
 protected:
  FileDoctor() {
    std::string made = testing::TempDir() + "file-doctor-XXXXXX";
    folder_ = ::mkdtemp(made.data());
  }
  ~FileDoctor() override { std::filesystem::remove_all(folder_); }
  std::vector<doctor::Diagnosis> examined(const std::string& content, const std::string& name,
                                          const std::string& declared = "") {
    const std::string path = folder_ + "/file";
    std::ofstream(path, std::ios::binary) << content;
    return examine_file({path, name, declared}, {dataset("things"), dataset("thin")});
  }

  std::string folder_;
};

TEST_F(FileDoctor, ACompressedFileIsReadAsWhatItHolds) {
  const std::string text = "id\na\nb\n";
  for (const auto& content : {text, archive::compressed(archive_write_add_filter_gzip, text),
                              archive::compressed(archive_write_add_filter_zstd, text)}) {
    const auto found = examined(content, "sub/x.csv", "thin");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].error, "");
    EXPECT_EQ(found[0].file, "x.csv");
    EXPECT_EQ(found[0].dataset, "thin");
    EXPECT_EQ(found[0].records, 2U);
    EXPECT_EQ(found[0].bytes, text.size());
  }
}

TEST_F(FileDoctor, EachFileOfAnArchiveIsOneOfItsOwn) {
  for (const auto filter : {archive_write_add_filter_none, archive_write_add_filter_gzip}) {
    const auto found = examined(
        archive::packed_files(archive_write_set_format_ustar, filter,
                              {{"thin-1.csv", "id\na\n"}, {"sub/", ""}, {"sub/other.csv", "x,y\n1,2\n"}}),
        "all.tar");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].dataset, "thin");
    EXPECT_EQ(found[1].file, "other.csv");
    EXPECT_THAT(found[1].proposal, HasSubstr("dataset: other\n"));
  }
}

TEST_F(FileDoctor, AFileOfAnArchiveIsToldAsIngestWouldReadIt) {
  const auto gz = archive::compressed(archive_write_add_filter_gzip, "id\na\n");
  const auto found = examined(
      archive::packed_files(archive_write_set_format_zip, nullptr,
                            {{"../thin-1.csv", "id\na\n"}, {"thin-2.csv.gz", gz}, {".hidden", "x"}, {"inner.zip", "x"}}),
      "all.zip");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_THAT(found[0].error, HasSubstr("leads out"));
  EXPECT_EQ(found[1].error, "");
  EXPECT_EQ(found[1].records, 1U);
  EXPECT_THAT(found[2].error, HasSubstr("archive inside an archive"));
}

TEST_F(FileDoctor, AnArchivesNameSaysWhoseTheFilesAreThatNobodyTakesByTheirOwn) {
  const std::string zip = archive::packed_files(archive_write_set_format_zip, nullptr, {{"export.csv", "id\na\n"}});
  EXPECT_THAT(examined(zip, "all.zip")[0].proposal, HasSubstr("dataset:"));
  EXPECT_EQ(examined(zip, "sub/thin-1.zip")[0].dataset, "thin");
}

TEST_F(FileDoctor, ALinkInAnArchiveIsNoFile) {
  for (const auto format : {archive_write_set_format_zip, archive_write_set_format_ustar}) {
    const auto found = examined(archive::packed_files(format, nullptr,
                                                      {{"thin-1.csv", std::string(archive::kLinkTo) + "/etc/passwd"},
                                                       {"thin-2.csv", "id\na\n"}}),
                                "all.zip");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_THAT(found[0].error, HasSubstr("no file but a link"));
    EXPECT_EQ(found[0].file, "thin-1.csv");
    EXPECT_EQ(found[0].rows, 0U);
    EXPECT_EQ(found[1].records, 1U);
  }
}

TEST_F(FileDoctor, ASpreadsheetIsOneFileThatIsToBeSavedAsCsv) {
  const std::string xlsx = archive::packed_files(
      archive_write_set_format_zip, nullptr,
      {{"docProps/app.xml", "<a/>"}, {"xl/workbook.xml", "<a/>"}, {"[Content_Types].xml", "<a/>"}});
  const std::string xls = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + std::string(600, '\0');
  for (const auto& [bytes, name] : {std::pair{xlsx, "thin.xlsx"}, std::pair{xls, "thin.xls"}}) {
    const auto found = examined(bytes, name);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].file, name);
    EXPECT_THAT(found[0].error, testing::AllOf(HasSubstr("Excel workbook"), HasSubstr("save the sheet as CSV.")));
  }
}

TEST_F(FileDoctor, SaysWhoseAFileCannotBe) {
  EXPECT_THAT(examined("id\na\n", "things.csv")[0].error, HasSubstr("Two definitions"));
  EXPECT_THAT(examined("id\na\n", "x.csv", "nonsense")[0].error, HasSubstr("no dataset nonsense"));
  EXPECT_THAT(examine_file({folder_ + "/none", "thin.csv", ""}, {dataset("thin")})[0].error,
              HasSubstr("cannot be read"));
  const std::string packed = archive::compressed(archive_write_add_filter_gzip, "id\na\n");
  EXPECT_THAT(examined(packed.substr(0, packed.size() - 4), "x.csv", "thin")[0].error,
              HasSubstr("cut off"));
}

TEST_F(FileDoctor, AsJsonOneIsAnObjectAndSeveralAreAList) {
  const auto one = examined("id\na\n", "x.csv", "thin");
  EXPECT_EQ(to_json(one), doctor::to_json(one[0]));
  EXPECT_THAT(to_json({one[0], one[0]}), testing::StartsWith("{\"files\":[{\"name\":\"x.csv\""));
}

}  // namespace
}  // namespace sluice
