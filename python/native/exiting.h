// THREADS: with the GIL. PYTHON: runs none.
#pragma once

#include <Python.h>

namespace overt::py {

// The interpreter takes its modules apart: there is nothing any more to find anything in, and
// whoever asks for sys.modules then is aborted.
inline bool is_exiting() {
#if PY_VERSION_HEX >= 0x030D0000
  return Py_IsFinalizing() != 0;
#else
  return _Py_IsFinalizing() != 0;
#endif
}

}  // namespace overt::py
