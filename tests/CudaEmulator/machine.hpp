// Threads of a group, one after the other up to their barriers, in memory whose every access is checked.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "program.hpp"

namespace emulator {

// Who touched four bytes last, within one launch.
struct Access {
    uint32_t launch = 0;
    uint32_t writer = 0, writerPhase = 0;      // A thread's number + 1; the phase counts its group's barriers.
    uint32_t reader = 0, readerPhase = 0;      // ManyReaders where several threads read.
    uint32_t readerGroup = 0;                  // ManyReaders where several groups read.
};

constexpr uint32_t ManyReaders = UINT32_MAX;

// Memory that was allocated: of which context, and who touched it.
struct Allocation {
    uint64_t address, size;
    void* context;
    std::unique_ptr<Access[]> accesses;
};

using Memory = std::map<uint64_t, Allocation>;

struct Launch {
    const Kernel* kernel;
    uint32_t grid[3], group[3];
    std::vector<uint8_t> parameters;
    int64_t dynamicShared;
    void* context;
};

struct Thread {
    uint64_t* slots;
    uint8_t* written;            // Whether a slot has a value yet.
    struct Group* group;
    uint32_t number;             // In its group.
    int32_t at = 0;              // Next instruction.
    bool exited = false;
    uint64_t executed = 0;       // Instructions.
};

// Executes a launch; throws a Fault for what a GPU would not define.
void execute(const Launch& launch, Memory& memory);

}
