#include "foreign_call.h"

#include "records.h"
#include "stand_in.h"
#include "wrapt_like.h"

namespace overt::py {

Original::Original(const nb::object& callable) {
  PyObject* object = callable.ptr();
  const auto& types = stand_in_types();
  while (Py_TYPE(object) == types.base || Py_TYPE(object) == types.binder ||
         Py_TYPE(object) == types.body) {
    object = reinterpret_cast<StandIn*>(object)->original;
  }
  if (PyMethod_Check(object)) object = PyMethod_GET_FUNCTION(object);
  nb::object inside;
  if (Py_TYPE(object) == &PyStaticMethod_Type || Py_TYPE(object) == &PyClassMethod_Type) {
    inside = nb::getattr(object, "__func__");
    object = inside.ptr();
  }
  if (PyFunction_Check(object)) {
    auto& hook = hook_of(object);
    ++hook.timed;
    update(hook);
    function_ = nb::borrow(object);
    key_ = object;
  } else {
    below_ = meter_of_wrapt_like(nb::borrow(object));
    key_ = below_.get();
  }
}

void Original::forget() noexcept {
  if (auto* hook = function_.is_valid() ? find_hook(function_.ptr()) : nullptr) {
    if (key_ != nullptr) --hook->timed;
    update(*hook);
  }
  key_ = nullptr;
}

// An object of ours in the place of a coroutine could tell how long it lives, and a program that
// asks for its type could tell that it is none.
ForeignTarget::ForeignTarget(std::shared_ptr<PatchMeter> the_meter, PyObject* wrapper,
                             const nb::object& callable)
    : meter(std::move(the_meter)), original(callable) {
  constexpr int kLives = CO_COROUTINE | CO_ITERABLE_COROUTINE | CO_GENERATOR | CO_ASYNC_GENERATOR;
  const auto* code = reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(wrapper));
  const bool lives = (code->co_flags & kLives) != 0;
  if (lives) meter->never_whole();
  tells_errors = !lives && original.key() != nullptr;
  if (original.key() == nullptr) meter->never_split();
}

bool may_keep(const nb::object& original) {
  PyObject* object = original.ptr();
  if (is_stand_in(object)) return true;  // ours, around what the patch replaced
  return is_function_or_its_parts(object) || PyType_Check(object) || PyMethod_Check(object) ||
         is_wrapt_like(original);
}

}  // namespace overt::py
