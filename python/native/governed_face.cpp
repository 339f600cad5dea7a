// What a handle does, before it is done: the environment is heard, audit hooks are told, and under
// OVERT=0 the ledger has the patch and nothing else happens.

#include "audit.h"
#include "governed.h"
#include "overt/output.h"
#include "records.h"
#include "serving.h"
#include "variables.h"

namespace overt::py {

void GovernedPatch::install(bool block) {
  hear_environment();
  if (!is_present()) block_ = block;
  if (!is_present()) audit(AuditEvent::install, wish_.target.str(), maker_.owner.name);
  is_plain() ? note() : put_on();
}

void GovernedPatch::remove() {
  if (!is_present()) return;
  Announcement announcement;
  if (entered_ == 1) {  // else it is open in another context, and stays
    announcement.make(AuditEvent::remove, wish_.target.str(), maker_.owner.name);
  }
  if (is_present()) plain_ ? forget() : take_off();  // a hook may have done it
  announcement.rethrow();
}

void GovernedPatch::set_off(bool off) {
  Announcement announcement;
  if (is_present() && !off) audit(AuditEvent::on, wish_.target.str(), maker_.owner.name);
  if (is_present() && off) {
    announcement.make(AuditEvent::off, wish_.target.str(), maker_.owner.name);
  }
  {
    const Announced announced;
    vote_off(off);
  }
  announcement.rethrow();
}

// Nothing is looked up, imported or written: the target need not even be there.
void GovernedPatch::note() {
  if (is_present()) {
    if (wish_.scope != ScopeKind::context) refuse_presence();
    ++entered_;
    return;
  }
  refuse_twice();
  plain_ = true;
  entered_ = 1;
  keep();
  known_as(records().add(as_recorded(false), {}));
  if (id_ != 0) switchboard().arm(id_, &layer_->state->cell());
}

void GovernedPatch::forget() {
  if (--entered_ > 0) return;
  plain_ = false;
  if (id_ != 0) strike_out();
  const auto self = shared_from_this();
  let_go();
}

}  // namespace overt::py
