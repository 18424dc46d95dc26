#include "common/rows/xml_cells.h"

#include <utility>

#include <expat.h>
#include <fmt/format.h>

namespace sluice {
namespace {

struct FreeParser {
  void operator()(XML_ParserStruct* parser) const { XML_ParserFree(parser); }
};

// Where one field's text stands, and what was found of it in the row at hand.
struct Place {
  std::string elements;   // "links/sublink", relative to the row
  std::string attribute;  // empty: the element's text
  bool each = false;
  bool count = false;

  std::string text;
  std::size_t found = 0;
  int open_at = 0;  // the depth of the element whose text is being read; 0: none
  bool join = false;  // the next text is another element's

  void begin() {
    ++found;
    join = each && !text.empty();
  }
  void add(std::string_view more) {
    if (std::exchange(join, false)) text += "; ";
    text += more;
  }
  bool wants() const { return each || found == 0; }
};

Result<Place> place_of(std::string_view source) {
  Place out;
  std::string_view path = source;
  if (path.starts_with("count(") && path.ends_with(')')) {
    out.count = true;
    path = path.substr(6, path.size() - 7);
  }
  if (path.ends_with("[]")) {
    out.each = true;
    path.remove_suffix(2);
  }
  if (const std::size_t at = path.rfind('@'); at != std::string_view::npos) {
    out.attribute = path.substr(at + 1);
    path = path.substr(0, at);
    if (path.ends_with('/')) path.remove_suffix(1);
    if (out.attribute.empty()) return fail(fmt::format("\"{}\" names no attribute", source));
  } else if (path.empty()) {
    return fail(fmt::format("\"{}\" names no element", source));
  }
  if (path.starts_with('/') || path.ends_with('/') || path.find("//") != std::string_view::npos) {
    return fail(fmt::format("\"{}\" has an empty name", source));
  }
  out.elements = path;
  return out;
}

class XmlCells final : public CellReader {
 public:
  explicit XmlCells(std::vector<Place> places)
      : places_(std::move(places)), parser_(XML_ParserCreate("UTF-8")) {}

  std::unique_ptr<CellReader> clone() const override { return std::make_unique<XmlCells>(places_); }

  bool read(std::string_view row, std::vector<SourceCell>& cells, RowRejection& rejection) override {
    for (Place& place : places_) {
      place.text.clear();
      place.found = 0;
      place.open_at = 0;
      place.join = false;
    }
    path_.clear();
    depth_ = 0;
    XML_ParserReset(parser_.get(), "UTF-8");
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), start_element, end_element);
    XML_SetCharacterDataHandler(parser_.get(), characters);
    if (XML_Parse(parser_.get(), row.data(), static_cast<int>(row.size()), 1) != XML_STATUS_OK) {
      return reject(rejection, "", "xml",
                    fmt::format("the row is no XML: {} at byte {}",
                                XML_ErrorString(XML_GetErrorCode(parser_.get())),
                                XML_GetCurrentByteIndex(parser_.get()) + 1));
    }
    cells.resize(places_.size());
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (places_[i].count) places_[i].text = std::to_string(places_[i].found);
      cells[i] = {places_[i].text, CellKind::kUntyped};
    }
    return true;
  }

 private:
  static void start_element(void* self, const char* name, const char** attributes) {
    static_cast<XmlCells*>(self)->start(name, attributes);
  }
  static void end_element(void* self, const char*) { static_cast<XmlCells*>(self)->end(); }
  static void characters(void* self, const char* text, int size) {
    for (Place& place : static_cast<XmlCells*>(self)->places_) {
      if (place.open_at != 0) place.add({text, static_cast<std::size_t>(size)});
    }
  }

  void start(const char* name, const char** attributes) {
    if (++depth_ > 1) {
      if (!path_.empty()) path_ += '/';
      path_ += name;
    }
    for (Place& place : places_) {
      if (place.elements != path_ || (place.attribute.empty() && depth_ == 1)) continue;
      if (place.attribute.empty()) {
        const bool wanted = place.wants();
        place.begin();
        if (wanted && place.open_at == 0) place.open_at = depth_;
      } else {
        take_attribute(place, attributes);
      }
    }
  }

  static void take_attribute(Place& place, const char** attributes) {
    for (; *attributes != nullptr; attributes += 2) {
      if (place.attribute != attributes[0]) continue;
      const bool wanted = place.wants();
      place.begin();
      if (wanted && *attributes[1] != '\0') place.add(attributes[1]);
    }
  }

  void end() {
    for (Place& place : places_) {
      if (place.open_at == depth_) place.open_at = 0;
    }
    --depth_;
    const std::size_t slash = path_.rfind('/');
    path_.resize(slash == std::string::npos ? 0 : slash);
  }

  std::vector<Place> places_;
  std::unique_ptr<XML_ParserStruct, FreeParser> parser_;
  std::string path_;  // of the element at hand, relative to the row
  int depth_ = 0;
};

}  // namespace

Result<std::unique_ptr<CellReader>> xml_cell_reader(const Dataset& dataset) {
  std::vector<Place> places;
  for (const FieldSpec& field : dataset.fields) {
    if (field.path_field) continue;
    auto place = place_of(field.source);
    if (!place) return tl::unexpected(place.error());
    places.push_back(*std::move(place));
  }
  return std::make_unique<XmlCells>(std::move(places));
}

}  // namespace sluice
