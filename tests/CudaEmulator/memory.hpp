// Accesses of threads to memory, each checked: that it is aligned, allocated, of the launch's context, and that no other thread races with it.
#pragma once

#include <cstdint>

#include "machine.hpp"

namespace emulator {

enum class Space { Global, Shared };

const uint8_t* parametersOf(const Thread& thread);

// Throws a Fault where an access is one that a GPU would not define. written: the bytes that a store is about to write; null for a load.
template <Space S>
void checkAccess(Thread& thread, uint64_t address, uint32_t bytes, const uint8_t* written);

}
