// An import root as installers fill it, for tests of what is read from it.
#pragma once

#include <string>
#include <string_view>

#include "files.h"
#include "overt/distributions.h"

namespace overt::test {

// "name version", with " editable" where it is; "nobody" for none.
inline std::string text_of(const Distribution* distribution) {
  if (distribution == nullptr) return "nobody";
  return distribution->name + " " + distribution->version +
         (distribution->editable ? " editable" : "");
}

// One import root, "site-packages", and what a path in it or outside of it belongs to.
class Site {
 public:
  std::string owner(std::string_view relative) {
    return text_of(distributions_.owner(files.path("site-packages"), relative));
  }
  std::string outside(const std::string& path) { return text_of(distributions_.outside(path)); }

  void install(const std::string& name, std::string_view record) const {
    test::install(files, "site-packages", name, "1.0", record);
  }
  // A file of the metadata of distribution shop 0.1.
  void shop(std::string_view file, std::string_view text) const {
    files.write("site-packages/shop-0.1.dist-info/" + std::string(file), text);
  }
  void editable(std::string_view direct_url) const {
    shop("METADATA", "Name: shop\nVersion: 0.1\n");
    shop("RECORD", "__editable__.shop-0.1.pth,,\n");
    shop("direct_url.json", direct_url);
  }

  Directory files;

 private:
  Distributions distributions_{{files.path("site-packages")}};
};

}  // namespace overt::test
