#include "overt/helpers.h"

#include <algorithm>
#include <array>

#include "overt/origins.h"

namespace overt {
namespace {

struct Helper {
  std::string_view module;  // the module, or a package whose every module helps
  std::string_view name;
};

// Each of these exists to patch whatever its caller names. A library that patches things of its own
// choice (freezegun, gevent, tqdm) is an owner and does not belong here.
constexpr std::array kHelpers = {
    Helper{"unittest.mock", "unittest.mock"},
    Helper{"mock", "mock"},
    Helper{"_pytest.monkeypatch", "pytest"},
    Helper{"pytest_mock", "pytest-mock"},
    Helper{"wrapt", "wrapt"},
    Helper{"gorilla", "gorilla"},
    Helper{"aspectlib", "aspectlib"},
    Helper{"forbiddenfruit", "forbiddenfruit"},
    Helper{"patchy", "patchy"},
    Helper{"flexmock", "flexmock"},
    Helper{"mockito", "mockito"},
    Helper{"testfixtures", "testfixtures"},
};

const Helper* find(std::string_view module) {
  for (const auto& helper : kHelpers) {  // asked for each frame of a stack: the first letter first
    if (module.starts_with(helper.module.front()) && module.starts_with(helper.module) &&
        (module.size() == helper.module.size() || module[helper.module.size()] == '.')) {
      return &helper;
    }
  }
  return nullptr;
}

}  // namespace

bool is_helper(std::string_view module) { return find(module) != nullptr; }

std::string_view helper_name(std::string_view module) {
  const auto* helper = find(module);
  return helper != nullptr ? helper->name : top_name(module);
}

}  // namespace overt
