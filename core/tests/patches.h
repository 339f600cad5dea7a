// Patches and reports with every field filled, for tests that store, print or compare them.
#pragma once

#include <string>

#include "overt/report.h"

namespace overt::test {

// A patch as the watcher would record it; tests change what they are about.
inline Patch patch_of(std::string target, std::string owner, int line = 10) {
  Patch patch;
  patch.target = std::move(target);
  patch.owner = {std::move(owner), "1.0", "package"};
  patch.boundary = Boundary::stdlib;
  patch.at = 1790000000.25;
  patch.thread = 77;
  patch.site = {"package.module", "install", "/site/package/module.py", line};
  patch.stack = {patch.site, {"shop.boot", "<module>", "/src/shop/boot.py", 3}};
  patch.old_value = {"function", "http.client", "HTTPConnection.send"};
  patch.new_value = {"function", "package.module", "send"};
  return patch;
}

inline Report report_of(std::vector<Patch> patches) {
  Ledger ledger;
  for (auto& patch : patches) ledger.add(std::move(patch));
  Report report;
  report.python = "3.13.0";
  report.pid = 7;
  report.argv = {"python", "app.py"};
  report.modules = 312;
  report.watch_ms = 4.5;
  report.patches = ledger.patches();
  report.conflicts = ledger.conflicts();
  return report;
}

// The terminal acts on these: what a program names itself must never contain them unescaped.
inline bool is_harmless(const std::string& text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n') || byte == 0x7f) return false;
  }
  for (const char* bad : {"\u202e", "\u2066", "\u200b", "\u0085", "\u009b", "\ufeff"}) {
    if (text.find(bad) != std::string::npos) return false;
  }
  return true;
}

}  // namespace overt::test
