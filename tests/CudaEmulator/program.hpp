// A kernel's PTX, read into instructions that machine.cpp executes one by one.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace emulator {

// What is wrong with a program or with what it does; told to the driver's caller as the error of a launch.
struct Fault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Thread;
struct Instruction;
using Operation = void (*)(Thread&, const Instruction&);

// What the scheduler must know of an instruction; all others change registers and memory alone.
enum class Kind : uint8_t { Plain, Branch, Barrier, Shuffle, Exit };

struct Instruction {
    Kind kind = Kind::Plain;
    Operation operation = nullptr;
    int32_t predicate = -1;       // Slot of the predicate that guards it; -1 without one.
    bool negated = false;         // Whether the guard is the predicate's opposite.
    uint8_t targets = 0;
    uint8_t sources = 0;
    int32_t target[4] = {};       // Slots that are written.
    int32_t source[4] = {};       // Slots that are read.
    int32_t address = -1;         // Slot of the address of a load or store.
    int64_t offset = 0;           // Bytes added to it.
    int32_t jump = 0;             // Instruction that a branch goes to.
    int32_t line = 0;             // Line of the PTX, for messages.
};

struct Parameter {
    std::string name;
    int64_t offset, size;
};

struct Kernel {
    std::string name;
    std::vector<Instruction> code;
    std::vector<Parameter> parameters;
    std::vector<uint64_t> start;  // What every thread's slots hold at first: zeros, then the constants.
    std::vector<std::string> lines;
    std::vector<bool> defined;    // Whether a slot has a value at first; reading another before it is written is a fault.
    int64_t parameterBytes = 0;
    int64_t sharedBytes = 0;
    int32_t maxThreads = 1024;

    // Slots of the special registers; -1 where the kernel does not read them.
    int32_t tid[3], ntid[3], ctaid[3], nctaid[3], lane = -1;

    // Slots of the addresses of shared arrays, and where each begins.
    std::vector<std::pair<int32_t, int64_t>> shared;
};

// Reads the kernels of a module. contract: whether a product and the sum it goes into become one rounded operation, as an assembler may make them.
std::vector<Kernel> parse(const std::string& ptx, bool contract);

}
