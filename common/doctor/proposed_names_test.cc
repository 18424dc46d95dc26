#include "common/doctor/proposed_names.h"

#include <gtest/gtest.h>

#include "common/definition/definition.h"

namespace sluice::doctor {
namespace {

TEST(ProposedNames, ADatasetIsNamedAfterTheWordsOfItsFile) {
  struct Case {
    const char* file;
    const char* name;
    const char* pattern;
  };
  for (const Case& c : {
           Case{"bookings.csv", "bookings", "bookings*.csv"},
           Case{"bookings_2017-01.csv.gz", "bookings", "bookings_*.csv"},
           Case{"März-Report (final) 2.csv", "maerz_report_final", "März-Report (final)*.csv"},
           Case{"Ma\xcc\x88" "rz.csv", "maerz", "Ma\xcc\x88" "rz*.csv"},
           Case{"Re\xcc\x81" "sume\xcc\x81" ".csv", "resume", "Re\xcc\x81" "sume\xcc\x81" "*.csv"},
           Case{"Łódź & Åre – été.CSV", "lodz_are_ete", "Łódź & Åre – été*.CSV"},
           Case{"report (3).csv", "report", "report*.csv"},
           Case{"2024-01-31 sales (final) v2.csv", "sales_final_v", "*sales (final) v*.csv"},
           Case{"[old] Sales\\x.csv", "old_sales_x", "?old? Sales?x*.csv"},
           Case{"20240131.csv", "data", "20240131.csv"},
           Case{"отчёт.csv", "data", "отчёт*.csv"},
           Case{"x\xff\xfe" ".csv", "x", "x\xff\xfe" "*.csv"},
       }) {
    std::set<std::string> taken;
    EXPECT_EQ(name_from(words_of(c.file), "data", taken), c.name) << c.file;
    EXPECT_EQ(pattern_for(c.file), c.pattern) << c.file;
    Dataset dataset;
    dataset.files = {pattern_for(c.file)};
    EXPECT_TRUE(takes_file(dataset, c.file)) << c.file;
  }
}

TEST(ProposedNames, ANameIsNoneThatIsTakenAndNoWordOfYaml) {
  std::set<std::string> taken = {"sales", "sales_2"};
  EXPECT_EQ(name_from("Sales", "x", taken), "sales_3");
  EXPECT_EQ(name_from("sales", "x", taken), "sales_4");
  EXPECT_EQ(name_from("null", "x", taken), "null_");
  EXPECT_EQ(name_from("1st", "x", taken), "x_1st");
  EXPECT_EQ(name_from("%", "x", taken), "x");
  EXPECT_EQ(name_from("Größe in m²", "x", taken), "groesse_in_m");
  EXPECT_EQ(name_from(std::string(80, 'a'), "x", taken).size(), 40U);
}

}  // namespace
}  // namespace sluice::doctor
