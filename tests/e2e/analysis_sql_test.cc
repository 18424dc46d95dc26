// The saved questions under schemas/sql, asked of the tables of a running stack; the answers were worked out by
// hand from the few rows below.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/adapters/postgres/connection.h"
#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

constexpr const char* kBookings =
    "booking_id,restaurant_id,restaurant_name,client_id,client_name,amount,guests,date,country\r\n"
    "b1,r1,Anovo,c1,Ann,\"35,00 €\",2,01-06-2016,France\r\n"
    "b2,r1,Anovo,c2,Bo,\"52,00 €\",4,05-06-2017,France\r\n"
    "b3,r1,Anovo,c1,Ann,\"10,00 €\",1,03-07-2017,France\r\n"
    "b4,r2,Rules,c3,Cy,£40.00,2,07/06/2016,United Kingdom\r\n";

constexpr const char* kOrders =
    "id,user_id,completed_at,item_total,shipment_total\n"
    "5,1,2022-08-12 12:00,50.00,2.50\n"
    "1,1,2022-07-03 10:00,10.00,2.50\n"
    "2,1,2022-07-13 09:00,20.00,2.50\n"
    "3,2,2022-07-05 23:59,30.50,2.50\n"
    "4,2,2022-08-04 00:01,40.25,2.50\n"
    "6,3,2022-08-13 12:00,0.25,2.50\n";

struct Question {
  const char* name;
  std::vector<std::string> answer;
};

std::vector<Question> questions() {
  return {
      {"busiest_calendar_months", {"06|3|8", "07|1|1"}},
      // Anovo: (17.50 + 13.00 + 10.00) / 3, which is not 97 / 7.
      {"amount_per_guest_by_restaurant", {"r1|Anovo|EUR|3|13.50", "r2|Rules|GBP|1|20.00"}},
      {"days_between_orders", {"3|23.33"}},
      {"days_between_orders_by_week",
       {"2022-07-10|1|10.00", "2022-07-31|1|30.00", "2022-08-07|1|30.00"}},
      {"sales_by_week",
       {"2022-07-03|2|40.50|20.2500|2", "2022-07-10|1|20.00|20.0000|1",
        "2022-07-31|1|40.25|40.2500|1", "2022-08-07|2|50.25|25.1250|2"}},
      {"average_basket_by_month",
       {"2022-07|3|60.50|20.1667|", "2022-08|3|90.50|30.1667|10.0000"}},
  };
}

std::string shipped(const std::string& file) {
  std::ifstream in(std::string(SLUICE_SCHEMAS) + "/" + file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

StackSettings settings() {
  StackSettings out = fresh_stack_settings();
  out.definitions = shipped("bookings.yaml");
  return out;
}

std::vector<std::string> answer_to(const std::string& question, const std::string& url) {
  std::vector<std::string> out;
  postgres::Connection db(url, "analysis-test");
  const auto rows = db.run(shipped("sql/" + question + ".sql"));
  for (int row = 0; row < rows.size(); ++row) {
    std::string line;
    for (int column = 0; column < rows.columns(); ++column) {
      line += (column == 0 ? "" : "|") + std::string(rows.text(row, column));
    }
    out.push_back(std::move(line));
  }
  return out;
}

TEST(AnalysisSql, AnswersTheQuestionsOfTheBookingsAndOrders) {
  const StackSettings of = settings();
  Stack stack(of);
  stack.write_definition("orders.yaml", shipped("orders.yaml"));
  stack.start_all();
  for (const char* service : Stack::kServices) {
    ASSERT_TRUE(eventually([&] { return stack.get(service, "/readyz").status == 200; }))
        << service << ":\n" << stack.log(service);
  }
  stack.drop("bookings.csv", kBookings);
  stack.drop("orders.csv", kOrders);
  for (const Question& question : questions()) {
    const auto answer = [&]() -> std::vector<std::string> {
      try {
        return answer_to(question.name, of.postgres_url);
      } catch (const std::exception& error) {  // the table may not be there yet
        return {error.what()};
      }
    };
    EXPECT_TRUE(eventually([&] { return answer() == question.answer; })) << question.name;
    EXPECT_EQ(answer(), question.answer) << question.name;
  }
}

}  // namespace
}  // namespace sluice::testing
