#include "common/adapters/http/multipart.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "common/adapters/http/request_text.h"
#include "common/base/json_text.h"

namespace sluice::http {
namespace {

constexpr std::size_t kReadAtOnce = 64UL * 1024;
constexpr std::size_t kMaxPartHead = 16UL * 1024;

tl::unexpected<Response> malformed(std::string_view why) {
  return tl::unexpected(problem(400, "Bad request", why));
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Browsers write '"' as %22, curl as \".
std::string unquoted(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
    if (text.substr(i).starts_with("%22")) {
      out += '"';
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// The value of a parameter: ; name="value" or ; name=value. nullopt: it is not there.
std::optional<std::string> parameter(std::string_view header, std::string_view wanted) {
  std::size_t at = header.find(';');
  while (at != std::string_view::npos && at < header.size()) {
    const std::size_t equals = header.find('=', at);
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = trim(header.substr(at + 1, equals - at - 1));
    std::size_t begin = equals + 1;
    while (begin < header.size() && header[begin] == ' ') ++begin;
    std::size_t end = begin;
    const bool quoted = begin < header.size() && header[begin] == '"';
    if (quoted) {
      for (end = ++begin; end < header.size() && header[end] != '"'; ++end) {
        if (header[end] == '\\') ++end;
      }
      if (end >= header.size()) return std::nullopt;
    } else {
      end = std::min(header.find(';', begin), header.size());
    }
    const std::string_view value = header.substr(begin, end - begin);
    if (same_name(name, wanted)) return quoted ? unquoted(value) : std::string(trim(value));
    at = header.find(';', end);
  }
  return std::nullopt;
}

// UTF-8''na%C3%AFve.csv
std::optional<std::string> extended(const std::optional<std::string>& value) {
  static constexpr std::string_view kCharset = "utf-8''";
  if (!value || value->size() < kCharset.size()) return std::nullopt;
  const std::string_view text = *value;
  if (!same_name(text.substr(0, kCharset.size()), kCharset)) return std::nullopt;
  return percent_decode(text.substr(kCharset.size()), false);
}

// A part of a form has a name.
std::optional<Part> part_of(std::string_view head) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    if (!same_name(trim(line.substr(0, colon)), "content-disposition")) continue;
    const std::string_view value = trim(line.substr(colon + 1));
    const auto name = parameter(value, "name");
    if (!same_name(trim(value.substr(0, value.find(';'))), "form-data") || !name) {
      return std::nullopt;
    }
    Part part{*name, extended(parameter(value, "filename*"))};
    if (!part.file_name) part.file_name = parameter(value, "filename");
    if (!is_valid_utf8(part.name) || (part.file_name && !is_valid_utf8(*part.file_name))) {
      return std::nullopt;
    }
    return part;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> multipart_boundary(std::string_view content_type) {
  if (!same_name(trim(content_type.substr(0, content_type.find(';'))), "multipart/form-data")) {
    return std::nullopt;
  }
  auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 70) return std::nullopt;
  return boundary;
}

MultipartReader::MultipartReader(BodyReader& body, std::string_view boundary)
    : body_(body), delimiter_("\r\n--" + std::string(boundary)) {}

tl::expected<bool, Response> MultipartReader::more() {
  if (body_ended_) return malformed("The multipart body ends before its last boundary.");
  buffer_.erase(0, at_);
  at_ = 0;
  const std::size_t had = buffer_.size();
  buffer_.resize(had + kReadAtOnce);
  const auto got = body_.read(std::span(buffer_).subspan(had));
  buffer_.resize(had + (got ? *got : 0));
  if (!got) return tl::unexpected(got.error());
  body_ended_ = *got < kReadAtOnce;
  return true;
}

tl::expected<bool, Response> MultipartReader::have_content() {
  while (content_ == 0) {
    const std::size_t found = buffer_.find(delimiter_, at_);
    if (found == at_) return false;
    const std::size_t safe = buffer_.size() - std::min(buffer_.size(), delimiter_.size() - 1);
    content_ = (found == std::string::npos ? std::max(safe, at_) : found) - at_;
    if (content_ > 0) break;
    if (auto read = more(); !read) return read;
  }
  return true;
}

tl::expected<std::size_t, Response> MultipartReader::read(std::span<char> into) {
  std::size_t have = 0;
  while (have < into.size()) {
    const auto content = have_content();
    if (!content) return tl::unexpected(content.error());
    if (!*content) break;
    const std::size_t size = std::min(content_, into.size() - have);
    std::ranges::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(at_),
                        static_cast<std::ptrdiff_t>(size), into.begin() + static_cast<std::ptrdiff_t>(have));
    at_ += size;
    content_ -= size;
    have += size;
  }
  return have;
}

tl::expected<bool, Response> MultipartReader::skip_content() {
  for (;;) {
    const auto content = have_content();
    if (!content || !*content) return content;
    at_ += content_;
    content_ = 0;
  }
}

// What may stand behind the last boundary means nothing.
tl::expected<bool, Response> MultipartReader::skip_the_end() {
  while (!body_ended_) {
    at_ = buffer_.size();
    if (auto read = more(); !read) return read;
  }
  return true;
}

tl::expected<std::optional<Part>, Response> MultipartReader::next() {
  if (auto skipped = skip_content(); !skipped) return tl::unexpected(skipped.error());
  const auto have = [this](std::size_t bytes) { return buffer_.size() - at_ >= bytes; };
  while (!have(delimiter_.size() + 2)) {
    if (auto read = more(); !read) return tl::unexpected(read.error());
  }
  at_ += delimiter_.size();
  if (std::string_view(buffer_).substr(at_).starts_with("--")) {
    if (auto skipped = skip_the_end(); !skipped) return tl::unexpected(skipped.error());
    return std::optional<Part>();
  }
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n", at_)) == std::string::npos) {
    if (have(kMaxPartHead)) return malformed("A part's header is too long.");
    if (auto read = more(); !read) return tl::unexpected(read.error());
  }
  const std::string_view head = std::string_view(buffer_).substr(at_, end - at_);
  const std::size_t line = head.find("\r\n");  // behind the boundary there may be blanks
  const bool plain = trim(head.substr(0, line)).empty() && line != std::string_view::npos;
  auto part = plain ? part_of(head.substr(line + 2)) : std::nullopt;
  if (!part) {
    return malformed("A part needs a header Content-Disposition: form-data; name=\"…\".");
  }
  at_ = end + 2;  // a part without content is ended by the line break that its header ends with
  while (!have(delimiter_.size()) && !body_ended_) {
    if (auto read = more(); !read) return tl::unexpected(read.error());
  }
  if (!std::string_view(buffer_).substr(at_).starts_with(delimiter_)) at_ += 2;
  return part;
}

}  // namespace sluice::http
