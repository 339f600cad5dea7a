// PYTHON: how CPython 3.12 to 3.15 compile `try`. The exception table says which instructions a
// handler covers and where it begins. One that was written in the source begins with
// PUSH_EXC_INFO; it ends
//
//   except ...: pass       POP_EXCEPT, and goes on                      swallows
//   except ...: raise      RAISE_VARARGS 0                              raises_again
//   ... raise X            RAISE_VARARGS 1                              replaces
//   ... raise X from None  LOAD_CONST None, RAISE_VARARGS 2             drops_cause
//   ... raise X from Y     RAISE_VARARGS 2                              (keeps all: not told)
//   finally:, no match     RERAISE                                      (passes on: not told)
//   with:                  WITH_EXCEPT_START                            leaves_it, to its manager
//
// A clause of `except*` begins with CHECK_EG_MATCH, COPY 1, POP_JUMP_IF_NONE; what its body raises
// comes to LIST_APPEND 3 behind it, which it jumps over where it swallows. POP_EXCEPT stands at the
// end of all clauses, where the group is put together again.
//
// COPY 3, POP_EXCEPT, RERAISE 1 is what the compiler adds for an error inside of the handler.
// co_code is the code before specialisation, with zeroed caches, which are CACHE then.
#include "handlers.h"

#include <opcode.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "wrapt_like.h"

namespace overt::py {
namespace {

namespace nb = nanobind;

struct Instruction {
  int opcode = 0;
  int argument = 0;
  int offset = 0;  // bytes
};

std::vector<Instruction> instructions_of(std::string_view bytes) {
  std::vector<Instruction> all;
  int extended = 0;
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
    const auto opcode = static_cast<unsigned char>(bytes[at]);
    const int argument = extended | static_cast<unsigned char>(bytes[at + 1]);
    if (opcode == EXTENDED_ARG) {
      extended = argument << 8;
      continue;
    }
    extended = 0;
    if (opcode != CACHE) all.push_back({opcode, argument, static_cast<int>(at)});
  }
  return all;
}

struct Covered {
  int start = 0;  // bytes, as all of these
  int end = 0;
  int handler = 0;
};

// Numbers of six bits, the first of an entry marked by bit 7, all but a number's last by bit 6.
std::vector<Covered> table_of(std::string_view bytes) {
  std::vector<Covered> all;
  std::size_t at = 0;
  const auto next = [&] {
    int number = 0;
    while (at < bytes.size()) {
      const auto byte = static_cast<unsigned char>(bytes[at++]);
      number = (number << 6) | (byte & 0x3f);
      if ((byte & 0x40) == 0) break;
    }
    return number;
  };
  while (at < bytes.size()) {
    const int start = next() * 2;
    const int length = next() * 2;
    const int handler = next() * 2;
    next();  // depth and whether the offset is pushed
    all.push_back({start, start + length, handler});
  }
  return all;
}

bool calls(int opcode) {
#ifdef CALL_KW
  if (opcode == CALL_KW) return true;
#endif
  return opcode == CALL || opcode == CALL_FUNCTION_EX || opcode == SEND;
}

bool is_forward_jump(int opcode) {
  return opcode == JUMP_FORWARD || opcode == POP_JUMP_IF_TRUE || opcode == POP_JUMP_IF_FALSE ||
         opcode == POP_JUMP_IF_NONE || opcode == POP_JUMP_IF_NOT_NONE;
}

class Reader {
 public:
  explicit Reader(PyCodeObject* code) : code_(code) {
    // Most code has no handler; this is asked for each patch, while it is made.
    if (PyBytes_GET_SIZE(code->co_exceptiontable) == 0) return;
    bytes_ = nb::steal(PyCode_GetCode(code));
    if (!bytes_.is_valid()) {
      PyErr_Clear();
      return;
    }
    instructions_ = instructions_of(view(bytes_.ptr()));
    table_ = table_of(view(code->co_exceptiontable));
  }

  std::vector<Handler> run() {
    for (std::size_t i = 0; i < instructions_.size(); ++i) {
      if (instructions_[i].opcode == PUSH_EXC_INFO && covers_a_call(instructions_[i].offset)) {
        read(i + 1);
      }
    }
    return std::move(found_);
  }

 private:
  static std::string_view view(PyObject* bytes) {
    return {PyBytes_AS_STRING(bytes), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes))};
  }

  bool covers_a_call(int handler) const {
    return std::any_of(table_.begin(), table_.end(), [&](const auto& entry) {
      if (entry.handler != handler) return false;
      return std::any_of(instructions_.begin(), instructions_.end(), [&](const auto& each) {
        return each.offset >= entry.start && each.offset < entry.end && calls(each.opcode);
      });
    });
  }

  // Up to where the next handler begins: the compiler puts them behind each other.
  void read(std::size_t from) {
    const bool of_groups = is_of_groups(from);
    for (auto i = from; i < instructions_.size(); ++i) {
      const auto& [opcode, argument, offset] = instructions_[i];
      if (opcode == PUSH_EXC_INFO) return;
      if (opcode == WITH_EXCEPT_START) return note(Handling::leaves_it, offset);
      const bool swallows = of_groups ? opcode == CHECK_EG_MATCH && ends_quietly(i + 3)
                                      : opcode == POP_EXCEPT && !is_followed_by_reraise(i);
      if (swallows) note(Handling::swallows, offset);
      if (opcode != RAISE_VARARGS) continue;
      if (argument == 0) note(Handling::raises_again, offset);
      if (argument == 1) note(Handling::replaces, offset);
      if (argument == 2 && is_none(instructions_[i - 1])) note(Handling::drops_cause, offset);
    }
  }

  bool is_of_groups(std::size_t from) const {
    for (auto i = from; i < instructions_.size() && instructions_[i].opcode != PUSH_EXC_INFO; ++i) {
      if (instructions_[i].opcode == CHECK_EG_MATCH) return true;
    }
    return false;
  }

  // The body of a clause of `except*`.
  bool ends_quietly(std::size_t body) const {
    auto end = body;
    const auto size = instructions_.size();
    while (end < size &&
           !(instructions_[end].opcode == LIST_APPEND && instructions_[end].argument == 3)) {
      ++end;
    }
    for (auto i = body; end < size && i < end; ++i) {
      if (is_forward_jump(instructions_[i].opcode) &&
          instructions_[i + 1].offset + instructions_[i].argument * 2 > instructions_[end].offset) {
        return true;
      }
    }
    return false;
  }

  bool is_followed_by_reraise(std::size_t index) const {
    return index + 1 < instructions_.size() && instructions_[index + 1].opcode == RERAISE;
  }

  bool is_none(const Instruction& instruction) const {
#ifdef LOAD_COMMON_CONSTANT
    if (instruction.opcode == LOAD_COMMON_CONSTANT) return true;  // no exception is among these
#endif
    return instruction.opcode == LOAD_CONST &&
           instruction.argument < PyTuple_GET_SIZE(code_->co_consts) &&
           PyTuple_GET_ITEM(code_->co_consts, instruction.argument) == Py_None;
  }

  void note(Handling what, int offset) {
    const int line = PyCode_Addr2Line(code_, offset);
    const Handler handler{what, std::max(line, 0)};
    if (std::find(found_.begin(), found_.end(), handler) == found_.end()) found_.push_back(handler);
  }

  PyCodeObject* code_;
  nb::object bytes_;
  std::vector<Instruction> instructions_;
  std::vector<Covered> table_;
  std::vector<Handler> found_;
};

PyObject* code_of(PyObject* value) {
  if (value == nullptr) return nullptr;
  if (PyCode_Check(value)) return value;
  if (PyFunction_Check(value)) return PyFunction_GET_CODE(value);
  if (PyMethod_Check(value)) return code_of(PyMethod_GET_FUNCTION(value));
  return nullptr;
}

}  // namespace

std::optional<std::vector<Handler>> handlers_of(PyObject* value) {
  PyObject* code = code_of(value);
  if (code == nullptr) return std::nullopt;
  return Reader(reinterpret_cast<PyCodeObject*>(code)).run();
}

std::optional<std::vector<Handler>> handlers_of_wrapper(PyObject* value) {
  if (value == nullptr) return std::nullopt;
  if (auto known = handlers_of(value)) return known;
  return handlers_of(wrapt_like(nb::borrow(value)).function.ptr());
}

}  // namespace overt::py
