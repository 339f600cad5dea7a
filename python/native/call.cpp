#include "call.h"

#include <array>

namespace overt::py {

PyObject* call_with_first_copied(PyObject* callable, PyObject* first, PyObject* const* args,
                                 std::size_t nargsf, PyObject* kwnames) {
  constexpr std::size_t kUsual = 8;
  const auto count = count_of(nargsf, kwnames);
  std::array<PyObject*, kUsual + 2> few{};
  std::unique_ptr<PyObject*[]> many;  // NOLINT(modernize-avoid-c-arrays): a size known at run time
  PyObject** all = few.data();
  if (count > kUsual) {
    many.reset(new (std::nothrow) PyObject*[count + 2]);
    if (!many) return PyErr_NoMemory();
    all = many.get();
    all[0] = nullptr;
  }
  all[1] = first;
  std::copy(args, args + count, all + 2);
  const auto positional = static_cast<std::size_t>(PyVectorcall_NARGS(nargsf)) + 1;
  return call(callable, all + 1, positional | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames);
}

}  // namespace overt::py
