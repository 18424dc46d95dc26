#include "cli/doctor_command.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "cli/definitions_command.h"
#include "cli/table.h"
#include "common/base/json_text.h"
#include "common/definition/definition_parser.h"
#include "common/rows/csv_splitter.h"
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
  Examination(std::shared_ptr<const Dataset> dataset, Findings& findings)
      : dataset_(std::move(dataset)), findings_(findings) {}

  // False: the file is refused.
  bool take(std::string_view block, const SplitResult& split) {
    for (const RawRow& row : split.rows) {
      const std::string_view text = block.substr(row.begin, row.end - row.begin);
      if (!reader_) {
        auto made = RowReader::for_header(dataset_, text);
        if (!made) {
          findings_.error = made.error().message;
          return false;
        }
        reader_ = std::make_unique<RowReader>(*std::move(made));
        continue;
      }
      ++findings_.rows;
      if (row.unclosed_quote) {
        reject(row.line, {"", "unclosed_quote", "a quote is opened on this line and never closed"});
      } else if (!reader_->read(text, record_, rejection_)) {
        reject(row.line, rejection_);
      } else if (!keys_.insert(std::hash<std::string>{}(record_.key)).second) {
        ++findings_.repeated_keys;
      }
    }
    return true;
  }
  bool saw_header() const { return reader_ != nullptr; }

 private:
  void reject(std::uint64_t line, const RowRejection& why) {
    ++findings_.dead_letters;
    ++findings_.by_rule[why.rule];
    if (findings_.letters.size() < kShownLetters) findings_.letters.push_back({line, why});
  }

  std::shared_ptr<const Dataset> dataset_;
  Findings& findings_;
  std::unique_ptr<RowReader> reader_;
  RowRecord record_;
  RowRejection rejection_;
  std::set<std::size_t> keys_;
};

void read_file(std::ifstream& in, const Dataset& dataset, Findings& findings) {
  Examination examination(std::make_shared<const Dataset>(dataset), findings);
  std::string buffer;
  std::uint64_t line = 1;
  bool at_end = false, first = true;
  SplitResult split;
  while (!at_end || !buffer.empty()) {
    if (!at_end) {
      const std::size_t before = buffer.size();
      buffer.resize(before + kBlockBytes);
      in.read(buffer.data() + before, static_cast<std::streamsize>(kBlockBytes));
      buffer.resize(before + static_cast<std::size_t>(in.gcount()));
      findings.bytes += static_cast<std::uint64_t>(in.gcount());
      at_end = in.gcount() == 0;
    }
    if (first && !buffer.empty()) {
      first = false;
      const std::size_t mark = byte_order_mark(buffer);
      findings.byte_order_mark = mark != 0;
      buffer.erase(0, mark);
      findings.crlf = buffer.find("\r\n") != std::string::npos;
      if (std::memchr(buffer.data(), '\0', buffer.size()) != nullptr) {
        findings.error = "holds NUL bytes: it is no text, or it is in UTF-16";
        return;
      }
    }
    split_rows(buffer, at_end, line, dataset.csv, 0, split);
    if (!examination.take(buffer, split)) return;
    line = split.next_line;
    buffer.erase(0, split.consumed);
    if (buffer.size() > kMaxRowBytes + kBlockBytes) {
      findings.error = fmt::format("line {} is longer than {} MiB: this is no file of rows", line, kMaxRowBytes >> 20);
      return;
    }
    if (at_end && split.consumed == 0) break;
  }
  if (!examination.saw_header()) findings.error = "is empty";
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
  read_file(in, *dataset, findings);
  if (options.json) print_json(findings);
  else print_text(options, findings);
  return findings.error.empty() && findings.dead_letters == 0 ? 0 : 1;
}

}  // namespace sluice::cli
