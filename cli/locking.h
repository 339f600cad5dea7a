// What `overt lock` and `overt check` share: the lock as a file.
#pragma once

#include <optional>
#include <string>

#include "overt/lock.h"
#include "overt/result.h"

namespace overt::cli {

// Nothing where there is no such file. Errors: format, io.
result<std::optional<Lock>> read_lock(const std::string& path);

// Whole, or not at all.
result<void> write_lock(const std::string& path, const Lock& lock);

}  // namespace overt::cli
