// Measures: expressions over a group's cells and aggregates. Each aggregate call in them becomes an aggregate
// of a family; `total(… per …)` one of a coarser family.
#include <algorithm>

#include <fmt/format.h>

#include "common/definition/dataset_builder.h"
#include "common/definition/report_scope.h"

namespace sluice::definition {
namespace {

const std::vector<std::pair<std::string, AggregateKind>>& kinds() {
  static const std::vector<std::pair<std::string, AggregateKind>> all = {
      {"count", AggregateKind::kCount}, {"sum", AggregateKind::kSum},
      {"min", AggregateKind::kMin},     {"max", AggregateKind::kMax},
      {"distinct", AggregateKind::kDistinct}, {"first", AggregateKind::kFirst},
      {"last", AggregateKind::kLast},   {"percentile", AggregateKind::kPercentile}};
  return all;
}

bool is_numeric(const Expression& e) {
  return !e.is_list && (e.type == ColumnType::kInteger || e.type == ColumnType::kDecimal);
}

bool never_null(AggregateKind kind) {
  return kind == AggregateKind::kCount || kind == AggregateKind::kSum ||
         kind == AggregateKind::kDistinct;
}

// What `count`, a bare name, means too.
Syntax as_call(const Syntax& syntax) {
  Syntax call = syntax;
  call.kind = Syntax::Kind::kCall;
  return call;
}

// How aggregates are numbered until all groups and aggregates are known (settle_context).
constexpr std::size_t kFirstAggregate = 1U << 24;
constexpr std::size_t kStride = 1U << 12;

class MeasureNames {
 public:
  explicit MeasureNames(ReportScope& scope) : scope_(scope) {
    relation_.name = [this](const std::string& name) { return scope_.relation_name(name); };
  }

  Names names() {
    Names out;
    out.name = [this](const std::string& name) { return name_of(name); };
    out.call = [this](const Syntax& call) { return call_of(call); };
    return out;
  }
  void define(const std::string& name, ExpressionPtr value) { measures_[name] = std::move(value); }

 private:
  Result<ExpressionPtr> name_of(const std::string& name) {
    if (const auto found = measures_.find(name); found != measures_.end()) return found->second;
    const auto& groups = scope_.report.groups;
    std::vector<std::string> known;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      known.push_back(groups[i].name);
      if (groups[i].name != name) continue;
      const ExpressionPtr& key = scope_.report.families.front().keys[i];
      return column_expression(i, key->type, key->nullable, key->is_list);
    }
    if (name == "count") {
      Syntax call;
      call.text = name;
      return aggregate_of(as_call(call), 0);
    }
    if (auto of_pairs = pairs_name(name)) return *of_pairs;
    for (const auto& [measure, value] : measures_) known.push_back(measure);
    Error error = no_such_name(name, known);
    const auto of_rows = scope_.relation_name(name);
    if (!of_rows && scope_.is_taken(name)) return of_rows;
    if (of_rows) {
      error.message = fmt::format("\"{}\" has many values in a group; take sum({}), first({} by …) or "
                                  "put it into `group_by:`", name, name, name);
    }
    return tl::unexpected<Error>(std::move(error));
  }

  std::optional<Result<ExpressionPtr>> call_of(const Syntax& call) {
    if (call.text == "avg") return average(call);
    if (call.text == "total") return total(call);
    if (!is_aggregate(call.text)) return std::nullopt;
    return aggregate_of(call, 0);
  }

  Result<ExpressionPtr> average(const Syntax& call) {
    Syntax sum = call, count = call;
    sum.text = "sum";
    count.text = "count";
    const auto top = aggregate_of(sum, 0), bottom = aggregate_of(count, 0);
    if (!top) return top;
    if (!bottom) return bottom;
    auto out = std::make_shared<Expression>();
    out->function = Function::kDivide;
    out->type = ColumnType::kDecimal;
    out->quotient = true;
    out->arguments = {*top, *bottom};
    return ExpressionPtr(std::move(out));
  }

  Result<ExpressionPtr> total(const Syntax& call) {
    if (call.arguments.size() != 1 || !call.by.empty() || !call.where.empty()) {
      return fail("total takes one aggregate: total(sum(amount) per month)");
    }
    FamilySpec family;
    FamilyReference reference;
    const ReportSpec& report = scope_.report;
    for (const std::string& name : call.per) {
      const auto at = std::ranges::find(report.groups, name, &GroupSpec::name);
      if (at == report.groups.end()) {
        return fail(fmt::format("total(… per {}): \"{}\" is not one of the report's groups", name, name));
      }
      reference.group_at.push_back(static_cast<std::size_t>(at - report.groups.begin()));
      family.keys.push_back(report.families.front().keys[reference.group_at.back()]);
    }
    family.where = report.families.front().where;
    Syntax inner = call.arguments.front();
    if (inner.kind == Syntax::Kind::kName && inner.text == "count") inner = as_call(inner);
    if (inner.kind != Syntax::Kind::kCall || !is_aggregate(inner.text)) {
      return fail("total takes an aggregate, such as total(sum(amount) per month)");
    }
    return aggregate_of(inner, reference_to(std::move(family), std::move(reference)));
  }

  std::optional<Result<ExpressionPtr>> pairs_name(const std::string& name) {
    if (!scope_.report.derive || !std::holds_alternative<PairsSpec>(*scope_.report.derive)) {
      return std::nullopt;
    }
    FamilySpec family;
    FamilyReference reference;
    std::string level = "item";
    if (name == "all_baskets" || name == "skipped_baskets") {
      level = name == "all_baskets" ? "all" : "skipped";
    } else if (name == "item_a_baskets" || name == "item_b_baskets") {
      family.keys = {*scope_.relation_name("item_a")};
      const std::string column = name.substr(0, 6);
      const auto& groups = scope_.report.groups;
      const auto at = std::ranges::find(groups, column, &GroupSpec::name);
      if (at == groups.end()) return fail(fmt::format("\"{}\" needs \"{}\" in `group_by:`", name, column));
      reference.group_at = {static_cast<std::size_t>(at - groups.begin())};
    } else {
      return std::nullopt;
    }
    family.where = *typed(*parse_syntax("level == \"" + level + "\""), relation_);
    Syntax count;
    count.text = "count";
    return aggregate_of(as_call(count), reference_to(std::move(family), std::move(reference)));
  }

  std::size_t reference_to(FamilySpec family, FamilyReference reference) {
    ReportSpec& report = scope_.report;
    const auto text = [](const FamilySpec& f) {
      std::string out = f.where ? canonical_text(*f.where) : "";
      for (const auto& key : f.keys) out += "|" + canonical_text(*key);
      return out;
    };
    std::size_t at = 1;
    while (at < report.families.size() && text(report.families[at]) != text(family)) ++at;
    if (at == report.families.size()) report.families.push_back(std::move(family));
    reference.family = at;
    for (std::size_t i = 1; i < report.references.size(); ++i) {
      const FamilyReference& other = report.references[i];
      if (other.family == at && other.group_at == reference.group_at) return i;
    }
    report.references.push_back(std::move(reference));
    return report.references.size() - 1;
  }

  // Two currencies are never added, nor compared as if they were one.
  std::optional<Error> refuse_mixed_currencies(const AggregateSpec& spec, std::size_t reference) const {
    const bool counts = spec.kind == AggregateKind::kCount || spec.kind == AggregateKind::kDistinct;
    if (counts || spec.value == nullptr) return std::nullopt;
    const auto& columns = scope_.dataset.columns;
    std::optional<Error> refused;
    for_each_column(*spec.value, [&](std::size_t column) {
      if (scope_.loose_amounts.contains(column)) {
        refused = Error{fmt::format("\"{}\" is an amount of money that was taken from another record, without "
                                    "its currency; it can be compared, but not aggregated",
                                    scope_.report.derived[column - columns.size()].name)};
      }
      if (reference == 0 || column >= columns.size() || !columns[column].is_amount) return;
      const FamilySpec& family = scope_.report.families[scope_.report.references[reference].family];
      const bool one_currency = std::ranges::any_of(family.keys, [&](const ExpressionPtr& key) {
        return key->function == Function::kColumn && key->column == column + 1;
      });
      if (one_currency) return;
      refused = Error{fmt::format("a total of \"{0}\" needs its currency, total(… per {1}) with \"{1}\" in "
                                  "`group_by:`", columns[column].name, columns[column + 1].name)};
    });
    return refused;
  }

  Result<ExpressionPtr> aggregate_of(const Syntax& call, std::size_t reference) {
    auto spec = build_aggregate(call, relation_);
    if (!spec) return tl::unexpected<Error>(spec.error());
    if (auto refused = refuse_mixed_currencies(*spec, reference)) return tl::unexpected<Error>(*refused);
    auto& aggregates = scope_.report.families[scope_.report.references[reference].family].aggregates;
    const std::string text = canonical_text(*spec);
    std::size_t at = 0;
    while (at < aggregates.size() && canonical_text(aggregates[at]) != text) ++at;
    const ColumnType type = type_of(*spec);
    const bool nullable = !never_null(spec->kind);
    const bool is_list = spec->value != nullptr && spec->value->is_list && type == ColumnType::kString;
    if (at == aggregates.size()) aggregates.push_back(*std::move(spec));
    return column_expression(kFirstAggregate + kStride * reference + at, type, nullable, is_list);
  }

 private:
  ReportScope& scope_;
  Names relation_;
  std::map<std::string, ExpressionPtr> measures_;
};

ExpressionPtr measure_expression(const YamlCursor& at, const std::string& text, const Names& names) {
  const auto syntax = parse_syntax(text);
  const auto made = syntax ? typed(*syntax, names) : tl::unexpected<Error>(syntax.error());
  if (made) return *made;
  at.error(made.error().message);
  return nullptr;
}

}  // namespace

bool is_aggregate(const std::string& name) {
  return std::ranges::any_of(kinds(), [&](const auto& kind) { return kind.first == name; });
}

ColumnType type_of(const AggregateSpec& aggregate) {
  switch (aggregate.kind) {
    case AggregateKind::kCount:
    case AggregateKind::kDistinct: return ColumnType::kInteger;
    // Many integers may sum to more than 64 bits hold.
    case AggregateKind::kSum: return ColumnType::kDecimal;
    default: return aggregate.value->type;
  }
}

Result<AggregateSpec> build_aggregate(const Syntax& call, const Names& names) {
  const auto kind = std::ranges::find(kinds(), call.text, [](const auto& k) { return k.first; });
  if (kind == kinds().end()) {
    return fail(fmt::format("unknown measure \"{}\"; known: count, sum(column), avg, min, max, distinct, first, "
                            "last, percentile, total", call.text));
  }
  AggregateSpec out;
  out.kind = kind->second;
  const std::string& name = kind->first;
  const bool percentile = out.kind == AggregateKind::kPercentile;
  const bool ordered = out.kind == AggregateKind::kFirst || out.kind == AggregateKind::kLast;
  const std::size_t most = percentile ? 2 : 1;
  if (call.arguments.size() > most || (call.arguments.size() < most && out.kind != AggregateKind::kCount)) {
    return fail(percentile ? "percentile takes a value and a fraction: percentile(amount, 0.5)"
                           : fmt::format("{} takes one value, {}(column)", name, name));
  }
  if (!call.per.empty()) return fail(fmt::format("\"per\" belongs to total(…), not to {}", name));
  if (ordered == call.by.empty()) {
    return fail(ordered ? fmt::format("{} needs an order: {}(value by event_time)", name, name)
                        : fmt::format("{} takes no \"by\"", name));
  }
  if (!call.arguments.empty()) {
    auto value = typed(call.arguments.front(), names);
    if (!value) return tl::unexpected<Error>(value.error());
    out.value = *std::move(value);
    if (out.kind == AggregateKind::kSum && !is_numeric(*out.value)) {
      const std::string& of = call.arguments.front().text;
      return fail(fmt::format("\"{}\" is not a number and cannot be summed", of));
    }
    const bool orders = out.kind == AggregateKind::kMin || out.kind == AggregateKind::kMax || percentile;
    if (orders && out.value->is_list) return fail(fmt::format("{}(…) of a list: lists have no order", name));
    if (out.value->quotient) return fail(fmt::format("{}(…) of a quotient would add rounded numbers", name));
  }
  if (percentile) {
    const auto fraction = parse_decimal(call.arguments[1].text);
    if (!fraction || compare(*fraction, Decimal{}) < 0 || compare(*fraction, Decimal{1, 0}) > 0) {
      return fail("percentile's fraction is a number from 0 to 1");
    }
    out.fraction = canonical(*fraction, 0);
  }
  for (const Syntax& by : call.by) {
    auto order = typed(by, names);
    if (!order) return tl::unexpected<Error>(order.error());
    if ((*order)->is_list) return fail(fmt::format("{}(… by a list): lists have no order", name));
    out.by.push_back(*std::move(order));
  }
  if (!call.where.empty()) {
    auto where = typed(call.where.front(), names);
    if (!where) return tl::unexpected<Error>(where.error());
    if ((*where)->type != ColumnType::kBoolean) return fail("\"where\" needs a condition");
    out.where = *std::move(where);
  }
  return out;
}

void build_measures(const YamlCursor& node, ReportScope& scope) {
  MeasureNames context(scope);
  const Names names = context.names();
  ReportSpec& report = scope.report;
  if (const YamlCursor measures = node["measures"]; measures.defined() && measures.expect_map_of_names()) {
    for (const auto& [name, key, value] : measures.entries()) {
      check_name(key, name);
      const auto text = value.text();
      if (!text) continue;
      auto expression = measure_expression(value, *text, names);
      if (expression == nullptr) continue;
      context.define(name, expression);
      report.measures.push_back({name, std::move(expression)});
    }
  }
  if (node["top"].defined() && report.references.size() > 1) {
    node["top"].error("a top has no totals: its rows would change with every record");
  }
  if (const YamlCursor top = node["top"]; top.defined() && top.expect_map({"rows", "by", "rank"})) {
    TopSpec spec;
    const YamlCursor rows = top["rows"], by = top["by"];
    if (!rows.defined()) rows.error("required: how many rows");
    if (rows.defined()) spec.rows = static_cast<std::size_t>(rows.integer(1, 1'000'000).value_or(1));
    if (!by.defined()) by.error("required: what is ranked by, such as [-amount, name]");
    for (const std::string& text : by.defined() ? by.texts() : std::vector<std::string>{}) {
      const OrderBy order = ReportScope::order_of(text);
      if (auto value = measure_expression(by, order.column, names)) {
        refuse_list(by, value);
        spec.order.push_back({std::move(value), order.descending});
      }
    }
    report.top = std::move(spec);
  }
}

std::vector<const AggregateSpec*> aggregates_of(const ReportSpec& report, const Expression& measure) {
  std::vector<const AggregateSpec*> out;
  for_each_column(measure, [&](std::size_t column) {
    if (column < kFirstAggregate) return;
    const std::size_t at = column - kFirstAggregate;
    const FamilyReference& reference = report.references[at / kStride];
    out.push_back(&report.families[reference.family].aggregates[at % kStride]);
  });
  return out;
}

void settle_context(ReportSpec& report) {
  const auto settle = [&](std::size_t column) {
    if (column < kFirstAggregate) return column;
    const std::size_t at = column - kFirstAggregate;
    std::size_t out = report.groups.size() + at % kStride;
    for (std::size_t i = 0; i < at / kStride; ++i) {
      out += report.families[report.references[i].family].aggregates.size();
    }
    return out;
  };
  for (MeasureSpec& measure : report.measures) measure.value = renumbered(measure.value, settle);
  if (!report.top) return;
  for (OrderExpression& order : report.top->order) order.value = renumbered(order.value, settle);
}

}  // namespace sluice::definition
