#include "without_first.h"

#include "call.h"

namespace overt::py {
namespace {

PyObject* run(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  PyObject* callable = reinterpret_cast<StandIn*>(self)->original;
  const auto count = static_cast<std::size_t>(PyVectorcall_NARGS(nargsf));
  if (count == 0) return call(callable, args, count, kwnames);
  return call(callable, args + 1, (count - 1) | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames);
}

}  // namespace

nb::object new_without_first(PyObject* callable) {
  return new_stand_in(stand_in_types().base, callable, run);
}

}  // namespace overt::py
