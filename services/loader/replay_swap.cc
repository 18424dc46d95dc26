#include "services/loader/replay_swap.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/json_text.h"
#include "services/loader/core/replay_sql.h"
#include "services/loader/core/statements.h"
#include "services/loader/core/target.h"
#include "services/loader/replay_requests.h"
#include "services/loader/schema.h"

namespace sluice::loader {
namespace {

using Parameters = std::vector<std::optional<std::string>>;

std::string quoted(const std::string& text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string list_of(const std::vector<std::string>& names) {
  return text_array(std::vector<std::string_view>(names.begin(), names.end()));
}

std::string json_list(const std::vector<std::string>& names) {
  std::string out = "[";
  for (const std::string& name : names) out += (out.size() > 1 ? "," : "") + quoted(name);
  return out + "]";
}

TablePlan next_table(const Target& target) {
  TablePlan out = target.table;
  out.schema = kShadowSchema;
  return out;
}

const Target* of_report(const std::vector<Target>& targets, const std::string& report) {
  const auto found = std::ranges::find(targets, report, [](const Target& t) { return t.report->name; });
  return found == targets.end() ? nullptr : &*found;
}

std::vector<std::string> topics_of(const std::vector<Target>& targets) {
  std::vector<std::string> out;
  for (const Target& target : targets) out.push_back(target.topic);
  return out;
}

std::vector<std::string> tombstones_of(const std::vector<Target>& targets) {
  std::vector<std::string> out;
  for (const Target& target : targets) out.push_back(target.table.tombstones);
  return out;
}

Garbage garbage_of(const Dataset& dataset, const Topics& topics) {
  std::vector<std::string> reports;
  for (const ReportSpec& report : dataset.reports) reports.push_back(report.name);
  Garbage out;
  for (const TopicSettings& topic :
       generation_topics(topics, dataset.name, reports, dataset.partitions, has_entities(dataset))) {
    out.topics.push_back(topic.name);
  }
  out.groups.push_back(topics.transform_group(dataset.name));
  // The first generation's rows are loaded by the group that loads the dataset's dead letters too.
  if (topics.generation() > 1) out.groups.push_back(topics.loader_group(dataset.name));
  return out;
}

std::string difference_of(postgres::Connection& connection, const Target* live, const Target* next) {
  const std::string name = quoted((live != nullptr ? live : next)->report->name);
  std::string out = "{\"report\":" + name;
  const auto number = [&](const char* member, std::int64_t value) {
    out += std::string(",\"") + member + "\":" + std::to_string(value);
  };
  const auto rows_of = [&](const TablePlan& table) {
    return connection.run("SELECT count(*) FROM " + table.qualified()).integer(0, 0);
  };
  if (live == nullptr || next == nullptr) {
    const std::int64_t before = live == nullptr ? 0 : rows_of(live->table);
    const std::int64_t after = next == nullptr ? 0 : rows_of(next_table(*next));
    number("rows_before", before);
    number("rows_after", after);
    number("added", after);
    number("removed", before);
    number("changed", 0);
    return out + ",\"note\":" + quoted(live == nullptr ? "a new report" : "the report is taken away") + ",\"rows\":[]}";
  }
  const TablePlan built = next_table(*next);
  const Shapes shapes = compare_shapes(live->table, built);
  if (shapes == Shapes::kOther) {
    const postgres::Rows counts = connection.run(counts_select(live->table, built));
    number("rows_before", counts.integer(0, 0));
    number("rows_after", counts.integer(0, 1));
    number("added", counts.integer(0, 1));
    number("removed", counts.integer(0, 0));
    number("changed", 0);
    return out + ",\"note\":\"its columns mean other things, so no row is compared with another\",\"rows\":[]}";
  }
  const postgres::Rows answer = connection.run(difference_select(live->table, built));
  number("rows_before", answer.integer(0, 0));
  number("rows_after", answer.integer(0, 1));
  number("added", answer.integer(0, 2));
  number("removed", answer.integer(0, 3));
  number("changed", answer.integer(0, 4));
  if (shapes == Shapes::kSameKey) {
    out += ",\"columns_added\":" + json_list(columns_only_of(built, live->table)) +
           ",\"columns_removed\":" + json_list(columns_only_of(live->table, built));
  }
  return out + ",\"rows\":" + std::string(answer.text(0, 5)) + "}";
}

void forget(postgres::Connection& connection, const std::string& app, const std::vector<Target>& targets) {
  const Parameters positions{app, list_of(topics_of(targets))}, tombstones{list_of(tombstones_of(targets))};
  connection.run("DELETE FROM _sluice.positions WHERE app = $1 AND topic = ANY ($2::text[])", positions);
  connection.run("DELETE FROM _sluice.tombstones WHERE report = ANY ($1::text[])", tombstones);
}

}  // namespace

std::string to_json(const Garbage& garbage) {
  return nlohmann::json{{"topics", garbage.topics}, {"groups", garbage.groups}}.dump();
}

Garbage garbage_from_json(const std::string& json) {
  const auto read = nlohmann::json::parse(json, nullptr, false);
  if (!read.is_object()) return {};
  return {read.value("topics", std::vector<std::string>{}), read.value("groups", std::vector<std::string>{})};
}

std::string difference(postgres::Connection& connection, const Contenders& contenders, bool partial) {
  const auto live = rows_targets(contenders.live, contenders.live_topics);
  const auto next = rows_targets(contenders.next, contenders.next_topics);
  std::string out = "{\"partial\":" + std::string(partial ? "true" : "false") + ",\"reports\":[";
  const std::size_t empty = out.size();
  connection.begin("ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    connection.run("SET LOCAL statement_timeout = '300s'");
    for (const Target& target : next) {
      out += (out.size() > empty ? "," : "") +
             difference_of(connection, of_report(live, target.report->name), &target);
    }
    for (const Target& target : live) {
      if (of_report(next, target.report->name) != nullptr) continue;
      out += (out.size() > empty ? "," : "") + difference_of(connection, &target, nullptr);
    }
    connection.commit();
  } catch (...) {
    connection.rollback();
    throw;
  }
  return out + "]}";
}

bool swap(postgres::Connection& connection, const Replay& replay, const Contenders& contenders) {
  const auto live = rows_targets(contenders.live, contenders.live_topics);
  const auto next = rows_targets(contenders.next, contenders.next_topics);
  bool done = false;
  under_schema_lock(connection, [&] {
    // Who reads while a table is replaced waits behind this: not for long.
    connection.run("SET LOCAL lock_timeout = '3s'");
    done = note_decided(connection, replay, "done", to_json(garbage_of(*contenders.live, contenders.live_topics)), "");
    if (!done) return;
    // Whoever writes rows of either just now does so to its end; the next write finds another generation live.
    const Parameters positions{contenders.app, list_of(topics_of(next))};
    connection.run("SELECT FROM _sluice.positions WHERE app = $1 AND topic = ANY ($2::text[]) FOR UPDATE", positions);
    forget(connection, contenders.app, live);
    for (const Target& target : next) {
      const Target* old = of_report(live, target.report->name);
      const TablePlan built = next_table(target);
      std::vector<std::string> statements{place_statement(target.table, built)};
      if (old != nullptr) {
        statements = compare_shapes(old->table, built) == Shapes::kSame ? mend_statements(old->table, built)
                                                                         : replace_statements(old->table, built);
      }
      for (const std::string& statement : statements) connection.run(statement);
      const Parameters name{target.report->name};
      connection.run(
          "INSERT INTO _sluice.reports AS r (name, revision, updated_at) VALUES ($1, 1, now()) ON CONFLICT (name) "
          "DO UPDATE SET revision = r.revision + 1, updated_at = clock_timestamp()",
          name);
    }
    for (const Target& target : live) {
      if (of_report(next, target.report->name) != nullptr) continue;
      connection.run("DROP TABLE IF EXISTS " + target.table.qualified());
      const Parameters name{target.report->name};
      connection.run("DELETE FROM _sluice.reports WHERE name = $1", name);
    }
    const Generation& now = replay.generation;
    const Parameters generation{replay.dataset, std::to_string(now.number), now.fingerprint, now.path, now.definition,
                                to_json(now.from)};
    connection.run(
        "UPDATE _sluice.generations SET live = $2::int, fingerprint = $3, path = $4, definition = $5, beginning = $6 "
        "WHERE dataset = $1",
        generation);
  });
  return done;
}

bool drop(postgres::Connection& connection, const Replay& replay, const Contenders& contenders,
          const std::string& outcome, const std::string& error) {
  bool done = false;
  under_schema_lock(connection, [&] {
    Garbage garbage;
    std::vector<Target> next;
    if (contenders.next && replay.generation.number > 1) {
      garbage = garbage_of(*contenders.next, contenders.next_topics);
      next = rows_targets(contenders.next, contenders.next_topics);
    }
    done = note_decided(connection, replay, outcome, to_json(garbage), error);
    if (!done) return;
    // In the order of whoever writes rows: the positions first, then the table.
    if (!next.empty()) forget(connection, contenders.app, next);
    for (const Target& target : next) connection.run("DROP TABLE IF EXISTS " + next_table(target).qualified());
  });
  return done;
}

}  // namespace sluice::loader
