#include "overt/origins.h"

#include <algorithm>
#include <array>
#include <utility>

namespace overt {
namespace {

constexpr std::array<std::string_view, 2> kSiteDirectories = {"/site-packages/", "/dist-packages/"};

// Splits a file at the directory that installers install into: {".../site-packages",
// "flask/app.py"}.
std::pair<std::string_view, std::string_view> split_site(std::string_view file) {
  for (const auto marker : kSiteDirectories) {
    if (const auto at = file.rfind(marker); at != std::string_view::npos) {
      return {file.substr(0, at + marker.size() - 1), file.substr(at + marker.size())};
    }
  }
  return {};
}

// The directory that `module` was imported from: "/src/shop/web.py" of shop.web lies in "/src".
std::pair<std::string_view, std::string_view> split_root(std::string_view module,
                                                         std::string_view file) {
  auto levels = static_cast<std::size_t>(std::count(module.begin(), module.end(), '.')) + 1;
  if (file.find("/__init__.") != std::string_view::npos) ++levels;
  auto at = file.size();
  while (levels-- > 0) {
    if (at == 0) return {};
    at = file.rfind('/', at - 1);
    if (at == std::string_view::npos) return {};
  }
  return {file.substr(0, at), file.substr(at + 1)};
}

}  // namespace

std::string_view top_name(std::string_view module) { return module.substr(0, module.find('.')); }

Origins::Origins(Environment environment)
    : environment_(std::move(environment)),
      stdlib_names_(environment_.stdlib_names.begin(), environment_.stdlib_names.end()),
      distributions_(environment_.path) {}

void Origins::see_path(const std::string& directory) {
  auto& path = environment_.path;
  if (std::find(path.begin(), path.end(), directory) != path.end()) return;
  path.push_back(directory);
  distributions_.add_root(directory);
}

bool Origins::is_stdlib_name(std::string_view top) const {
  return stdlib_names_.contains(std::string(top));
}

bool Origins::in_stdlib(std::string_view file) const {
  const auto& directory = environment_.stdlib_directory;
  return !directory.empty() && file.size() > directory.size() && file.starts_with(directory) &&
         file[directory.size()] == '/' && split_site(file).first.empty();
}

OriginId Origins::of(std::string_view module, std::string_view file, std::string_view main_name) {
  std::string key;
  key.append(module).append(1, '\n').append(file).append(1, '\n').append(main_name);
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  const auto id = static_cast<OriginId>(all_.size());
  all_.push_back(find(real_name(module, main_name), file));
  known_.emplace(std::move(key), id);
  return id;
}

Origin Origins::find(std::string_view module, std::string_view file) {
  const std::string top(top_name(module));
  Origin origin{Place::application, std::string(module), "", top, "app:" + top};
  const bool real_file = file.starts_with('/');
  if ((!real_file && is_stdlib_name(top)) || in_stdlib(file)) {
    origin.place = top == "builtins" ? Place::builtins : Place::stdlib;
    origin.name = origin.party = "python";
    origin.version = environment_.python_version;
    return origin;
  }
  if (!real_file) return origin;

  const auto [site, in_site] = split_site(file);
  const auto [root, relative] = site.empty() ? split_root(module, file) : std::pair(site, in_site);
  if (!site.empty()) {  // also a file that no distribution claims, copied there by hand
    origin.place = Place::site;
    origin.name = top_name(in_site.substr(0, in_site.find('/')));
    origin.package = origin.name;
    origin.party = "site:" + origin.name;
  }
  const Distribution* found = nullptr;
  if (!relative.empty()) found = distributions_.owner(std::string(root), relative);
  if (found == nullptr) found = distributions_.outside(std::string(file));
  if (found == nullptr) return origin;
  // What is installed in place, from a checkout, is the application under work, with a name of its
  // own.
  if (!found->editable) origin.place = Place::site;
  origin.name = found->name;
  origin.version = found->version;
  origin.party = "dist:" + found->name;
  return origin;
}

OriginId Origins::of_name(std::string_view module) {
  const std::string top(top_name(module));
  if (is_stdlib_name(top)) return of(module, "");
  const auto* provider = provider_of(module);
  const std::string key = "\n" + (provider != nullptr ? provider->name + "\n" : "") + top;
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  const auto id = static_cast<OriginId>(all_.size());
  all_.push_back({Place::site, top, "", top, "site:" + top});
  if (provider != nullptr) {
    all_.back().name = provider->name;
    all_.back().version = provider->version;
    all_.back().party = "dist:" + provider->name;
  }
  known_.emplace(key, id);
  return id;
}

const Distribution* Origins::provider_of(std::string_view module) {
  std::string file(module);
  std::replace(file.begin(), file.end(), '.', '/');
  file += ".py";
  for (const auto& root : environment_.path) {
    if (const auto* found = distributions_.owner(root, file)) return found;
  }
  return nullptr;
}

bool Origins::provided(std::string_view top) {
  return is_stdlib_name(top) || provider_of(top) != nullptr;
}

}  // namespace overt
