#pragma once
// Bookings files and what must become of them, made from a seed. The oracle keeps its own books in
// whole cents and shares no code with the product: a row is rendered to text here, and the product
// has to read it back.
//
// A generator remembers every booking it wrote, so later files can repeat rows (duplicates), change
// them (corrections, which may move money to another month or restaurant) and hold rows that must be
// refused. Later files win: the place of a file in the order of discovery is its index here.

#include <compare>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace sluice::testing {

// The definition that these files are for.
std::string bookings_definition();

struct BookingsOptions {
  int restaurants = 40;
  int first_year = 2012;
  int years = 5;
  double duplicates = 0.05;   // share of rows that repeat an earlier row
  double corrections = 0.05;  // share of rows that change an earlier one
  double bad = 0.02;          // share of rows that must become dead letters
};

struct BookingFile {
  std::string name;
  std::string content;
  std::uint64_t rows = 0;
  std::vector<std::uint64_t> bad_lines;  // physical lines of the rows to be refused, ascending
};

struct ReportKey {
  std::string restaurant_id, restaurant_name, country, month, currency;
  auto operator<=>(const ReportKey&) const = default;
};
struct ReportGroup {
  std::int64_t bookings = 0;
  std::int64_t guests = 0;
  std::int64_t cents = 0;
  auto operator<=>(const ReportGroup&) const = default;
};
using Report = std::map<ReportKey, ReportGroup>;

class BookingsGenerator {
 public:
  explicit BookingsGenerator(std::uint64_t seed, BookingsOptions options = {});

  BookingFile next_file(std::size_t rows);
  // The rows of an earlier file in another order, under another name: changes nothing.
  BookingFile shuffled(const BookingFile& file);

  // What the report must be after all files made so far.
  Report report() const;
  std::size_t distinct_bookings() const { return latest_.size(); }

 private:
  struct Booking {
    int id = 0;
    int restaurant = 0;
    int client = 0;
    std::int64_t cents = 0;
    int guests = 0;
    int year = 0, month = 0, day = 0;
    int form = 0;  // which of the accepted ways to write the amount and the date
  };
  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }
  bool chance(double share) { return below(1'000'000) < static_cast<int>(share * 1e6); }
  Booking fresh();
  std::string render(const Booking& booking) const;
  std::string render_bad(const Booking& booking);

  std::mt19937_64 random_;
  BookingsOptions options_;
  int next_id_ = 1;
  int next_file_ = 1;
  std::vector<Booking> latest_;  // by id - 1
};

}  // namespace sluice::testing
