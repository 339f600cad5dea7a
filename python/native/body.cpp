#include "body.h"

namespace overt::py {
namespace {

PyObject* run(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  const auto* body = reinterpret_cast<Body*>(self);
  return body->own(body->head.original, args, nargsf, kwnames);
}

}  // namespace

nb::object new_body(PyObject* function, vectorcallfunc own) {
  auto object = new_stand_in(stand_in_types().body, function, run);
  reinterpret_cast<Body*>(object.ptr())->own = own;
  return object;
}

PyTypeObject* make_body_type(PyTypeObject* base) {
  return make_stand_in_type(base, "overt._native.Body", sizeof(Body), traverse_stand_in,
                            clear_stand_in);
}

}  // namespace overt::py
