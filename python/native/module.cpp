// overt._native: what the Python package calls.

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <memory>
#include <stdexcept>

#include "bind.h"
#include "count_anew.h"
#include "life.h"
#include "metering.h"
#include "overt/report.h"
#include "registry.h"
#include "serving.h"
#include "session.h"
#include "signature.h"
#include "soon.h"
#include "stand_in.h"
#include "variables.h"
#include "watcher.h"

namespace nb = nanobind;
namespace py = overt::py;

namespace {

// Started by overt.watch(), where there is no session. Left alive at exit, as the session is.
py::Watcher* watching = nullptr;

void watch(bool internal, bool meter) {
  if (!py::in_main_interpreter()) {
    throw std::runtime_error("only the main interpreter of a process can be watched");
  }
  if (py::is_plain()) return;
  py::hear_environment();
  if (py::Watcher::active() != nullptr) return;
  py::meter_foreign(meter);
  watching = new py::Watcher(py::environment(), internal);
}

void unwatch() {
  if (!py::in_main_interpreter()) return;
  delete watching;
  watching = nullptr;
}

std::string serve() {
  if (!py::in_main_interpreter()) {
    throw std::runtime_error("only the main interpreter of a process can be served");
  }
  return py::is_plain() ? std::string() : py::serve_by_itself();
}

bool is_watching() { return py::in_main_interpreter() && py::Watcher::active() != nullptr; }

std::string report() {
  if (!py::in_main_interpreter()) {
    throw std::runtime_error("only the main interpreter of a process has a report");
  }
  return overt::to_json(py::current_report(), true);
}

std::string record(int id) { return overt::to_json(py::report_of_patch(id), true); }

}  // namespace

NB_MODULE(_native, m) {
  m.doc() = "The native half of overt.";
  m.attr("__version__") = OVERT_VERSION;
  py::make_stand_in_types();
  py::make_life_types();
  py::make_forks_wait(m);
  py::count_anew_in_children(m);
  py::bind_registries(m);
  m.def("boot", &py::boot, nb::arg("settings"),
        "Govern this process as `overt run` said in OVERT_RUN, and return what it must be for "
        "children. "
        "Called by overt._boot only.");
  m.def("finish", &py::finish, "Stop watching and write the report. Called at exit.");
  m.def("after_fork", &py::after_fork, "Start over in a forked child.");
  m.def("watch", &watch, nb::arg("internal") = false, nb::arg("meter") = true,
        "See foreign patches from here on, and count and time their calls unless `meter` is "
        "False. No-op when this process is watched already.");
  m.def("unwatch", &unwatch, "Stop what watch() started; what it saw is forgotten.");
  m.def("serve", &serve, "Open the control socket and return its path. See overt.serve().");
  m.def("stop_serving", &py::stop_serving, "Close it. Called at exit.");
  m.def("serve_again", &py::serve_again, "Start again what a fork stopped.");
  m.def("watching", &is_watching, "True while patches are seen.");
  m.def(
      "report", &report,
      "The report as it stands, as the text of an overt.report/1: governed patches, and others as "
      "far as they were watched.");
  m.def(
      "record", &record, nb::arg("id"),
      "One patch as an overt.report/1 has it, without what takes long to find out: who holds it.");
  m.def("refusal", &py::refusal, nb::arg("callee"), nb::arg("target"), nb::arg("leading") = 1,
        nb::arg("role") = "advice", nb::arg("method") = false,
        "Why `callee`, given `leading` arguments before the target's own, cannot stand in for "
        "`target`; None if it can. The first parameter of a method may have any name.");
  py::bind_patches(m);
  py::bind_tools(m);
  py::bind_wrapper(m);
  py::bind_metrics(m);
  py::bind_switch(m);
  py::bind_testing(m);
}
