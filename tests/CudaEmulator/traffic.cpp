#include "traffic.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>

namespace emulator {
namespace {

constexpr uint32_t SectorBytes = 32, WordBytes = 4, Banks = 32;

// An aligned access of at most 16 bytes lies in one sector.
uint64_t sectorsOf(const uint64_t* addresses, uint32_t lanes) {
    std::set<uint64_t> sectors;
    for (uint32_t lane = 0; lane < 32; lane++) {
        if (lanes >> lane & 1) {
            sectors.insert(addresses[lane] / SectorBytes);
        }
    }

    return sectors.size();
}

// Lanes of 8 or 16 bytes are served in halves or quarters of a warp; each takes as many wavefronts as one bank has different words.
void countWavefronts(const uint64_t* addresses, uint32_t lanes, uint32_t bytes, KernelTraffic& kernel) {
    uint32_t together = 32 * WordBytes / std::max(bytes, WordBytes);
    for (uint32_t first = 0; first < 32; first += together) {
        std::set<uint64_t> words[Banks];
        for (uint32_t lane = first; lane < first + together; lane++) {
            for (uint32_t at = 0; (lanes >> lane & 1) && at < std::max(bytes, WordBytes); at += WordBytes) {
                uint64_t word = (addresses[lane] + at) / WordBytes;
                words[word % Banks].insert(word);
            }
        }

        size_t most = 0;
        for (const auto& bank : words) {
            most = std::max(most, bank.size());
        }

        kernel.wavefronts += most;
        kernel.leastWavefronts += most > 0;
    }
}

void write() {
    std::FILE* file = std::fopen(trafficFile(), "w");
    if (!file) {
        return;
    }

    std::fprintf(file, "%-32s %8s %14s %12s %14s %14s %8s %14s %14s %8s %12s %8s\n", "kernel", "launches", "instructions", "longest", "loaded", "of sectors", "", "stored", "of sectors", "", "wavefronts", "");
    for (const auto& [name, one] : trafficOfKernels()) {
        auto share = [](uint64_t part, uint64_t whole) { return whole == 0 ? 0 : 100.0 * part / whole; };
        std::fprintf(
            file, "%-32s %8llu %14llu %12llu %14llu %14llu %6.0f %% %14llu %14llu %6.0f %% %12llu %6.0f %%\n", name.c_str(), (unsigned long long)one.launches, (unsigned long long)one.instructions,
            (unsigned long long)one.longest, (unsigned long long)one.loaded, (unsigned long long)one.loadedSectors * SectorBytes, share(one.loaded, one.loadedSectors * SectorBytes), (unsigned long long)one.stored,
            (unsigned long long)one.storedSectors * SectorBytes, share(one.stored, one.storedSectors * SectorBytes), (unsigned long long)one.wavefronts, share(one.leastWavefronts, one.wavefronts));
    }

    std::fclose(file);
}

}

void WarpTraffic::add(int32_t instruction, uint32_t lane, uint64_t address, uint32_t bytes, bool isShared, bool isStore) {
    uint32_t visit = visits[static_cast<uint64_t>(instruction) << 32 | lane]++;
    Request& request = requests[static_cast<uint64_t>(instruction) << 32 | visit];
    request.bytes = bytes;
    request.isShared = isShared;
    request.isStore = isStore;
    request.addresses[lane] = address;
    request.lanes |= 1u << lane;
}

void WarpTraffic::sum(KernelTraffic& kernel) {
    for (const auto& [key, request] : requests) {
        if (request.isShared) {
            countWavefronts(request.addresses, request.lanes, request.bytes, kernel);
            continue;
        }

        uint64_t bytes = static_cast<uint64_t>(__builtin_popcount(request.lanes)) * request.bytes, sectors = sectorsOf(request.addresses, request.lanes);
        (request.isStore ? kernel.stored : kernel.loaded) += bytes;
        (request.isStore ? kernel.storedSectors : kernel.loadedSectors) += sectors;
    }

    requests.clear();
    visits.clear();
}

const char* trafficFile() {
    static const char* file = std::getenv("SPEX_EMULATED_TRAFFIC");
    return file;
}

std::map<std::string, KernelTraffic>& trafficOfKernels() {
    // Never destroyed: it is written when the process ends.
    static auto* kernels = [] {
        std::atexit(write);
        return new std::map<std::string, KernelTraffic>();
    }();
    return *kernels;
}

}
