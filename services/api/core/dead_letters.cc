#include "services/api/core/dead_letters.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/base/sql_text.h"
#include "common/rows/cell_place.h"
#include "services/api/core/row_writer.h"

namespace sluice::api {
namespace {

constexpr std::string_view kFromLetters =
    " FROM _sluice.dead_letters AS l LEFT JOIN _sluice.files AS f ON f.id = l.file";
// Rows of a file that failed are not delivered, or by half: the mended file is dropped again, whole.
constexpr std::string_view kOfFailedFile = "COALESCE(f.state = 'failed', false)";

// A text[] as a parameter.
std::string text_array(const std::vector<std::string>& values) {
  std::string out = "{";
  for (const std::string& value : values) {
    if (out.size() > 1) out += ',';
    out += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out + "}";
}

// " WHERE …", with its parameters behind those that are there.
std::string where(const LetterFilter& filter, Row& parameters) {
  std::string out = " WHERE l.state = 'open'";
  const auto add = [&](std::string_view condition, std::string value) {
    parameters.emplace_back(std::move(value));
    out += " AND " + fmt::format(fmt::runtime(condition), parameters.size());
  };
  add("l.dataset = ${}", filter.dataset);
  if (filter.file) add("l.file = ${}", *filter.file);
  if (filter.rule) add("l.rule = ${}", *filter.rule);
  if (filter.column) add("COALESCE(l.\"column\", '') = ${}", *filter.column);
  if (filter.reason) add("l.reason = ${}", *filter.reason);
  if (!filter.ids.empty()) add("l.id = ANY (${}::text[])", text_array(filter.ids));
  return out;
}

bool is_text(std::string_view text) { return text.find('\0') == std::string_view::npos; }

}  // namespace

Result<LetterFilter> read_letter_filter(std::string_view body, bool with_note) {
  const std::string accepted = std::string("The body is a JSON object with dataset, and perhaps file, rule, column, "
                                           "reason (texts), ids (a list of texts)") +
                               (with_note ? " and note." : ".");
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return fail(accepted);
  LetterFilter out;
  for (const auto& [name, value] : json.items()) {
    if (name == "ids") {
      if (!value.is_array() || value.empty() || value.size() > kMaxLetterIds) {
        return fail(fmt::format("ids is a list of 1 to {} texts.", kMaxLetterIds));
      }
      for (const auto& id : value) {
        if (!id.is_string()) return fail(accepted);
        out.ids.push_back(id);
      }
      continue;
    }
    if (!value.is_string() || !is_text(value.get_ref<const std::string&>())) return fail(accepted);
    if (name == "dataset") {
      out.dataset = value;
    } else if (name == "file") {
      out.file = value;
    } else if (name == "rule") {
      out.rule = value;
    } else if (name == "column") {
      out.column = value;
    } else if (name == "reason") {
      out.reason = value;
    } else if (name == "note" && with_note) {
      out.note = value;
    } else {
      return fail(fmt::format("There is no \"{}\" here. {}", name, accepted));
    }
  }
  if (out.dataset.empty()) return fail("dataset is missing. " + accepted);
  if (!std::ranges::all_of(out.ids, is_text)) return fail(accepted);
  if (out.note.size() > kMaxNote) return fail(fmt::format("A note has at most {} bytes.", kMaxNote));
  return out;
}

Query with_state(Query query) {
  const auto about_state = [](const auto& term) {
    return term.first == "state" || term.first.starts_with("state[");
  };
  if (std::ranges::none_of(query, about_state)) {
    query.emplace_back("state", "open");
  } else {
    std::erase(query, std::pair<std::string, std::string>("state", "all"));
  }
  return query;
}

Statement count_letters(const LetterFilter& filter) {
  Statement out;
  const std::string conditions = where(filter, out.parameters);
  out.sql = fmt::format(
      "SELECT count(*), count(*) FILTER (WHERE l.context IS NOT NULL AND NOT {0}), "
      "count(*) FILTER (WHERE l.context IS NULL AND NOT {0}), count(*) FILTER (WHERE {0}){1}{2}",
      kOfFailedFile, kFromLetters, conditions);
  return out;
}

Statement select_retried(const LetterFilter& filter) {
  Statement out;
  const std::string conditions = where(filter, out.parameters);
  out.sql = fmt::format(
      "SELECT l.id, l.file_name, l.context, l.\"row\", (extract(epoch FROM l.created_at) * 1000)::bigint{}{} "
      "AND l.context IS NOT NULL AND NOT {} ORDER BY l.id",
      kFromLetters, conditions, kOfFailedFile);
  return out;
}

Statement discard_letters(const LetterFilter& filter, std::string_view who) {
  const auto or_null = [](std::string_view text) {
    return text.empty() ? std::optional<std::string>() : std::string(text);
  };
  Statement out;
  out.parameters = {or_null(who), or_null(filter.note)};
  out.sql = "WITH settled AS (UPDATE _sluice.dead_letters AS l SET state = 'discarded', resolved_at = now(), "
            "resolved_by = $1, note = $2" +
            where(filter, out.parameters) + " RETURNING 1) SELECT count(*) FROM settled";
  return out;
}

Result<Statement> select_groups(const Query& query) {
  Statement out;
  std::string conditions;
  for (const auto& [name, value] : query) {
    if (name != "dataset" && name != "file") {
      return fail("Groups of dead letters are asked for with dataset and file in the query; \"" + name +
                  "\" is neither.");
    }
    out.parameters.emplace_back(value);
    conditions += fmt::format("{} {} = ${}", conditions.empty() ? " WHERE" : " AND", name, out.parameters.size());
  }
  out.sql = fmt::format(
      "WITH g AS (SELECT dataset, rule, \"column\", count(*) AS letters, count(*) FILTER (WHERE state = 'open') AS "
      "open, count(*) FILTER (WHERE state = 'open' AND context IS NOT NULL) AS retriable, min(created_at) AS first, "
      "max(created_at) AS last, COALESCE(min(id) FILTER (WHERE state = 'open'), min(id)) AS example "
      "FROM _sluice.dead_letters{} GROUP BY dataset, rule, \"column\") "
      "SELECT g.*, l.reason FROM g JOIN _sluice.dead_letters AS l ON l.id = g.example "
      "ORDER BY g.open DESC, g.letters DESC, g.dataset, g.rule, g.\"column\" LIMIT {}",
      conditions, kMaxLimit);
  return out;
}

Statement select_letter(const std::string& id) {
  Statement out;
  for (const TableColumn& column : dead_letters_table().columns) {
    out.sql += (out.sql.empty() ? "SELECT " : ", ") + quote_name(column.name);
  }
  out.sql += ", context FROM _sluice.dead_letters WHERE id = $1";
  out.parameters = {id};
  return out;
}

std::string retry_json(const LetterCounts& counts, std::string_view receipt) {
  std::string why;
  const auto add = [&](std::uint64_t letters, std::string_view reason) {
    if (letters == 0) return;
    why += fmt::format("{}{{\"letters\":{},\"why\":{}}}", why.empty() ? "" : ",", letters, json_string(reason));
  };
  add(counts.without_context,
      "What is kept of the row is not enough to read it once more: its bytes were no text, a quote in it never "
      "closes, it was too long, an earlier version kept it, or it is a message of another producer. Drop the mended "
      "file again.");
  add(counts.of_failed_files, "The file as a whole failed. Mend it, or its definition, and drop it again.");
  return fmt::format("{{\"letters\":{},\"not_retriable\":[{}],\"file\":{}}}\n", counts.retriable, why,
                     receipt.empty() ? "null" : receipt);
}

std::string letter_json(std::string_view listed, std::string_view context, std::string_view row,
                        std::string_view column) {
  std::string cell = "null";
  if (const auto read = row_context_from_json(context)) {
    if (const auto place = place_of_cell(*read, row, column)) {
      cell = fmt::format("{{\"start\":{},\"length\":{}}}", place->start, place->length);
    }
  }
  listed.remove_suffix(1);  // the brace
  return fmt::format("{},\"cell\":{},\"retriable\":{}}}\n", listed, cell, !context.empty());
}

}  // namespace sluice::api
