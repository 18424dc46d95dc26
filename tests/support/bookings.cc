#include "tests/support/bookings.h"

#include <algorithm>
#include <cstdio>

namespace sluice::testing {
namespace {

constexpr const char* kHeader =
    "booking_id,restaurant_id,restaurant_name,client_id,client_name,amount,guests,date,country\r\n";

struct Country {
  const char* name;
  const char* currency;
  bool dashes;  // dates as dd-mm-yyyy
};
constexpr Country kCountries[] = {{"France", "EUR", true},
                                  {"Italia", "EUR", false},
                                  {"United Kingdom", "GBP", false},
                                  {"España", "EUR", false}};

const Country& country_of(int restaurant) { return kCountries[restaurant % 4]; }

std::string print(const char* format, auto... values) {
  char text[128];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

std::string booking_id(int id) { return print("b-%08d", id); }
std::string restaurant_id(int r) { return print("r-%04d", r); }

// Names that need quoting, hold a line break, or are not ASCII are part of the game.
std::string restaurant_name(int r) {
  switch (r % 5) {
    case 0: return print("Chez %d, Paris", r);
    case 1: return print("The \"%d\" Arms", r);
    case 2: return print("Caffè №%d", r);
    default: return print("Place %d", r);
  }
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string amount_text(std::int64_t cents, const Country& country, int form) {
  const auto whole = static_cast<long long>(cents / 100);
  const auto rest = static_cast<long long>(cents % 100);
  if (std::string(country.currency) == "GBP") {
    return form % 2 == 0 ? print("£%lld.%02lld", whole, rest) : print("£ %lld.%02lld", whole, rest);
  }
  switch (form % 4) {
    case 0: return print("%lld,%02lld\u00a0€", whole, rest);
    case 1: return print("%lld,%02lld€", whole, rest);
    case 2: return print("€ %lld,%02lld", whole, rest);
    default: return print("%lld,%02lld EUR", whole, rest);
  }
}

std::size_t breaks_in(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

}  // namespace

std::string bookings_definition() {
  return R"(dataset: bookings
source: { files: "bookings*.csv" }
format: csv
key: booking_id
event_time: date
fields:
  booking_id:      { type: string, required: true }
  restaurant_id:   { type: string, required: true }
  restaurant_name: { type: string, required: true }
  client_id:       { type: string }
  client_name:     { type: string }
  amount:          { type: money, required: true, currency: currency }
  guests:          { type: integer, required: true, min: 0 }
  date:            { type: date, required: true, formats: ["%d/%m/%Y", "%d-%m-%Y"] }
  country:         { type: string, required: true }
reports:
  monthly_restaurants_report:
    group_by: [restaurant_id, restaurant_name, country]
    window: { tumbling: month, name: month, format: "%Y_%m" }
    measures: { number_of_bookings: count, number_of_guests: sum(guests), amount: sum(amount) }
    sinks:
      postgres: {}
      csv: { path: monthly_restaurants_report.csv, order: [restaurant_name, month] }
)";
}

BookingsGenerator::BookingsGenerator(std::uint64_t seed, BookingsOptions options)
    : random_(seed), options_(options) {}

BookingsGenerator::Booking BookingsGenerator::fresh() {
  Booking b;
  b.restaurant = below(options_.restaurants);
  b.client = below(5000);
  b.cents = 1 + below(50'000);
  b.guests = 1 + below(12);
  b.year = options_.first_year + below(options_.years);
  b.month = 1 + below(12);
  b.day = 1 + below(28);
  b.form = below(8);
  return b;
}

std::string BookingsGenerator::render(const Booking& b) const {
  const Country& country = country_of(b.restaurant);
  const char separator = country.dashes ? '-' : '/';
  // One client in fifty has a line break in the name: rows and physical lines part ways.
  const std::string client =
      b.client % 50 == 0 ? print("Jo\nLine %d", b.client) : print("Client %d", b.client);
  std::string row = booking_id(b.id);
  row += ',' + restaurant_id(b.restaurant);
  row += ',' + quoted(restaurant_name(b.restaurant));
  row += ',' + print("c-%d", b.client);
  row += ',' + quoted(client);
  row += ',' + quoted(amount_text(b.cents, country, b.form));
  row += ',' + print("%d", b.guests);
  row += ',' + print("%02d%c%02d%c%04d", b.day, separator, b.month, separator, b.year);
  row += ',' + std::string(country.name);
  return row + "\r\n";
}

std::string BookingsGenerator::render_bad(const Booking& b) {
  const std::string id = booking_id(b.id);
  switch (below(8)) {
    case 0: return id + ",r-1,Place,c-1,Client,\"12,50 €\",2,03-21-2015,France\r\n";  // month 21
    case 1: return id + ",r-1,Place,c-1,Client,12.50,2,21/03/2015,Italia\r\n";        // no currency
    case 2: return id + ",r-1,Place,c-1,Client,£12.50,two,21/03/2015,France\r\n";     // not a number
    case 3: return id + ",r-1,Place,c-1,Client,£12.50,-2,21/03/2015,France\r\n";      // below the minimum
    case 4: return id + ",r-1,Place,c-1,Client,£12.50,2,21/03/2015\r\n";              // a column short
    case 5: return id + ",r-1,Place,c-1,Client,£12.50,2,21/03/2015,France,more\r\n";  // one too many
    case 6: return ",r-1,Place,c-1,Client,£12.50,2,21/03/2015,France\r\n";            // no key
    default: return id + ",r-1,Pl\xff\xfe" "ce,c-1,Client,£12.50,2,21/03/2015,France\r\n";  // not UTF-8
  }
}

BookingFile BookingsGenerator::next_file(std::size_t rows) {
  BookingFile file;
  file.name = "bookings-" + print("%03d", next_file_++) + ".csv";
  file.content = kHeader;
  std::uint64_t line = 2;
  for (std::size_t i = 0; i < rows; ++i) {
    const bool known = !latest_.empty();
    std::string text;
    if (chance(options_.bad)) {
      Booking b = known && chance(0.5) ? latest_[static_cast<std::size_t>(below(static_cast<int>(latest_.size())))]
                                       : fresh();
      text = render_bad(b);
      file.bad_lines.push_back(line);
    } else if (known && chance(options_.duplicates)) {
      text = render(latest_[static_cast<std::size_t>(below(static_cast<int>(latest_.size())))]);
    } else if (known && chance(options_.corrections)) {
      const int id = 1 + below(static_cast<int>(latest_.size()));
      Booking b = fresh();
      b.id = id;
      latest_[static_cast<std::size_t>(id - 1)] = b;
      text = render(b);
    } else {
      Booking b = fresh();
      b.id = next_id_++;
      latest_.push_back(b);
      text = render(b);
    }
    file.content += text;
    line += breaks_in(text);
    ++file.rows;
  }
  return file;
}

BookingFile BookingsGenerator::shuffled(const BookingFile& file) {
  // Only meaningful for a file whose rows are the latest of their keys; callers shuffle the last one
  // made without corrections of itself, or compare reports only.
  std::vector<std::string> rows;
  std::size_t start = std::string(kHeader).size();
  bool in_quotes = false;
  std::size_t from = start;
  for (std::size_t i = start; i < file.content.size(); ++i) {
    if (file.content[i] == '"') in_quotes = !in_quotes;
    if (file.content[i] == '\n' && !in_quotes) {
      rows.push_back(file.content.substr(from, i + 1 - from));
      from = i + 1;
    }
  }
  std::ranges::shuffle(rows, random_);
  BookingFile out;
  out.name = "bookings-" + print("%03d", next_file_++) + "-shuffled.csv";
  out.content = kHeader;
  for (const std::string& row : rows) out.content += row;
  out.rows = file.rows;
  return out;
}

Report BookingsGenerator::report() const {
  Report report;
  for (const Booking& b : latest_) {
    const Country& country = country_of(b.restaurant);
    ReportGroup& group = report[{restaurant_id(b.restaurant), restaurant_name(b.restaurant), country.name,
                                 print("%04d_%02d", b.year, b.month), country.currency}];
    ++group.bookings;
    group.guests += b.guests;
    group.cents += b.cents;
  }
  return report;
}

}  // namespace sluice::testing
