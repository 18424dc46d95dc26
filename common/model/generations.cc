#include "common/model/generations.h"

#include "common/model/json_read.h"

namespace sluice {
namespace {

using model_json::read_number;

constexpr std::string_view kCutBegins = R"({"sluice_cut":)";

Beginning read_beginning(const nlohmann::json& j) {
  Beginning out;
  for (const auto& [partition, offset] : j.at("offsets").items()) {
    out.offsets[std::stoi(partition)] = model_json::whole_number<std::int64_t>(offset, partition);
  }
  read_number(j, "place", out.place);
  return out;
}

std::string generation_json(const Generation& g) {
  model_json::ObjectWriter out;
  out.signed_number("number", g.number)
      .text("fingerprint", g.fingerprint)
      .text("path", g.path)
      .text("definition", g.definition)
      .raw("from", to_json(g.from));
  return out.finish();
}

Generation read_generation(const nlohmann::json& j) {
  Generation out;
  read_number(j, "number", out.number);
  out.fingerprint = j.at("fingerprint");
  out.path = j.at("path");
  out.definition = j.at("definition");
  out.from = read_beginning(j.at("from"));
  return out;
}

bool are_digits(std::string_view text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string to_json(const Beginning& beginning) {
  model_json::ObjectWriter offsets;
  for (const auto& [partition, offset] : beginning.offsets) {
    offsets.signed_number(std::to_string(partition), offset);
  }
  model_json::ObjectWriter out;
  out.raw("offsets", offsets.finish()).number("place", beginning.place);
  return out.finish();
}

Result<Beginning> beginning_from_json(std::string_view json) {
  return model_json::read_object<Beginning>(json, "a beginning", [](const nlohmann::json& j) {
    for (const auto& [partition, offset] : j.at("offsets").items()) {
      if (!are_digits(partition)) throw model_json::Malformed("\"" + partition + "\" is no partition");
    }
    return read_beginning(j);
  });
}

std::string to_json(const DatasetGenerations& g) {
  model_json::ObjectWriter out;
  out.text("dataset", g.dataset).raw("live", generation_json(g.live));
  out.raw("building", g.building ? generation_json(*g.building) : "null");
  out.signed_number("cut", g.cut).boolean("cut_open", g.cut_open);
  return out.finish();
}

Result<DatasetGenerations> generations_from_json(std::string_view json) {
  return model_json::read_object<DatasetGenerations>(
      json, "a dataset's generations", [](const nlohmann::json& j) {
        DatasetGenerations out;
        out.dataset = j.at("dataset");
        out.live = read_generation(j.at("live"));
        if (!j.at("building").is_null()) out.building = read_generation(j.at("building"));
        read_number(j, "cut", out.cut);
        out.cut_open = j.at("cut_open").get<bool>();
        return out;
      });
}

KnownGenerations known_of(const DatasetGenerations& g) {
  return {g.live.number, g.building ? g.building->number : 0, g.cut, g.cut_open};
}

bool waits_at_cut(const KnownGenerations& known, int generation, int cut) {
  if (cut > known.cut) return true;  // not heard of yet
  if (cut == known.cut && known.cut_open) return true;
  return generation != known.live && generation != known.building;
}

std::string to_json(const Cut& cut) {
  model_json::ObjectWriter out;
  out.signed_number("sluice_cut", cut.number)
      .signed_number("live", cut.live)
      .signed_number("building", cut.building);
  return out.finish();
}

std::optional<Cut> cut_of(std::string_view key, std::string_view value) {
  if (!key.empty() || !value.starts_with(kCutBegins)) return std::nullopt;
  const auto read = model_json::read_object<Cut>(value, "a cut", [](const nlohmann::json& j) {
    Cut out;
    read_number(j, "sluice_cut", out.number);
    read_number(j, "live", out.live);
    read_number(j, "building", out.building);
    return out;
  });
  if (!read || read->number < 1) return std::nullopt;
  return *read;
}

}  // namespace sluice
