#include "samples/wiki_pages.h"

#include "samples/films.h"

namespace sluice::samples {
namespace {

enum class Form { kOfItsYear, kFilm, kPlain, kOfAnotherYear, kNone };

struct Forms {
  Form first, second;
};
constexpr std::array<Forms, 6> kForms = {{{Form::kOfItsYear, Form::kFilm},
                                          {Form::kFilm, Form::kPlain},
                                          {Form::kPlain, Form::kNone},
                                          {Form::kPlain, Form::kOfItsYear},
                                          {Form::kNone, Form::kNone},
                                          {Form::kOfAnotherYear, Form::kPlain}}};

struct Page {
  std::string title, abstract;
  std::size_t links = 0;
};

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string address_of(std::string title) {
  for (char& c : title) c = c == ' ' ? '_' : c;
  return "https://en.example.org/wiki/" + title;
}

// As elements of one page; a text that is empty is written short.
std::string element(const char* name, const std::string& text) {
  if (text.empty()) return print("<%s />\n", name);
  return print("<%s>", name) + xml_text(text) + print("</%s>\n", name);
}

std::string rendered(const Page& page, const std::string& title, const std::string& address) {
  std::string out = "<doc>\n" + element("title", title) + element("url", address);
  out += element("abstract", page.abstract) + "<links>\n";
  for (std::size_t link = 0; link < page.links; ++link) {
    const char* anchor = link == 0 ? "<anchor />" : "<anchor>History</anchor>";
    out += std::string(R"(<sublink linktype="nav">)") + anchor + "<link>" + xml_text(address);
    out += "#</link></sublink>\n";
  }
  return out + "</links>\n</doc>\n";
}

std::string rendered(const Page& page) {
  return rendered(page, "Wikipedia: " + page.title, address_of(page.title));
}

// Pages are found without regard to case.
std::string title_in(Form form, std::size_t film) {
  std::string title = film_title(film);
  if (film % 7 == 3) {
    for (char& c : title) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  switch (form) {
    case Form::kOfItsYear: return title + " (" + std::to_string(film_year(film)) + " film)";
    case Form::kOfAnotherYear: return title + " (" + std::to_string(film_year(film) - 1) + " film)";
    case Form::kFilm: return title + " (film)";
    case Form::kPlain: return title;
    case Form::kNone: return "Alderwick Abbey " + std::to_string(film);
  }
  return {};
}

class Generator {
 public:
  explicit Generator(std::size_t rows) : rows_(rows) {}

  std::size_t first_late() const { return rows_ - rows_ / 10; }
  std::string row(std::size_t row) const {
    switch (kind_of(row)) {
      case Kind::kNew: return rendered(page(row));
      case Kind::kRepeated: return rendered(page(earlier(row)));
      case Kind::kCorrected: return rendered(corrected(page(earlier(row)), turn(row)));
      case Kind::kRefused: return refused(page(earlier(row)), turn(row));
    }
    return {};
  }

 private:
  Page page(std::size_t row) const {
    Random random(2002, row);
    Page made;
    if (row < first_late()) {
      const std::size_t film = row / 2;
      const Forms& forms = kForms[film % kForms.size()];
      made.title = title_in(row % 2 == 0 ? forms.first : forms.second, film);
      if (row % 2 == 1 && forms.second == Form::kNone) made.title += " Railway Station";
    } else {
      // The better page comes later than the others.
      made.title = title_in(Form::kOfItsYear, row - first_late());
    }
    made.links = random.below(3);
    switch (random.below(5)) {
      case 0: break;
      case 1: made.abstract = "|area_total_km2 = 0.43"; break;
      default:
        made.abstract = made.title + " is one of several – \"the < 200\" & others – from " +
                        std::to_string(random.between(1931, 2014)) + '.';
    }
    return made;
  }

  static Page corrected(Page page, std::size_t turn) {
    page.abstract = turn % 3 == 2 ? "" : "Rewritten: " + page.title + '.';
    return page;
  }

  // What goes wrong in real files. The page is one that is known: it must stay as it is.
  static std::string refused(const Page& page, std::size_t turn) {
    switch (turn % 3) {
      case 0: return rendered(page, "", address_of(page.title));        // without its title
      case 1: return rendered(page, "Wikipedia: " + page.title, "");    // at no address
      default: return "<doc>\n" + element("abstract", page.abstract) + "</doc>\n";
    }
  }

  std::size_t rows_;
};

}  // namespace

void wiki_pages(const Open& open, std::size_t rows) {
  const Generator generator(rows);
  const auto write = [&](const char* name, std::size_t begin, std::size_t end) {
    std::ostream& out = open(name);
    out << "<feed>\n";
    for (std::size_t row = begin; row < end; ++row) out << generator.row(row);
    out << "</feed>\n";
  };
  write("enwiki-abstract-1.xml.gz", 0, generator.first_late());
  write("enwiki-abstract-2.xml.gz", generator.first_late(), rows);
}

}  // namespace sluice::samples
