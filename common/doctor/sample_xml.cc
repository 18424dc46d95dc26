// XML: the rows are the elements that repeat nearest to the root.
#include <expat.h>

#include <map>
#include <memory>
#include <utility>

#include "common/doctor/sample_builder.h"
#include "common/rows/field_parsers.h"
#include "common/rows/xml_splitter.h"

namespace sluice::doctor {
namespace {

constexpr int kDeepestRow = 4;

struct FreeParser {
  void operator()(XML_ParserStruct* parser) const { XML_ParserFree(parser); }
};

// Sees the sample's elements one after the other; the last ones may be cut off.
class Walk {
 public:
  virtual ~Walk() = default;
  void run(std::string_view text) {
    const std::unique_ptr<XML_ParserStruct, FreeParser> parser(XML_ParserCreate("UTF-8"));
    XML_SetUserData(parser.get(), this);
    XML_SetElementHandler(parser.get(), on_begin, on_end);
    XML_SetCharacterDataHandler(parser.get(), on_text);
    XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), 0);
  }

 protected:
  virtual void begin(const std::string& name, const char** attributes) = 0;
  virtual void end() = 0;
  virtual void text(std::string_view) {}

 private:
  static void on_begin(void* self, const XML_Char* name, const XML_Char** attributes) {
    static_cast<Walk*>(self)->begin(name, attributes);
  }
  static void on_end(void* self, const XML_Char*) { static_cast<Walk*>(self)->end(); }
  static void on_text(void* self, const XML_Char* text, int size) {
    static_cast<Walk*>(self)->text({text, static_cast<std::size_t>(size)});
  }
};

class CountElements final : public Walk {
 public:
  // The most frequent on the first level where one comes twice; else what the root holds.
  std::string row() const {
    for (const auto& [depth, names] : counts_) {
      if (depth < 2) continue;
      std::pair<std::size_t, std::string> most;
      for (const auto& [name, count] : names) most = std::max(most, {count, name});
      if (most.first > 1) return most.second;
    }
    const auto below_root = counts_.find(2);
    return below_root == counts_.end() ? "" : below_root->second.begin()->first;
  }

 private:
  void begin(const std::string& name, const char**) override {
    if (++depth_ <= kDeepestRow) ++counts_[depth_][name];
  }
  void end() override { --depth_; }

  int depth_ = 0;
  std::map<int, std::map<std::string, std::size_t>> counts_;
};

// A row's elements with text of their own, and the attributes.
class CollectRows final : public Walk {
 public:
  CollectRows(std::string row, Sample& sample) : row_(std::move(row)), builder_(sample) {}

 private:
  struct Element {
    std::string path;  // below the row's
    std::string text;
    bool holds_elements = false;
  };

  void begin(const std::string& name, const char** attributes) override {
    if (open_.empty() && (name != row_ || builder_.full())) return;
    if (open_.empty()) {
      builder_.begin_row();
      open_.push_back({"", "", false});
    } else {
      open_.back().holds_elements = true;
      open_.push_back({open_.back().path.empty() ? name : open_.back().path + "/" + name, "", false});
    }
    const std::string& path = open_.back().path;
    for (; *attributes != nullptr; attributes += 2) {
      const std::string source = (path.empty() ? "@" : path + "/@") + attributes[0];
      builder_.column(source);
      builder_.add(source, SampleKind::kUntyped, trimmed(attributes[1]));
    }
  }
  void end() override {
    if (open_.empty()) return;
    const Element& element = open_.back();
    if (!element.holds_elements && !element.path.empty()) {
      builder_.column(element.path);
      builder_.add(element.path, SampleKind::kUntyped, trimmed(element.text));
    }
    open_.pop_back();
  }
  void text(std::string_view text) override {
    if (!open_.empty()) open_.back().text += text;
  }

  std::string row_;
  SampleBuilder builder_;
  std::vector<Element> open_;
};

}  // namespace

Result<bool> sample_xml(std::string_view text, bool at_end, Sample& sample) {
  const auto root = xml_root(text, at_end);
  if (!root) return tl::unexpected(root.error());
  if (*root == std::string_view::npos) return true;
  text.remove_prefix(*root);
  CountElements counts;
  counts.run(text);
  sample.row_element = counts.row();
  if (!sample.row_element.empty()) CollectRows(sample.row_element, sample).run(text);
  return true;
}

}  // namespace sluice::doctor
