// What kernels ask of memory, counted as a GPU's units serve it: 32-byte sectors of global memory and wavefronts of shared memory, for the lanes of a warp that execute an instruction together.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace emulator {

// The sums of a kernel's launches.
struct KernelTraffic {
    uint64_t launches = 0;
    uint64_t instructions = 0;          // Of all threads.
    uint64_t longest = 0;               // Of the thread that executes most, summed over launches: what does not become faster with more multiprocessors.
    uint64_t loaded = 0, stored = 0;    // Bytes of global memory that lanes ask for.
    uint64_t loadedSectors = 0, storedSectors = 0;
    uint64_t wavefronts = 0;            // Of shared memory, 128 bytes each at best.
    uint64_t leastWavefronts = 0;       // What they would be without conflicts of banks.
};

// One warp's accesses. Lanes run one after the other here: what they access at their k-th visit of an instruction is taken for one request.
class WarpTraffic {
public:
    void add(int32_t instruction, uint32_t lane, uint64_t address, uint32_t bytes, bool isShared, bool isStore);

    // Adds what was collected to a kernel's sums, and begins anew.
    void sum(KernelTraffic& kernel);

private:
    struct Request {
        uint32_t bytes;
        bool isShared, isStore;
        uint64_t addresses[32];
        uint32_t lanes = 0;             // A bit a lane.
    };

    std::unordered_map<uint64_t, Request> requests;
    std::unordered_map<uint64_t, uint32_t> visits;
};

// The file that SPEX_EMULATED_TRAFFIC names, or null: whether traffic is counted.
const char* trafficFile();

// The sums of all kernels so far, by name; written to the file when the process ends.
std::map<std::string, KernelTraffic>& trafficOfKernels();

}
