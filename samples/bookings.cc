#include "samples/bookings.h"

#include <array>
#include <cstdint>

namespace sluice::samples {
namespace {

constexpr const char* kHeader =
    "booking_id,restaurant_id,restaurant_name,client_id,client_name,amount,guests,date,country\r\n";

struct Country {
  const char* name;
  bool pounds;
  bool dashes;  // dates with '-' instead of '/'
};
constexpr std::array<Country, 4> kCountries = {{{"France", false, true},
                                                {"Italia", false, false},
                                                {"España", false, false},
                                                {"United Kingdom", true, false}}};

struct Restaurant {
  const char* name;
  int country;
};
constexpr std::array<Restaurant, 16> kRestaurants = {{
    {"Le Petit Marché", 0}, {"Chez Colette, Lyon", 0}, {"Brasserie du Canal", 0}, {"L'Huître Noire", 0},
    {"Osteria della Luna", 1}, {"Caffè Vecchio Mulino", 1}, {"Da Bruno", 1}, {"Trattoria \"Sole\"", 1},
    {"Casa Núñez", 2}, {"El Olivo Viejo", 2}, {"Bodega La Peña", 2}, {"Mesón del Río", 2},
    {"The Crown & Anchor", 3}, {"Number Nine", 3}, {"Marigold House", 3}, {"The \"Blue\" Door", 3},
}};
constexpr std::array<const char*, 12> kFirst = {"Ada",  "Bruno", "Chloé", "Diego", "Elena", "Farid",
                                                "Greta", "Hugo", "Inés",  "Jonas", "Keira", "Luca"};
constexpr std::array<const char*, 10> kLast = {"Moreau", "Rossi", "García", "Smith", "Dubois",
                                               "Conti", "López", "Taylor", "O'Neill", "Ferrari"};

struct Booking {
  std::uint64_t id = 0;
  std::size_t restaurant = 0;
  int client = 0;
  int cents = 0;
  int guests = 0;
  int day = 1, month = 1, year = 2016;
};

class Generator {
 public:
  std::string row(std::size_t row) const {
    switch (kind_of(row)) {
      case Kind::kNew: return render(booking(row));
      case Kind::kRepeated: return render(booking(earlier(row)));
      case Kind::kCorrected: return render(corrected(booking(earlier(row)), turn(row)));
      case Kind::kRefused: return refused(turn(row));
    }
    return {};
  }

  // Of the second file: a booking of the first, corrected or as it was.
  std::string second_row(std::size_t row, std::size_t rows_of_first) const {
    Random random(2017, row);
    std::size_t of = random.below(rows_of_first);
    while (kind_of(of) != Kind::kNew) of = (of + 1) % rows_of_first;
    return render(row % 5 == 4 ? booking(of) : corrected(booking(of), row));
  }

 private:
  static Booking booking(std::size_t row) {
    Random random(2016, row);
    Booking made;
    made.id = row + 1;
    made.restaurant = random.below(kRestaurants.size());
    made.client = random.between(0, 119);
    made.cents = random.between(900, 18'000);
    made.guests = random.between(1, 9);
    made.day = random.between(1, 28);
    made.month = random.between(1, 12);
    made.year = random.between(2015, 2017);
    return made;
  }

  // Another amount, another party, another month, another restaurant.
  static Booking corrected(Booking booking, std::size_t turn) {
    switch (turn % 4) {
      case 0: booking.cents += 250; break;
      case 1: ++booking.guests; break;
      case 2: booking.month = booking.month % 12 + 1; break;
      default: booking.restaurant = (booking.restaurant + 1) % kRestaurants.size(); break;
    }
    return booking;
  }

  static std::string amount(const Booking& booking, const Country& country) {
    if (country.pounds) return print("£%d.%02d", booking.cents / 100, booking.cents % 100);
    return print("%d,%02d\u00a0€", booking.cents / 100, booking.cents % 100);
  }

  static std::string render(const Booking& booking) {
    const Restaurant& restaurant = kRestaurants[booking.restaurant];
    const Country& country = kCountries[static_cast<std::size_t>(restaurant.country)];
    const auto client = static_cast<std::size_t>(booking.client);
    const char separator = country.dashes ? '-' : '/';
    return identifier("b00c", booking.id) + ',' + identifier("4e57", booking.restaurant) + ',' +
           csv_cell(restaurant.name) + ',' + identifier("c11e", client) + ',' +
           kFirst[client % kFirst.size()] + ' ' + kLast[client / kFirst.size()] + ',' +
           csv_cell(amount(booking, country)) + ',' + std::to_string(booking.guests) + ',' +
           print("%02d%c%02d%c%04d", booking.day, separator, booking.month, separator, booking.year) + ',' +
           country.name + "\r\n";
  }

  // What goes wrong in real files.
  static std::string refused(std::size_t kind) {
    const std::string head = identifier("b00c", 900'000'000 + kind) + ',' +
                             identifier("4e57", 6) + ",Da Bruno," + identifier("c11e", 7) + ",Hugo Moreau,";
    switch (kind % 6) {
      case 0: return head + "\"41,20\u00a0€\",2,03-21-2016,Italia\r\n";    // there is no month 21
      case 1: return head + "41.20,2,21/03/2016,Italia\r\n";              // in which currency?
      case 2: return head + "\"41,20\u00a0€\",two,21/03/2016,Italia\r\n";  // not a number
      case 3: return head + "\"41,20\u00a0€\",2,21/03/2016\r\n";           // a column short
      case 4: return head + "\"41,20\u00a0€\",-2,21/03/2016,Italia\r\n";   // fewer than nobody
      default: return head + "\"41,20\u00a0€\",2,2016/03/21,Italia\r\n";   // not a form of this file's dates
    }
  }
};

}  // namespace

void bookings(const Open& open, std::size_t rows) {
  const Generator generator;
  std::ostream& first = open("bookings-sample-1.csv");
  first << kHeader;
  for (std::size_t row = 0; row < rows; ++row) first << generator.row(row);
  std::ostream& second = open("bookings-sample-2.csv");
  second << kHeader;
  for (std::size_t row = 0; row < rows / 10; ++row) second << generator.second_row(row, rows);
}

}  // namespace sluice::samples
