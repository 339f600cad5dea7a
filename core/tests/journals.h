// Journals of one run and their settings, for tests that write and read them.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "files.h"
#include "overt/run.h"
#include "patches.h"

namespace overt::test {

inline RunSettings settings_of(const Directory& files, const std::string& report = {}) {
  RunSettings settings;
  settings.version = "0.1.0";
  settings.run = "7-1790";
  settings.pid = 7;
  settings.directory = files.path("run");
  settings.report = report.empty() ? report : files.path(report);
  settings.command = "/usr/bin/overt";
  std::filesystem::create_directories(settings.directory);
  return settings;
}

inline JournalHead head_of(int pid) {
  return {"7-1790", pid, "spawn", {"python", "worker.py"}, "3.13.0", "", 0};
}

inline Patch patch_with_id(int id, const std::string& target = "time:sleep") {
  auto patch = patch_of(target, "sentry-sdk", id);
  patch.id = id;
  return patch;
}

// The patches of a journal, in the words "1 time:sleep reverted x2, ...", or the error.
inline std::string patches_in(const std::string& path) {
  const auto read = read_journal(path);
  if (!read) return read.error().what;
  std::string text;
  for (const auto& patch : read->report.patches) {
    text += (text.empty() ? "" : ", ") + std::to_string(patch.id) + " " + patch.target;
    if (patch.reverted) text += " reverted";
    if (patch.times > 1) text += " x" + std::to_string(patch.times);
  }
  return text;
}

}  // namespace overt::test
