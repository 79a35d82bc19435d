#include "config/render_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace holdfast::config {
namespace {

using Json = nlohmann::ordered_json;

// Definitions that name each other are refused, but a chain may be long.
constexpr size_t kChainMax = 32;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// What has no place in the text is about the file as a whole: line 0.
Json place_of(Place place, const Sources& sources) {
  return {{"file", sources.file(place.file).name()},
          {"line", place.line},
          {"column", place.column},
          {"end_column", place.column + (place ? place.width : 0)}};
}

Json includes_of(Place place, const Sources& sources) {
  Json chain = Json::array();
  for (Place at = sources.file(place.file).included_at(); at && chain.size() < kChainMax;
       at = sources.file(at.file).included_at()) {
    chain.push_back(place_of(at, sources));
  }
  return chain;
}

Json expansions_of(Place place, const Sources& sources) {
  Json chain = Json::array();
  while (place.expansion != 0 && chain.size() < kChainMax) {
    const Expansion& expansion = sources.expansion(place.expansion);
    Json link = place_of(expansion.use, sources);
    link["what"] = expansion.what;
    if (expansion.origin) link["origin"] = place_of(expansion.origin, sources);
    chain.push_back(std::move(link));
    place = expansion.use;
  }
  return chain;
}

Json json_of(const Diagnostic& diagnostic, const Sources& sources) {
  Json json{{"id", diagnostic.finding.id},
            {"severity", severity_name(diagnostic.finding.severity)},
            {"message", diagnostic.text}};
  json.update(place_of(diagnostic.place, sources));
  json["label"] = diagnostic.label;
  json["secondary"] = Json::array();
  if (diagnostic.other) {
    Json other = place_of(diagnostic.other, sources);
    other["label"] = diagnostic.other_label;
    json["secondary"].push_back(std::move(other));
  }
  json["notes"] = diagnostic.notes;
  json["helps"] = diagnostic.helps;
  json["included_from"] = includes_of(diagnostic.place, sources);
  json["expanded_from"] = expansions_of(diagnostic.place, sources);
  return json;
}

// `about` names what was looked at.
std::string lines_of(const Diagnostics& diagnostics, const Sources& sources, Json about) {
  std::string out;
  const auto count = [&](Severity severity) {
    const auto is_one = [&](const Diagnostic& one) { return one.finding.severity == severity; };
    return std::ranges::count_if(diagnostics.all(), is_one);
  };
  for (const Diagnostic& one : diagnostics.all()) out += dump(json_of(one, sources));
  about.update({{"errors", diagnostics.errors()},
                {"warnings", diagnostics.warnings()},
                {"lints", diagnostics.lints()},
                {"notes", count(Severity::kNote)},
                {"left_out", diagnostics.left_out()}});
  return out + dump({{"summary", about}});
}

}  // namespace

std::string render_json(const Diagnostics& diagnostics, const Sources& sources) {
  return lines_of(diagnostics, sources, Json::object({{"file", sources.file(0).name()}}));
}

std::string render_json(const ClusterResult& cluster) {
  return lines_of(cluster.diagnostics, cluster.sources, Json::object({{"files", cluster.names}}));
}

}  // namespace holdfast::config
