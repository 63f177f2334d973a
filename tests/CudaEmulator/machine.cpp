#include "machine.hpp"

#include <algorithm>
#include <cstring>
#include <sstream>

#include "memory.hpp"
#include "traffic.hpp"

namespace emulator {

constexpr uint32_t WarpSize = 32;

// Instructions of a thread beyond which it is taken to run for ever: minutes.
constexpr uint64_t MostInstructions = 1ull << 34;

// A group of threads that is executed.
struct Group {
    const Launch& launch;
    Memory& memory;
    const Kernel& kernel;
    uint32_t launchNumber;
    uint32_t number;
    uint32_t size;
    uint32_t phase = 0;
    std::vector<uint64_t> slots;
    std::vector<uint8_t> written;
    std::vector<Thread> threads;
    std::vector<uint64_t> shared;
    std::vector<Access> sharedAccesses;
    std::vector<WarpTraffic> traffic;          // Empty where it is not counted.
    uint64_t executed = 0, longest = 0;        // Instructions: of all threads, and of the one that has most.
    Allocation* recent[4] = {};
    uint32_t nextRecent = 0;

    Group(const Launch& launch, Memory& memory, uint32_t launchNumber)
        : launch(launch), memory(memory), kernel(*launch.kernel), launchNumber(launchNumber), number(0), size(launch.group[0] * launch.group[1] * launch.group[2]) {
        slots.resize(kernel.start.size() * size);
        written.resize(slots.size());
        threads.resize(size);

        // Two words more, so that the memory can begin at a multiple of 16 bytes.
        shared.resize((kernel.sharedBytes + launch.dynamicShared + 7) / 8 + 2);
        sharedAccesses.resize((sharedBytes() + 3) / 4);
        traffic.resize(trafficFile() ? (size + WarpSize - 1) / WarpSize : 0);
    }

    uint64_t sharedBytes() const { return kernel.sharedBytes + launch.dynamicShared; }

    uint64_t sharedBegin() const { return (reinterpret_cast<uint64_t>(shared.data()) + 15) / 16 * 16; }

    void run(uint32_t x, uint32_t y, uint32_t z) {
        number = x + launch.grid[0] * (y + launch.grid[1] * z);
        phase = 0;

        // What a group finds in shared memory is undefined.
        std::memset(shared.data(), 0xA5, shared.size() * 8);
        std::fill(sharedAccesses.begin(), sharedAccesses.end(), Access{});
        uint32_t group[3] = {x, y, z};
        for (uint32_t i = 0; i < size; i++) {
            Thread& thread = threads[i];
            thread = {slots.data() + i * kernel.start.size(), written.data() + i * kernel.start.size(), this, i};
            std::copy(kernel.start.begin(), kernel.start.end(), thread.slots);
            std::copy(kernel.defined.begin(), kernel.defined.end(), thread.written);
            uint32_t place[3] = {i % launch.group[0], i / launch.group[0] % launch.group[1], i / launch.group[0] / launch.group[1]};
            for (int axis = 0; axis < 3; axis++) {
                give(thread, kernel.tid[axis], place[axis]);
                give(thread, kernel.ntid[axis], launch.group[axis]);
                give(thread, kernel.ctaid[axis], group[axis]);
                give(thread, kernel.nctaid[axis], launch.grid[axis]);
            }

            give(thread, kernel.lane, i % WarpSize);
            for (auto [slot, begin] : kernel.shared) {
                give(thread, slot, sharedBegin() + begin);
            }
        }

        while (runToBarrier()) {
            phase++;
        }

        for (WarpTraffic& warp : traffic) {
            warp.sum(trafficOfKernels()[kernel.name]);
        }
    }

private:
    static void give(Thread& thread, int32_t slot, uint64_t value) {
        if (slot >= 0) {
            thread.slots[slot] = value;
        }
    }

    // Runs every thread to its next barrier; whether any is there.
    bool runToBarrier() {
        int32_t barrier = -1;
        for (uint32_t first = 0; first < size; first += WarpSize) {
            runWarp(first, std::min(first + WarpSize, size));
        }

        for (Thread& thread : threads) {
            if (!thread.exited) {
                if (barrier >= 0 && thread.at != barrier) {
                    fault(thread, "threads of a group wait at different barriers");
                }

                barrier = thread.at++;
            }
        }

        return barrier >= 0;
    }

    void runWarp(uint32_t first, uint32_t end) {
        for (;;) {
            uint32_t shuffling = 0;
            for (uint32_t i = first; i < end; i++) {
                if (!threads[i].exited) {
                    run(threads[i]);
                    shuffling += !threads[i].exited && kernel.code[threads[i].at].kind == Kind::Shuffle;
                }
            }

            if (shuffling == 0) {
                return;
            }

            if (shuffling != WarpSize) {
                fault(threads[first], "not all lanes of a warp take part in a shuffle");
            }

            shuffle(first);
        }
    }

    // shfl.sync.bfly: every lane gets the value of the lane whose number differs from its own in the given bits.
    void shuffle(uint32_t first) {
        uint64_t values[WarpSize];
        const Instruction& one = kernel.code[threads[first].at];
        for (uint32_t lane = 0; lane < WarpSize; lane++) {
            Thread& thread = threads[first + lane];
            if (thread.at != threads[first].at) {
                fault(thread, "lanes of a warp wait at different shuffles");
            }

            if (!thread.written[one.source[0]]) {
                fault(thread, "a register is read that nothing has written");
            }

            values[lane] = thread.slots[one.source[0]];
            if (static_cast<uint32_t>(thread.slots[one.source[3]]) != UINT32_MAX || (thread.slots[one.source[2]] & 31) != WarpSize - 1) {
                fault(thread, "a shuffle of parts of a warp, which is not emulated");
            }
        }

        for (uint32_t lane = 0; lane < WarpSize; lane++) {
            Thread& thread = threads[first + lane];
            thread.slots[one.target[0]] = values[lane ^ (thread.slots[one.source[1]] & (WarpSize - 1))];
            thread.written[one.target[0]] = 1;
            thread.at++;
        }
    }

    // Runs one thread until it waits for others or exits.
    void run(Thread& thread) {
        const Instruction* code = kernel.code.data();
        const size_t length = kernel.code.size();
        uint64_t steps = 0;
        int32_t at = thread.at;
        try {
            for (;; steps++) {
                if (static_cast<size_t>(at) >= length) {
                    break;
                }

                const Instruction& one = code[at];
                if (one.predicate >= 0 && (!thread.written[one.predicate] || ((thread.slots[one.predicate] & 1) != 0) == one.negated)) {
                    if (!thread.written[one.predicate]) {
                        throw Fault("a register is read that nothing has written");
                    }

                    at++;
                    continue;
                }

                if (one.kind == Kind::Plain) {
                    thread.at = at;
                    one.operation(thread, one);
                    at++;
                } else if (one.kind == Kind::Branch) {
                    at = one.jump;
                    if (thread.executed + steps > MostInstructions) {
                        throw Fault("a loop that does not end");
                    }
                } else if (one.kind == Kind::Exit) {
                    break;
                } else {
                    thread.at = at;
                    thread.executed += steps;
                    return;
                }
            }
        } catch (const Fault& error) {
            thread.at = at;
            fault(thread, error.what());
        }

        thread.executed += steps;
        executed += thread.executed;
        longest = std::max(longest, thread.executed);
        thread.exited = true;
    }

    [[noreturn]] void fault(const Thread& thread, const std::string& what) const {
        const Instruction& one = kernel.code[std::min<size_t>(thread.at, kernel.code.size() - 1)];
        std::ostringstream message;
        message << what << ", in group " << number << ", thread " << thread.number << " of " << kernel.name << ", line " << one.line << ": " << kernel.lines[one.line - 1];
        throw Fault(message.str());
    }
};

namespace {

Allocation& allocationOf(Group& group, uint64_t address, uint32_t bytes) {
    for (Allocation* recent : group.recent) {
        if (recent && address >= recent->address && address + bytes <= recent->address + recent->size) {
            return *recent;
        }
    }

    auto next = group.memory.upper_bound(address);
    if (next == group.memory.begin() || address + bytes > std::prev(next)->second.address + std::prev(next)->second.size) {
        throw Fault("an access to memory that is not allocated");
    }

    Allocation& found = std::prev(next)->second;
    if (found.context != group.launch.context) {
        throw Fault(found.context ? "an access to memory of another context" : "an access to freed memory");
    }

    if (!found.accesses) {
        found.accesses = std::make_unique<Access[]>((found.size + 3) / 4);
    }

    group.recent[group.nextRecent++ % 4] = &found;
    return found;
}

// Two accesses of which one is a store are ordered where they are of one thread, or of one group with a barrier between them. Two stores of one value are no race.
void order(const Thread& thread, Access& access, bool isStore, bool changes) {
    const Group& group = *thread.group;
    if (access.launch != group.launchNumber) {
        access = {};
        access.launch = group.launchNumber;
    }

    uint32_t self = group.number * group.size + thread.number + 1;
    auto unordered = [&](uint32_t other, uint32_t otherGroup, uint32_t phase) {
        return other != 0 && other != self && (otherGroup != group.number || phase == group.phase);
    };
    if (isStore && unordered(access.reader, access.readerGroup, access.readerPhase)) {
        throw Fault("a store to what another thread reads");
    }

    if ((!isStore || changes) && unordered(access.writer, access.writer == 0 ? 0 : (access.writer - 1) / group.size, access.writerPhase)) {
        throw Fault(isStore ? "a store to what another thread stores" : "a load of what another thread stores");
    }

    if (isStore) {
        access.writer = self;
        access.writerPhase = group.phase;
        return;
    }

    access.readerGroup = access.reader == 0 || access.readerGroup == group.number ? group.number : ManyReaders;
    access.reader = access.reader == 0 || access.reader == self || (access.readerPhase != group.phase && access.readerGroup == group.number) ? self : ManyReaders;
    access.readerPhase = group.phase;
}

}

const uint8_t* parametersOf(const Thread& thread) { return thread.group->launch.parameters.data(); }

template <Space S>
void checkAccess(Thread& thread, uint64_t address, uint32_t bytes, const uint8_t* written) {
    if (address % bytes != 0) {
        throw Fault("an access that is not aligned");
    }

    Group& group = *thread.group;
    Access* accesses;
    uint64_t begin;
    if constexpr (S == Space::Shared) {
        begin = group.sharedBegin();
        if (address < begin || address + bytes > begin + group.sharedBytes()) {
            throw Fault("an access outside of shared memory");
        }

        accesses = group.sharedAccesses.data();
    } else {
        Allocation& allocation = allocationOf(group, address, bytes);
        begin = allocation.address;
        accesses = allocation.accesses.get();
    }

    if (!group.traffic.empty()) {
        group.traffic[thread.number / WarpSize].add(thread.at, thread.number % WarpSize, address, bytes, S == Space::Shared, written != nullptr);
    }

    // Neighbours within four bytes are not told apart: smaller accesses are taken to race with none.
    if (bytes < 4) {
        return;
    }

    for (uint32_t at = 0; at < bytes; at += 4) {
        bool changes = written && std::memcmp(reinterpret_cast<void*>(address + at), written + at, 4) != 0;
        order(thread, accesses[(address + at - begin) / 4], written != nullptr, changes);
    }
}

template void checkAccess<Space::Global>(Thread&, uint64_t, uint32_t, const uint8_t*);
template void checkAccess<Space::Shared>(Thread&, uint64_t, uint32_t, const uint8_t*);

void execute(const Launch& launch, Memory& memory) {
    static uint32_t launches = 0;
    const Kernel& kernel = *launch.kernel;
    if (launch.parameters.size() < static_cast<size_t>(kernel.parameterBytes)) {
        throw Fault("a launch of " + kernel.name + " with " + std::to_string(launch.parameters.size()) + " bytes of parameters, of " + std::to_string(kernel.parameterBytes));
    }

    Group group(launch, memory, ++launches);
    for (uint32_t z = 0; z < launch.grid[2]; z++) {
        for (uint32_t y = 0; y < launch.grid[1]; y++) {
            for (uint32_t x = 0; x < launch.grid[0]; x++) {
                group.run(x, y, z);
            }
        }
    }

    if (trafficFile()) {
        KernelTraffic& sums = trafficOfKernels()[kernel.name];
        sums.launches++;
        sums.instructions += group.executed;
        sums.longest += group.longest;
    }
}

}
