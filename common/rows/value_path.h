#pragma once
// Where in a nested value a field's text is found, as a definition's `from:` says it:
//
//   user.country            a member of a member; a name that holds dots is tried as it stands first
//   user.token.purposes     a text on the way that itself holds JSON is stepped into
//   companies[].name        of each item of a list; the texts joined by "; ", nulls left out
//   count(token.enabled)    how many items a list (or members an object) has
//
// Of a field of type list all of these give a JSON array of the texts, without nulls; without "[]" the
// path's end is the list.
//
// What is missing, and what lies below a null, is null.

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/rows/source_cell.h"
#include "common/rows/value_tree.h"

namespace sluice {

class ValuePath {
 public:
  // Error: a name is empty, or a bracket does not close.
  static Result<ValuePath> parse(std::string_view text, bool as_list = false);

  // The cell of the value at `root`. The text points into the tree or into `scratch`. Error: something
  // on the way is of the wrong kind; says what.
  Result<SourceCell> find(ValueTree& tree, std::uint32_t root, std::string& scratch) const;

  // The first name, without its brackets: of a table, the column.
  std::string_view head() const { return name(0, 1); }
  // What is left behind the head.
  ValuePath tail() const;
  bool is_plain() const { return segments_.size() == 1 && !segments_[0].each && !count_; }

 private:
  struct Segment {
    std::size_t begin, end;  // in text_, without "[]"
    bool each;               // "[]" follows
  };
  struct Search;
  // The segments [first, first + count) as they stand, dots included.
  std::string_view name(std::size_t first, std::size_t count) const;
  bool has_each() const;
  bool collect(Search& search, std::uint32_t node, std::size_t segment) const;
  bool collect_each(Search& search, std::uint32_t node, std::size_t segment) const;
  SourceCell joined(const Search& search, std::string& scratch) const;
  static Result<SourceCell> counted(const Search& search, bool many, std::string& scratch);

  std::string text_;
  std::vector<Segment> segments_;
  bool count_ = false;
  bool as_list_ = false;
  bool each_first_ = false;  // a tail of "a[].b": the value itself is the list
};

}  // namespace sluice
