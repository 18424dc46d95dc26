#include "samples/bookings.h"

#include <array>
#include <cstdint>
#include <random>
#include <vector>

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
  std::string first(std::size_t rows) {
    std::string out = kHeader;
    for (std::size_t row = 0; row < rows; ++row) {
      if (row % 100 == 60) {
        out += refused(row / 100);
      } else if (row % 50 == 40) {
        out += render(made_[below(made_.size())]);
      } else {
        made_.push_back(fresh());
        out += render(made_.back());
      }
    }
    return out;
  }

  // Corrections: another amount, another party, another month, another restaurant.
  std::string second(std::size_t rows) {
    std::string out = kHeader;
    for (std::size_t row = 0; row < rows; ++row) {
      Booking& booking = made_[below(made_.size())];
      switch (row % 5) {
        case 0: booking.cents += 250; break;
        case 1: ++booking.guests; break;
        case 2: booking.month = booking.month % 12 + 1; break;
        case 3: booking.restaurant = (booking.restaurant + 1) % kRestaurants.size(); break;
        default: break;  // the same again
      }
      out += render(booking);
    }
    return out;
  }

 private:
  // Not a standard distribution: those differ between libraries, and the bytes must not.
  std::size_t below(std::size_t limit) { return random_() % limit; }
  int between(int low, int high) { return low + static_cast<int>(below(static_cast<std::size_t>(high - low + 1))); }

  Booking fresh() {
    Booking booking;
    booking.id = ++last_id_;
    booking.restaurant = below(kRestaurants.size());
    booking.client = between(0, 119);
    booking.cents = between(900, 18'000);
    booking.guests = between(1, 9);
    booking.day = between(1, 28);
    booking.month = between(1, 12);
    booking.year = between(2015, 2017);
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
  std::string refused(std::size_t kind) {
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

  std::mt19937_64 random_{2016};
  std::uint64_t last_id_ = 0;
  std::vector<Booking> made_;
};

}  // namespace

void bookings(const Open& open, std::size_t rows) {
  Generator generator;
  open("bookings-sample-1.csv") << generator.first(rows);
  open("bookings-sample-2.csv") << generator.second(rows / 10);
}

}  // namespace sluice::samples
