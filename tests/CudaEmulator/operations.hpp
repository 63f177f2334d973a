// What PTX instructions do to registers and memory (NVIDIA, "Parallel Thread Execution ISA", §9.7).
#pragma once

#include <string>

#include "program.hpp"

namespace emulator {

// The operation of a mnemonic such as add.f32; null where there is none.
Operation operationOf(const std::string& mnemonic);

// The load or store of a space and a type; null where there is none.
Operation accessOf(const std::string& direction, const std::string& space, const std::string& type);

// Whether an operation is a product that an assembler may round together with a sum.
bool isProduct(Operation operation);

// The operation that a product and a sum of which it is a part become: a·b + c with one rounding, in this order of sources. Null where they do not.
Operation fusedOf(Operation product, const Instruction& sum, int32_t result);

void nothing(Thread& thread, const Instruction& instruction);

}
