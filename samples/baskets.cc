#include "samples/baskets.h"

#include <algorithm>
#include <set>

namespace sluice::samples {
namespace {

constexpr const char* kHeader = "basket_id,item\n";

// What is sold most comes first; two that stand beside each other (0 and 1, 2 and 3) are often bought
// together.
constexpr std::array<const char*, 36> kItems = {
    "oat milk", "rye bread", "tomatoes", "basil", "pasta", "tomato sauce", "bananas", "plain yogurt",
    "eggs", "smoked bacon", "coffee", "brown sugar", "butter", "plum jam, jar", "apples", "cinnamon",
    "rice", "soy sauce", "lemons", "green tea", "potatoes", "sour cream", "carrots", "peas", "olives",
    "feta", "crème fraîche", "blueberries", "flour", "dry yeast", "\"Zero\" cola", "crisps", "soap",
    "sponges", "candles", "matches"};
constexpr std::size_t kLargest = 32;

std::set<std::size_t> items_of(std::size_t basket) {
  Random random(36, basket);
  const std::size_t size = random.one_in(60) ? kLargest : 1 + std::min(random.below(9), random.below(9));
  std::set<std::size_t> items;
  while (items.size() < size) {
    const std::size_t item = std::min(random.below(kItems.size()), random.below(kItems.size()));
    items.insert(item);
    if (items.size() < size && random.one_in(3)) items.insert(item ^ 1U);
  }
  return items;
}

std::string line(std::size_t basket, const std::string& item) {
  return std::to_string(basket) + ',' + csv_cell(item) + '\n';
}

// What goes wrong in real files. There is no correction: a line has no other content than its key.
std::string refused(std::size_t basket, std::size_t turn) {
  switch (turn % 6) {
    case 0: return "B" + std::to_string(basket) + ",eggs\n";    // not a number
    case 1: return std::to_string(basket) + ",\n";              // nothing in it
    case 2: return std::to_string(basket) + ",eggs,2\n";        // a column more
    case 3: return std::to_string(basket) + "\n";               // a column short
    case 4: return std::to_string(basket) + ",caf\xE9\n";       // not in UTF-8
    default: return ",eggs\n";                                  // in no basket
  }
}

// Writes the lines of one basket after the other, with what goes wrong between them.
class Writer {
 public:
  Writer(std::ostream& out, std::size_t rows) : out_(out), rows_(rows) { out_ << kHeader; }

  bool full() const { return row_ >= rows_; }
  void write(std::size_t basket, const std::string& item) {
    if (kind_of(row_) == Kind::kRefused) put(refused(basket, turn(row_)));
    put(line(basket, item));
    if (kind_of(row_) == Kind::kRepeated) put(line(basket, item));
  }

 private:
  void put(const std::string& text) {
    if (row_++ < rows_) out_ << text;
  }

  std::ostream& out_;
  std::size_t rows_;
  std::size_t row_ = 0;
};

}  // namespace

void baskets(const Open& open, std::size_t rows) {
  Writer first(open("groceries-1.csv"), rows);
  std::size_t baskets = 0;
  while (!first.full()) {
    for (const std::size_t item : items_of(++baskets)) first.write(baskets, kItems[item]);
  }
  // The rest of some baskets; what lay in them already is a duplicate.
  Writer second(open("groceries-2.csv"), rows / 10);
  Random random(37);
  while (!second.full()) second.write(1 + random.below(baskets), random.of(kItems));
}

}  // namespace sluice::samples
