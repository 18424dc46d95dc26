#include "cli/doctor_command.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "cli/definitions_command.h"
#include "cli/table.h"
#include "common/base/json_text.h"
#include "common/definition/definition_parser.h"
#include "common/rows/path_values.h"
#include "common/rows/row_format.h"
#include "common/rows/row_reader.h"

namespace sluice::cli {
namespace {

constexpr std::size_t kBlockBytes = 1024 * 1024;
constexpr std::size_t kShownLetters = 20;

struct Letter {
  std::uint64_t line;
  RowRejection why;
};

struct Findings {
  std::string dataset;
  std::string error;        // the file as a whole would be refused
  bool byte_order_mark = false;
  bool crlf = false;
  std::uint64_t bytes = 0, rows = 0, dead_letters = 0, repeated_keys = 0;
  std::vector<Letter> letters;                  // the first of them
  std::map<std::string, std::uint64_t> by_rule;
};

// Counts what each row would become. Keys seen before in the same file would be duplicates or corrections.
class Examination {
 public:
  Examination(RowReader reader, Findings& findings) : reader_(std::move(reader)), findings_(findings) {}

  void take(std::string_view block, const SplitResult& split) {
    for (const RawRow& row : split.rows) {
      const std::string_view text = block.substr(row.begin, row.end - row.begin);
      ++findings_.rows;
      if (row.unclosed_quote) {
        reject(row.line, {"", "unclosed_quote", "a quote is opened on this line and never closed"});
      } else if (!reader_.read(text, record_, rejection_)) {
        reject(row.line, rejection_);
      } else if (!keys_.insert(std::hash<std::string>{}(record_.key)).second) {
        ++findings_.repeated_keys;
      }
    }
  }

 private:
  void reject(std::uint64_t line, const RowRejection& why) {
    ++findings_.dead_letters;
    ++findings_.by_rule[why.rule];
    if (findings_.letters.size() < kShownLetters) findings_.letters.push_back({line, why});
  }

  RowReader reader_;
  Findings& findings_;
  RowRecord record_;
  RowRejection rejection_;
  std::set<std::size_t> keys_;
};

// The bytes of a file that are not read as rows yet.
class Buffer {
 public:
  Buffer(std::ifstream& in, Findings& findings) : in_(in), findings_(findings) {}
  void read_more() {
    const std::size_t before = bytes_.size();
    bytes_.resize(before + kBlockBytes);
    in_.read(bytes_.data() + before, static_cast<std::streamsize>(kBlockBytes));
    const auto got = static_cast<std::size_t>(in_.gcount());
    bytes_.resize(before + got);
    findings_.bytes += got;
    at_end_ = got == 0;
  }
  void drop(std::size_t size) { bytes_.erase(0, size); }
  const std::string& bytes() const { return bytes_; }
  bool at_end() const { return at_end_; }

 private:
  std::ifstream& in_;
  Findings& findings_;
  std::string bytes_;
  bool at_end_ = false;
};

// What stands before the first row; nullopt: the file is refused.
std::optional<Opening> read_opening(Buffer& buffer, RowFormat& format, Findings& findings) {
  for (;;) {
    buffer.read_more();
    const std::string& bytes = buffer.bytes();
    if (bytes.find('\0') != std::string::npos) {
      findings.error = "holds NUL bytes: it is no text, or it is in UTF-16";
      return std::nullopt;
    }
    auto opening = format.open(bytes, buffer.at_end());
    if (opening && !*opening && !buffer.at_end()) continue;
    findings.byte_order_mark = byte_order_mark(bytes) != 0;
    findings.crlf = bytes.find("\r\n") != std::string::npos;
    if (bytes.empty()) {
      findings.error = "is empty";
    } else if (!opening) {
      findings.error = opening.error().message;
    } else if (*opening) {
      return **opening;
    }
    return std::nullopt;
  }
}

void read_file(std::ifstream& in, const std::string& path, const Dataset& definition, Findings& findings) {
  const auto dataset = std::make_shared<const Dataset>(definition);
  const auto format = row_format(dataset);
  Buffer buffer(in, findings);
  const auto opening = read_opening(buffer, *format, findings);
  if (!opening) return;
  const auto from_path = path_values(*dataset, path);
  auto reader = RowReader::for_file(dataset, *format, opening->header,
                                    from_path.value_or(std::vector<std::string>()));
  if (!reader) {
    findings.error = reader.error().message;
    return;
  }
  Examination examination(*std::move(reader), findings);
  buffer.drop(opening->consumed);
  std::uint64_t line = opening->next_line;
  SplitResult split;
  for (;;) {
    format->split(buffer.bytes(), buffer.at_end(), line, 0, split);
    examination.take(buffer.bytes(), split);
    line = split.next_line;
    buffer.drop(split.consumed);
    if (buffer.bytes().size() > 2 * kMaxRowBytes) {
      findings.error = fmt::format("line {} is longer than {} MiB: this is no file of rows", line, kMaxRowBytes >> 20);
      return;
    }
    if (buffer.at_end()) return;
    buffer.read_more();
  }
}

const Dataset* choose(const LoadedDefinitions& definitions, const DoctorOptions& options, std::string& problem) {
  const std::string name = std::filesystem::path(options.file).filename().string();
  std::string patterns;
  for (const Dataset& dataset : definitions.datasets) {
    if (options.dataset.empty() ? takes_file(dataset, name) : dataset.name == options.dataset) return &dataset;
    for (const std::string& pattern : dataset.files) patterns += fmt::format("\n  {:<24} {}", pattern, dataset.name);
  }
  problem = options.dataset.empty()
                ? fmt::format("no definition takes a file named {}. They take:{}\nTo judge it by one of them: --dataset NAME",
                              name, patterns)
                : fmt::format("there is no dataset {}. There are:{}", options.dataset, patterns);
  return nullptr;
}

void print_text(const DoctorOptions& options, const Findings& f) {
  fmt::print("file        {} ({} bytes)\n", options.file, f.bytes);
  fmt::print("definition  {}\n", f.dataset);
  fmt::print("encoding    UTF-8{}\n", f.byte_order_mark ? " with a byte order mark" : "");
  fmt::print("line ends   {}\n", f.crlf ? "CRLF" : "LF");
  if (!f.error.empty()) {
    fmt::print("\nThe file would be refused: {}\n", f.error);
    return;
  }
  fmt::print("\nIts receipt would be: {} rows = {} valid + {} dead letters\n", f.rows, f.rows - f.dead_letters,
             f.dead_letters);
  if (f.repeated_keys > 0) {
    fmt::print("{} of the valid rows repeat a key of this file: duplicates or corrections\n", f.repeated_keys);
  }
  if (f.letters.empty()) return;
  fmt::print("\n");
  std::vector<std::vector<std::string>> rows;
  for (const Letter& letter : f.letters) {
    rows.push_back({std::to_string(letter.line), letter.why.column, letter.why.rule, letter.why.reason});
  }
  fmt::print("{}", render_table({{"line", true}, {"column"}, {"rule"}, {"reason"}}, rows, 90));
  if (f.dead_letters > f.letters.size()) {
    fmt::print("… and {} more:", f.dead_letters - f.letters.size());
    for (const auto& [rule, count] : f.by_rule) fmt::print(" {} {}", count, rule);
    fmt::print(" in all\n");
  }
}

void print_json(const Findings& f) {
  std::string out = "{\"dataset\":";
  append_json_string(out, f.dataset);
  out += ",\"error\":";
  if (f.error.empty()) out += "null";
  else append_json_string(out, f.error);
  out += fmt::format(",\"bytes\":{},\"encoding\":\"utf-8\",\"byte_order_mark\":{},\"rows\":{},\"valid\":{},\"dead_letters\":{},"
                     "\"repeated_keys\":{},\"first_dead_letters\":[",
                     f.bytes, f.byte_order_mark, f.rows, f.rows - f.dead_letters, f.dead_letters, f.repeated_keys);
  for (std::size_t i = 0; i < f.letters.size(); ++i) {
    out += fmt::format("{}{{\"line\":{},\"column\":", i == 0 ? "" : ",", f.letters[i].line);
    append_json_string(out, f.letters[i].why.column);
    out += ",\"rule\":";
    append_json_string(out, f.letters[i].why.rule);
    out += ",\"reason\":";
    append_json_string(out, f.letters[i].why.reason);
    out += '}';
  }
  fmt::print("{}]}}\n", out);
}

}  // namespace

int examine(const DoctorOptions& options) {
  const LoadedDefinitions definitions = load_definitions(split_folders(options.folders));
  for (const DefinitionError& error : definitions.errors) fmt::print(stderr, "{}\n", to_string(error));
  std::string problem;
  const Dataset* dataset = choose(definitions, options, problem);
  if (dataset == nullptr) {
    fmt::print(stderr, "sluice: {}\n", problem);
    return 1;
  }
  std::ifstream in(options.file, std::ios::binary);
  if (!in || !std::filesystem::is_regular_file(options.file)) {
    fmt::print(stderr, "sluice: {} cannot be read: {}\n", options.file,
               errno != 0 ? std::strerror(errno) : "it is no regular file");
    return 1;
  }
  Findings findings;
  findings.dataset = dataset->name;
  read_file(in, std::filesystem::absolute(options.file).string(), *dataset, findings);
  if (options.json) print_json(findings);
  else print_text(options, findings);
  return findings.error.empty() && findings.dead_letters == 0 ? 0 : 1;
}

}  // namespace sluice::cli
