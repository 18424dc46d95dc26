#include "samples/orders.h"

namespace sluice::samples {
namespace {

constexpr const char* kHeader = "id,user_id,completed_at,item_total,shipment_total\n";

struct Month {
  const char* name;
  const char* start;
  int days;
};
constexpr std::array<Month, 3> kMonths = {{{"2022_07", "2022-07-01T00:00:00Z", 31},
                                           {"2022_08", "2022-08-01T00:00:00Z", 31},
                                           {"2022_09", "2022-09-01T00:00:00Z", 30}}};

struct Order {
  std::size_t id = 0;
  std::size_t user = 0;
  Instant completed_at;
  int item_cents = 0;
  int shipment_cents = 0;
};

class Generator {
 public:
  explicit Generator(std::size_t rows) : rows_(rows) {}

  std::string row(std::size_t row) const {
    switch (kind_of(row)) {
      case Kind::kNew: return rendered(order(row));
      case Kind::kRepeated: return rendered(order(earlier(row)));
      case Kind::kCorrected: return rendered(corrected(order(earlier(row)), turn(row)));
      case Kind::kRefused: return refused(order(earlier(row)), turn(row));
    }
    return {};
  }
  std::size_t first_of(std::size_t month) const { return rows_ * month / kMonths.size(); }

 private:
  Order order(std::size_t row) const {
    Random random(202207, row);
    std::size_t month = 0;
    while (month + 1 < kMonths.size() && row >= first_of(month + 1)) ++month;
    // Some orders become known a month late.
    const bool late = month > 0 && row % 50 == 30;
    const Month& when = kMonths[late ? month - 1 : month];
    const std::size_t minutes = static_cast<std::size_t>(when.days) * 24 * 60;
    const std::size_t orders = first_of(month + 1) - first_of(month);
    const std::size_t minute = (row - first_of(month)) * minutes / orders;
    Order made;
    made.id = 310'000 + row;
    made.user = 7'000 + random.below(rows_ / 3 + 1);
    made.completed_at = seconds_after(when.start, minute * 60);
    made.item_cents = random.between(800, 14'000);
    made.shipment_cents = random.one_in(4) ? 0 : random.between(1, 14) * 50;
    return made;
  }

  static Order corrected(Order order, std::size_t turn) {
    switch (turn % 4) {
      case 0: order.item_cents += 1'205; break;
      case 1: ++order.user; break;
      case 2: order.completed_at.micros += 9 * std::int64_t{86'400'000'000}; break;
      default: order.shipment_cents += 50; break;
    }
    return order;
  }

  static std::string minute_text(const Order& order) {
    return time_text(order.completed_at).substr(0, 16);
  }

  static std::string rendered(const Order& order) {
    return print("%zu,%zu,%s,%s,%s\n", order.id, order.user, minute_text(order).c_str(),
                 short_decimal(order.item_cents).c_str(), short_decimal(order.shipment_cents).c_str());
  }

  // What goes wrong in real files. The order is one that is known: it must stay as it is.
  static std::string refused(const Order& order, std::size_t turn) {
    const std::string id = std::to_string(order.id), user = std::to_string(order.user);
    const std::string when = minute_text(order);
    switch (turn % 10) {
      case 0: return id + ',' + user + ",2022-02-30 10:15,12.5,3.0\n";     // no such day
      case 1: return id + ',' + user + ',' + when + ",,3.0\n";              // worth nothing that is known
      case 2: return "A-" + id + ',' + user + ',' + when + ",12.5,3.0\n";   // not a number
      case 3: return id + ',' + user + ',' + when + ",12.5\n";              // a column short
      case 4: return id + ',' + user + ',' + when + ",12,5,3.0\n";          // a column more
      case 5: return id + ",," + when + ",12.5,3.0\n";                      // whose?
      case 6: return id + ',' + user + ",2022-07-15,12.5,3.0\n";            // a day without a time
      case 7: return id + ',' + user + ',' + when + ",free,3.0\n";          // in words
      case 8: return ',' + user + ',' + when + ",12.5,3.0\n";               // without its key
      default: return id + ',' + user + ",15/07/2022 10:15,12.5,3.0\n";     // another form of time
    }
  }

  std::size_t rows_;
};

}  // namespace

void orders(const Open& open, std::size_t rows) {
  const Generator generator(rows);
  for (std::size_t month = 0; month < kMonths.size(); ++month) {
    std::ostream& out = open(std::string(kMonths[month].name) + ".csv");
    out << kHeader;
    for (std::size_t row = generator.first_of(month); row < generator.first_of(month + 1); ++row) {
      const std::string line = generator.row(row);
      // The very last line has no line break, and counts.
      out << (row + 1 < rows ? line : line.substr(0, line.size() - 1));
    }
    if (month + 1 < kMonths.size()) out << '\n';  // a blank line is not a row
  }
}

}  // namespace sluice::samples
