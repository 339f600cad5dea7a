// What `overt check` found, for people and for the programs that show it to them.

#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "overt/check.h"
#include "overt/json_text.h"
#include "overt/text.h"
#include "report_words.h"

namespace overt {
namespace {

using nlohmann::ordered_json;

constexpr const char* kRed = "\x1b[31m";
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kDim = "\x1b[2m";
constexpr const char* kPlain = "\x1b[0m";

struct Kind {
  Difference what;
  const char* plural;  // "2 new, 1 wider"
  const char* title;   // of an annotation, and of SARIF's rule
  const char* meaning;
};

constexpr std::array<Kind, 8> kKinds = {{
    {Difference::added, "new", "New patch", "A target is patched that nobody patched before."},
    {Difference::owner, "of another owner", "Patch of another owner",
     "A target that is locked for one owner is patched by another."},
    {Difference::change, "changed", "Changed patch",
     "An owner does another thing to a target than it did before."},
    {Difference::wider, "wider", "Wider patch",
     "A patch reaches farther than it did: a wider boundary, or everywhere."},
    {Difference::version, "of another version", "Owner outside of its range",
     "The owner's version is outside of the range that was accepted."},
    {Difference::conflict, "in conflict", "Patches in conflict",
     "Several owners patch one target at the same time, and it is not locked as shared by them."},
    {Difference::narrower, "narrower", "Narrower patch", "A patch reaches less far than it did."},
    {Difference::gone, "gone", "Patch is gone", "A locked patch was not made."},
}};

const Kind& kind_of(Difference what) { return kKinds[static_cast<std::size_t>(what)]; }

std::string summary(const Comparison& comparison) {
  std::map<Difference, std::size_t> numbers;
  for (const auto& finding : comparison.findings) ++numbers[finding.what];
  std::vector<std::string> words;
  words.reserve(numbers.size());
  for (const auto& [what, number] : numbers) {
    words.push_back(std::to_string(number) + " " + kind_of(what).plural);
  }
  return joined(words, ", ");
}

std::string made_at(const Site& site) {
  if (site.module.empty()) return {};
  return "made at " + place(site) + (site.file.empty() ? "" : " (" + site.file + ")");
}

// The values of a workflow command's properties, and its message: GitHub's own escapes.
std::string github(std::string_view text, bool property) {
  std::string out;
  for (const char c : printable(text, 4000)) {
    if (c == '%') {
      out += "%25";
    } else if (property && (c == ':' || c == ',')) {
      out += c == ':' ? "%3A" : "%2C";
    } else {
      out += c;
    }
  }
  return out;
}

// A relative reference: what is special in one goes by percent.
std::string uri(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kFine = "-._~/+@=";
  std::string out = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kFine.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out.append(1, '%').append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
    }
  }
  return out;
}

ordered_json location(const std::string& path, int line) {
  return {{"physicalLocation",
           {{"artifactLocation", {{"uri", uri(path)}}},
            {"region", {{"startLine", std::max(line, 1)}}}}}};
}

const char* level(Difference what) { return fails(what) ? "error" : "note"; }

ordered_json sarif_result(const Finding& finding, const std::string& lock) {
  auto where = location(lock, finding.line);
  const ordered_json target = {{"fullyQualifiedName", finding.target}, {"kind", "function"}};
  where["logicalLocations"] = ordered_json::array({target});
  ordered_json out = {{"ruleId", "overt/" + std::string(name(finding.what))},
                      {"ruleIndex", static_cast<int>(finding.what)},
                      {"level", level(finding.what)},
                      {"message", {{"text", finding.target + ": " + finding.said}}},
                      {"locations", ordered_json::array({std::move(where)})},
                      // The same finding in the next run, whatever moved in the files meanwhile.
                      {"partialFingerprints",
                       {{"overtPatch/v1", std::string(name(finding.what)) + "|" + finding.target +
                                              "|" + finding.owner}}}};
  if (!finding.site.file.empty()) {
    auto made = location(finding.site.file, finding.site.line);
    made["id"] = 1;
    made["message"] = {{"text", "made here"}};
    out["relatedLocations"] = ordered_json::array({std::move(made)});
  }
  return out;
}

std::string dumped(const ordered_json& out) { return indented_json(out); }

}  // namespace

std::string to_text(const Comparison& comparison, bool colour) {
  const auto shown = [&](const char* escape, const std::string& text) {
    return colour ? escape + text + kPlain : text;
  };
  const auto path = printable(comparison.path, 4000);
  if (comparison.findings.empty()) {
    return "overt: " + counted(comparison.seen, "patch") + ", as locked in " + path + "\n";
  }
  std::string text = "overt: " + summary(comparison) + ", against " + path + "\n";
  for (const auto& finding : comparison.findings) {
    text += "\n";
    if (!finding.locked.empty()) {
      text += shown(kRed, "- " + printable(finding.locked, 4000)) + "\n";
    }
    if (!finding.seen.empty()) text += shown(kGreen, "+ " + printable(finding.seen, 4000)) + "\n";
    text += "    " + std::string(name(finding.what)) + ": " + printable(finding.said, 4000) + "\n";
    if (const auto at = made_at(finding.site); !at.empty()) {
      text += shown(kDim, "    " + printable(at, 4000)) + "\n";
    }
  }
  if (comparison.fails()) text += "\n`overt check --update` accepts what is here.\n";
  return text;
}

std::string to_json(const Comparison& comparison) {
  ordered_json out = {{"schema", "overt.check/1"},
                      {"lock", comparison.path},
                      {"patches", comparison.seen},
                      {"fails", comparison.fails()},
                      {"findings", ordered_json::array()}};
  const auto text = [](const std::string& value) {
    return value.empty() ? ordered_json(nullptr) : ordered_json(value);
  };
  for (const auto& finding : comparison.findings) {
    out["findings"].push_back(
        {{"what", name(finding.what)},
         {"fails", fails(finding.what)},
         {"target", finding.target},
         {"owner", {{"name", finding.owner}, {"version", text(finding.version)}}},
         {"locked", text(finding.locked)},
         {"line", finding.line},
         {"seen", text(finding.seen)},
         {"site",
          {{"module", text(finding.site.module)},
           {"file", text(finding.site.file)},
           {"line", finding.site.line}}},
         {"said", finding.said}});
  }
  return dumped(out);
}

std::string to_sarif(const Comparison& comparison) {
  ordered_json rules = ordered_json::array();
  for (const auto& kind : kKinds) {
    rules.push_back({{"id", "overt/" + std::string(name(kind.what))},
                     {"name", kind.title},
                     {"shortDescription", {{"text", kind.title}}},
                     {"fullDescription", {{"text", kind.meaning}}},
                     {"defaultConfiguration", {{"level", level(kind.what)}}}});
  }
  ordered_json results = ordered_json::array();
  for (const auto& finding : comparison.findings) {
    results.push_back(sarif_result(finding, comparison.path));
  }
  const ordered_json driver = {
      {"name", "overt"}, {"version", OVERT_VERSION}, {"rules", std::move(rules)}};
  const ordered_json run = {{"tool", {{"driver", driver}}}, {"results", std::move(results)}};
  return dumped({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                 {"version", "2.1.0"},
                 {"runs", ordered_json::array({run})}});
}

std::string to_github(const Comparison& comparison) {
  std::string text;
  for (const auto& finding : comparison.findings) {
    text += fails(finding.what) ? "::error" : "::notice";
    text += " file=" + github(comparison.path, true) +
            ",line=" + std::to_string(std::max(finding.line, 1)) +
            ",title=" + github(kind_of(finding.what).title, true) +
            "::" + github(finding.target + ": " + finding.said, false);
    if (const auto at = made_at(finding.site); !at.empty()) text += "; " + github(at, false);
    text += "\n";
  }
  return text;
}

}  // namespace overt
