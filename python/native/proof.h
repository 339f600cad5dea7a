// Proving, on request, that patches can be taken off: each is, what stood there before is compared,
// and it is put on again. All of that happens between two instructions of the program, which
// therefore never sees a difference; where it would, the patch is left alone and the reason told.
//
// What came of it is in the ledger, as Patch::proof, and in the journal, with who asked.
#pragma once

#include <cstdint>
#include <vector>

#include "overt/vote.h"

namespace overt::py {

// THREADS: with the GIL, at a safe point or in a call of the program. PYTHON: what is looked up
// before the exchange may run code.
void prove(const std::vector<int>& ids, const By& by);

// Has that done at the interpreter's next safe point, if it comes within seconds. Returns the
// number of the request, 0 when too many wait. THREADS: any.
std::uint64_t want_proof(const std::vector<int>& ids, const By& by);

// Whether it was done, or given up. THREADS: any.
bool is_proof_answered(std::uint64_t number);

}  // namespace overt::py
