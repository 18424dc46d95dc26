#include "common/definition/report.h"

#include <fmt/format.h>

namespace sluice {
namespace {

std::string text_of(const ExpressionPtr& expression) {
  return expression == nullptr ? "-" : canonical_text(*expression);
}

template <typename Expressions>
std::string list_of(const Expressions& expressions) {
  std::string out = "[";
  for (const ExpressionPtr& expression : expressions) out += text_of(expression) + ";";
  return out + "]";
}

struct DerivationText {
  std::string operator()(const PreviousSpec& d) const {
    return "previous" + list_of(d.per) + text_of(d.order) + list_of(d.take);
  }
  std::string operator()(const TrailingSpec& d) const {
    return fmt::format("trailing{}{}{} {}", list_of(d.per), text_of(d.time), d.months, d.zone.name());
  }
  std::string operator()(const PairsSpec& d) const {
    return fmt::format("pairs{}{}{}", list_of(d.per), text_of(d.of), d.max_items);
  }
  std::string operator()(const RollupSpec& d) const {
    std::string out = "rollup" + list_of(d.per);
    for (const AggregateSpec& aggregate : d.aggregates) out += canonical_text(aggregate);
    return out;
  }
  std::string operator()(const LookupSpec& d) const { return canonical_text(d); }
};

}  // namespace

std::string canonical_text(const AggregateSpec& a) {
  return fmt::format("aggregate {} {} {} {} {}|", static_cast<int>(a.kind), text_of(a.value),
                     text_of(a.where), list_of(a.by), to_string(a.fraction));
}

std::string canonical_text(const LookupSpec& d) {
  std::string out = "lookup " + d.dataset + list_of(d.key) + list_of(d.take);
  for (const auto& match : d.match) out += list_of(match);
  for (const OrderExpression& pick : d.pick) out += text_of(pick.value) + (pick.descending ? "-" : "+");
  return out;
}

std::string canonical_text(const ReportSpec& r) {
  std::string out = fmt::format("report {}|where {}|", r.name, text_of(r.where));
  if (r.explode) out += fmt::format("explode {}|", *r.explode);
  if (r.derive) out += std::visit(DerivationText{}, *r.derive) + "|";
  for (const std::size_t column : r.carried) out += fmt::format("carried {}|", column);
  for (const FamilySpec& family : r.families) {
    out += "family " + list_of(family.keys) + text_of(family.where) + "|";
    for (const AggregateSpec& aggregate : family.aggregates) out += canonical_text(aggregate);
  }
  for (const FamilyReference& reference : r.references) {
    out += fmt::format("reference {}", reference.family);
    for (const std::size_t at : reference.group_at) out += fmt::format(" {}", at);
    out += "|";
  }
  for (const MeasureSpec& m : r.measures) out += "measure " + m.name + text_of(m.value) + "|";
  if (r.top) {
    out += fmt::format("top {}|", r.top->rows);
    for (const OrderExpression& o : r.top->order) out += text_of(o.value) + (o.descending ? "-|" : "+|");
  }
  for (const ReportColumn& c : r.columns) {
    out += fmt::format("column {} {} {} {} {} {}|", c.name, static_cast<int>(c.kind), c.index, c.in_key,
                       c.min_scale, c.currency_at ? static_cast<int>(*c.currency_at) : -1);
  }
  return out;
}

const LookupSpec* lookup_of(const ReportSpec& report) {
  return report.derive ? std::get_if<LookupSpec>(&*report.derive) : nullptr;
}

std::string place_of(const ExportSpec& exported) {
  return exported.to_s3 ? "s3://" + exported.bucket + "/" + exported.place
                        : "data/out/" + exported.place + "/";
}

}  // namespace sluice
