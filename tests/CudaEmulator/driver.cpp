// The part of CUDA's driver interface that ILGPU and this project use, on the processor: kernels are executed from their PTX.
//
// What is strict here on purpose: memory and modules belong to contexts as on a GPU; new memory holds what nobody wrote; every fault of a kernel is told on stderr and fails all that
// follows, as a GPU does. What a GPU does at once is done before a call returns: streams and events are names only.
//
// SPEX_EMULATED_DEVICES: how many devices there are; 1 without. SPEX_EMULATED_CONTRACTION=1: products and sums are rounded together where an assembler may.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <set>
#include <string>

#include "machine.hpp"

using namespace emulator;

namespace {

enum Result {
    Success = 0,
    InvalidValue = 1,
    OutOfMemory = 2,
    InvalidDevice = 101,
    InvalidContext = 201,
    InvalidPtx = 218,
    InvalidHandle = 400,
    NotFound = 500,
    LaunchOutOfResources = 701,
    LaunchFailed = 719,
};

constexpr uint64_t DeviceBytes = 4ull << 30;

// Freed memory is kept, out of reach, as long as it is no more than this: whoever still uses it is found.
constexpr uint64_t KeptBytes = 256ull << 20;
constexpr int MostThreads = 1024, SharedBytes = 48 << 10, SharedBytesByChoice = 227 << 10, Multiprocessors = 4, Capability = 90;

struct Context {
    int device;
    bool primary;
    bool failed = false;
};

struct Module {
    Context* context;
    std::vector<Kernel> kernels;
};

struct Function {
    Module* module;
    const Kernel* kernel;
    int dynamicShared = SharedBytes;
};

struct Event {
    std::chrono::steady_clock::time_point time;
};

std::recursive_mutex lock;
std::set<Context*> contexts;
std::map<int, std::pair<Context*, int>> primaries;
std::map<Module*, std::vector<std::unique_ptr<Function>>> modules;
std::map<uint64_t, std::pair<std::unique_ptr<uint8_t[]>, uint64_t>> blocks;
std::map<uint64_t, Allocation> memory;
std::deque<uint64_t> freed;
uint64_t usedBytes = 0, freedBytes = 0;
std::string lastFault;
thread_local Context* current = nullptr;

int deviceCount() {
    const char* count = std::getenv("SPEX_EMULATED_DEVICES");
    return count ? std::atoi(count) : 1;
}

bool contracts() {
    const char* contraction = std::getenv("SPEX_EMULATED_CONTRACTION");
    return contraction && std::strcmp(contraction, "1") == 0;
}

// Tells a fault to people, and keeps it for emulatorLastFault.
Result tell(const std::string& fault, Result result) {
    lastFault = fault;
    std::fprintf(stderr, "emulated CUDA: %s\n", fault.c_str());
    return result;
}

// The state that calls need: a live context that no kernel has broken.
Result ready(const char* function) {
    return !current || !contexts.count(current) ? tell(std::string(function) + " without a context", InvalidContext) : current->failed ? LaunchFailed : Success;
}

// What is done to what belongs to another context.
Result elsewhere(const char* function) { return tell(std::string(function) + " of what belongs to another context", InvalidContext); }

void release(uint64_t address) {
    Allocation& allocation = memory[address];
    allocation.context = nullptr;
    allocation.accesses.reset();
    usedBytes -= allocation.size;
    freedBytes += allocation.size;
    for (freed.push_back(address); freedBytes > KeptBytes; freed.pop_front()) {
        freedBytes -= memory[freed.front()].size;
        memory.erase(freed.front());
        blocks.erase(freed.front());
    }
}

Context* make(int device, bool primary) {
    Context* context = new Context{device, primary};
    contexts.insert(context);
    return context;
}

void destroy(Context* context) {
    contexts.erase(context);
    for (auto one = memory.begin(); one != memory.end();) {
        uint64_t address = (one++)->first;
        if (memory[address].context == context) {
            release(address);
        }
    }
}

// Whether bytes are of one allocation of the current context, or, where that is allowed, the host's.
bool isReachable(uint64_t address, uint64_t bytes, bool orOnHost) {
    auto next = memory.upper_bound(address);
    if (next == memory.begin() || address >= std::prev(next)->second.address + std::prev(next)->second.size) {
        return orOnHost && (next == memory.end() || address + bytes <= next->first);
    }

    const Allocation& of = std::prev(next)->second;
    return of.context == current && address + bytes <= of.address + of.size;
}

}

#define EXPORT extern "C" __attribute__((visibility("default"))) int
#define LOCKED std::lock_guard<std::recursive_mutex> guard(lock)
#define READY                                        \
    LOCKED;                                          \
    if (Result state = ready(__func__); state != 0) { \
        return state;                                \
    }

extern "C" __attribute__((visibility("default"))) const char* emulatorLastFault() {
    LOCKED;
    return lastFault.c_str();
}

EXPORT cuInit(unsigned) { return Success; }

EXPORT cuDriverGetVersion(int* version) {
    *version = 12020;
    return Success;
}

EXPORT cuDeviceGetCount(int* count) {
    *count = deviceCount();
    return Success;
}

EXPORT cuDeviceGet(int* device, int ordinal) {
    *device = ordinal;
    return ordinal >= 0 && ordinal < deviceCount() ? Success : InvalidDevice;
}

EXPORT cuDeviceGetName(char* name, int length, int) {
    std::snprintf(name, length, "emulated CUDA device");
    return Success;
}

EXPORT cuDeviceTotalMem_v2(size_t* bytes, int) {
    *bytes = DeviceBytes;
    return Success;
}

EXPORT cuDeviceGetAttribute(int* value, int attribute, int device) {
    // CUdevice_attribute, by its numbers.
    static const std::map<int, int> attributes = {
        {1, MostThreads}, {2, MostThreads}, {3, MostThreads}, {4, 64},     {5, INT32_MAX},      {6, 65535},        {7, 65535},        {8, SharedBytes}, {9, 65536},
        {10, 32},         {11, INT32_MAX},  {12, 65536},      {13, 1000000}, {16, Multiprocessors}, {19, 1},         {31, 1},           {36, 1000000},    {37, 4096},
        {38, 32 << 20},   {39, 2048},       {40, 1},          {41, 1},     {75, Capability / 10}, {76, Capability % 10}, {81, 228 << 10}, {82, 65536},    {83, 1},
        {97, SharedBytesByChoice}, {106, 32}};
    auto found = attributes.find(attribute);
    *value = attribute == 33 ? device : found == attributes.end() ? 0 : found->second;
    return Success;
}

EXPORT cuDeviceGetP2PAttribute(int* value, int, int, int) {
    *value = 0;
    return Success;
}

EXPORT cuDeviceCanAccessPeer(int* can, int, int) {
    *can = 0;
    return Success;
}

EXPORT cuGetErrorString(int error, const char** text) {
    *text = error == Success                ? "no error"
            : error == OutOfMemory          ? "out of memory"
            : error == InvalidContext       ? "invalid device context"
            : error == InvalidPtx           ? "a PTX JIT compilation failed"
            : error == InvalidHandle        ? "invalid resource handle"
            : error == LaunchOutOfResources ? "too many resources requested for launch"
            : error == LaunchFailed         ? "unspecified launch failure"
                                            : "an error of the emulated CUDA driver";
    return Success;
}

EXPORT cuGetErrorName(int error, const char** text) { return cuGetErrorString(error, text); }

EXPORT cuCtxCreate_v2(Context** context, unsigned, int device) {
    LOCKED;
    *context = current = make(device, false);
    return Success;
}

EXPORT cuCtxDestroy_v2(Context* context) {
    LOCKED;
    if (!contexts.count(context) || context->primary) {
        return tell(std::string(__func__) + " of what is no context of one's own", InvalidContext);
    }

    destroy(context);
    return Success;
}

EXPORT cuCtxSetCurrent(Context* context) {
    LOCKED;
    if (context && !contexts.count(context)) {
        return InvalidContext;
    }

    current = context;
    return Success;
}

EXPORT cuCtxGetCurrent(Context** context) {
    *context = current;
    return Success;
}

EXPORT cuCtxGetDevice(int* device) {
    LOCKED;
    if (!current || !contexts.count(current)) {
        return InvalidContext;
    }

    *device = current->device;
    return Success;
}

EXPORT cuCtxSynchronize() {
    READY;
    return Success;
}

EXPORT cuCtxEnablePeerAccess(Context*, unsigned) { return InvalidValue; }
EXPORT cuCtxDisablePeerAccess(Context*) { return InvalidValue; }
EXPORT cuCtxSetCacheConfig(int) { return Success; }
EXPORT cuCtxSetSharedMemConfig(int) { return Success; }

EXPORT cuCtxGetCacheConfig(int* config) {
    *config = 0;
    return Success;
}

EXPORT cuCtxGetSharedMemConfig(int* config) {
    *config = 0;
    return Success;
}

EXPORT cuDevicePrimaryCtxRetain(Context** context, int device) {
    LOCKED;
    auto& [primary, holders] = primaries[device];
    if (holders++ == 0) {
        primary = make(device, true);
    }

    *context = primary;
    return Success;
}

EXPORT cuDevicePrimaryCtxGetState(int device, unsigned* flags, int* active) {
    LOCKED;
    auto primary = primaries.find(device);
    *flags = 0;
    *active = primary != primaries.end() && primary->second.second > 0;
    return Success;
}

EXPORT cuDevicePrimaryCtxRelease_v2(int device) {
    LOCKED;
    auto& [primary, holders] = primaries[device];
    if (holders == 0) {
        return InvalidContext;
    }

    if (--holders == 0) {
        destroy(primary);
    }

    return Success;
}

EXPORT cuMemGetInfo_v2(size_t* free, size_t* total) {
    READY;
    *free = DeviceBytes - usedBytes;
    *total = DeviceBytes;
    return Success;
}

EXPORT cuMemAlloc_v2(uint64_t* address, size_t bytes) {
    READY;
    if (bytes == 0 || usedBytes + bytes > DeviceBytes) {
        return bytes == 0 ? InvalidValue : OutOfMemory;
    }

    std::unique_ptr<uint8_t[]> block(new (std::nothrow) uint8_t[bytes + 512]);
    if (!block) {
        return OutOfMemory;
    }

    // As on a GPU, a multiple of 256 bytes; what lies beyond the end belongs to nobody.
    *address = (reinterpret_cast<uint64_t>(block.get()) + 255) / 256 * 256;
    std::memset(reinterpret_cast<void*>(*address), 0xA5, bytes);
    blocks[*address] = {std::move(block), bytes};
    memory[*address] = {*address, bytes, current, nullptr};
    usedBytes += bytes;
    return Success;
}

EXPORT cuMemFree_v2(uint64_t address) {
    LOCKED;
    auto found = memory.find(address);
    if (found == memory.end() || found->second.context != current) {
        return found == memory.end() ? InvalidValue : elsewhere(__func__);
    }

    release(address);
    return Success;
}

EXPORT cuMemAllocHost_v2(void** address, size_t bytes) {
    *address = std::malloc(bytes);
    return *address ? Success : OutOfMemory;
}

EXPORT cuMemFreeHost(void* address) {
    std::free(address);
    return Success;
}

EXPORT cuMemHostRegister_v2(void*, size_t, unsigned) { return Success; }
EXPORT cuMemHostUnregister(void*) { return Success; }

EXPORT cuMemHostGetDevicePointer_v2(uint64_t* device, void* host, unsigned) {
    *device = reinterpret_cast<uint64_t>(host);
    return Success;
}

EXPORT cuMemcpyAsync(uint64_t target, uint64_t source, size_t bytes, void*) {
    READY;
    if (!isReachable(target, bytes, true) || !isReachable(source, bytes, true)) {
        return elsewhere(__func__);
    }

    std::memmove(reinterpret_cast<void*>(target), reinterpret_cast<void*>(source), bytes);
    return Success;
}

EXPORT cuMemsetD8Async(uint64_t target, unsigned char value, size_t bytes, void*) {
    READY;
    if (!isReachable(target, bytes, false)) {
        return elsewhere(__func__);
    }

    std::memset(reinterpret_cast<void*>(target), value, bytes);
    return Success;
}

EXPORT cuPointerGetAttribute(void* value, int attribute, uint64_t address) {
    LOCKED;
    auto next = memory.upper_bound(address);
    if (next == memory.begin() || address >= std::prev(next)->second.address + std::prev(next)->second.size || !std::prev(next)->second.context) {
        return InvalidValue;
    }

    Context* context = static_cast<Context*>(std::prev(next)->second.context);
    switch (attribute) {
        case 1: *static_cast<void**>(value) = context; return Success;
        case 2: *static_cast<int*>(value) = 2; return Success;
        case 9: *static_cast<int*>(value) = context->device; return Success;
        default: return InvalidValue;
    }
}

EXPORT cuModuleLoadDataEx(Module** module, const void* image, unsigned count, int* options, void** values) {
    READY;
    auto made = std::make_unique<Module>();
    made->context = current;
    try {
        made->kernels = parse(static_cast<const char*>(image), contracts());
    } catch (const std::exception& error) {

        // CU_JIT_ERROR_LOG_BUFFER is 5, and 6 its size.
        for (unsigned i = 0; i + 1 < count; i++) {
            if (options[i] == 5 && options[i + 1] == 6) {
                std::snprintf(static_cast<char*>(values[i]), reinterpret_cast<size_t>(values[i + 1]), "%s", error.what());
            }
        }

        return tell(error.what(), InvalidPtx);
    }

    *module = made.release();
    modules[*module];
    return Success;
}

EXPORT cuModuleLoadData(Module** module, const void* image) { return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr); }

EXPORT cuModuleUnload(Module* module) {
    LOCKED;
    auto found = modules.find(module);
    if (found == modules.end() || module->context != current) {
        return found == modules.end() ? InvalidHandle : elsewhere(__func__);
    }

    modules.erase(found);
    delete module;
    return Success;
}

EXPORT cuModuleGetFunction(Function** function, Module* module, const char* name) {
    READY;
    auto found = modules.find(module);
    if (found == modules.end() || module->context != current) {
        return found == modules.end() ? InvalidHandle : elsewhere(__func__);
    }

    for (const Kernel& kernel : module->kernels) {
        if (kernel.name == name) {
            found->second.push_back(std::make_unique<Function>(Function{module, &kernel}));
            *function = found->second.back().get();
            return Success;
        }
    }

    return NotFound;
}

EXPORT cuFuncSetAttribute(Function* function, int attribute, int value) {
    // CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES is 8.
    if (attribute == 8) {
        if (value + function->kernel->sharedBytes > SharedBytesByChoice) {
            return InvalidValue;
        }

        function->dynamicShared = value;
    }

    return Success;
}

EXPORT cuOccupancyMaxActiveBlocksPerMultiprocessor(int* groups, Function*, int threads, size_t) {
    *groups = threads > 0 ? 2048 / threads : 0;
    return Success;
}

EXPORT cuOccupancyMaxPotentialBlockSize(int* groups, int* threads, Function* function, void*, size_t, int limit) {
    *threads = limit > 0 && limit < function->kernel->maxThreads ? limit : function->kernel->maxThreads;
    *groups = Multiprocessors * 2;
    return Success;
}

EXPORT cuLaunchKernel(
    Function* function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned groupX, unsigned groupY, unsigned groupZ, unsigned dynamicShared, void*, void** parameters, void** extra) {
    READY;
    if (function->module->context != current) {
        return elsewhere(__func__);
    }

    const Kernel& kernel = *function->kernel;
    if (gridX == 0 || gridY == 0 || gridZ == 0 || groupX == 0 || groupY == 0 || groupZ == 0 || gridY > 65535 || gridZ > 65535) {
        return InvalidValue;
    }

    uint64_t threads = static_cast<uint64_t>(groupX) * groupY * groupZ;
    if (threads > static_cast<uint64_t>(kernel.maxThreads) || threads > MostThreads || dynamicShared > static_cast<unsigned>(function->dynamicShared) || kernel.sharedBytes > SharedBytes ||
        kernel.sharedBytes + dynamicShared > SharedBytesByChoice || (function->dynamicShared == SharedBytes && kernel.sharedBytes + dynamicShared > SharedBytes)) {
        return threads > MostThreads ? InvalidValue : LaunchOutOfResources;
    }

    Launch launch{&kernel, {gridX, gridY, gridZ}, {groupX, groupY, groupZ}, {}, dynamicShared, current};
    launch.parameters.resize(kernel.parameterBytes);
    if (parameters) {
        for (size_t i = 0; i < kernel.parameters.size(); i++) {
            std::memcpy(launch.parameters.data() + kernel.parameters[i].offset, parameters[i], kernel.parameters[i].size);
        }
    } else {
        // CU_LAUNCH_PARAM_BUFFER_POINTER is 1, its size 2, the end 0.
        const uint8_t* buffer = nullptr;
        size_t bytes = 0;
        for (; *extra; extra += 2) {
            if (reinterpret_cast<size_t>(extra[0]) == 1) {
                buffer = static_cast<const uint8_t*>(extra[1]);
            } else {
                bytes = *static_cast<size_t*>(extra[1]);
            }
        }

        launch.parameters.assign(buffer, buffer + bytes);
    }

    try {
        execute(launch, memory);
    } catch (const std::exception& error) {
        current->failed = true;
        return tell(error.what(), LaunchFailed);
    }

    return Success;
}

EXPORT cuStreamCreate(void** stream, unsigned) {
    *stream = new char;
    return Success;
}

EXPORT cuStreamCreateWithPriority(void** stream, unsigned flags, int) { return cuStreamCreate(stream, flags); }

EXPORT cuStreamDestroy_v2(void* stream) {
    delete static_cast<char*>(stream);
    return Success;
}

EXPORT cuStreamSynchronize(void*) {
    READY;
    return Success;
}

EXPORT cuEventCreate(Event** event, unsigned) {
    *event = new Event;
    return Success;
}

EXPORT cuEventDestroy_v2(Event* event) {
    delete event;
    return Success;
}

EXPORT cuEventRecord(Event* event, void*) {
    event->time = std::chrono::steady_clock::now();
    return Success;
}

EXPORT cuEventQuery(Event*) { return Success; }
EXPORT cuEventSynchronize(Event*) { return Success; }

EXPORT cuEventElapsedTime(float* milliseconds, Event* start, Event* end) {
    *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
    return Success;
}
