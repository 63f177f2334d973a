namespace Spex.Engine.Tests.Devices.Ilgpu;

/// <summary>A CUDA driver of three devices for programs that must keep their contexts apart: it remembers which context is current on each thread, and what belongs to which.</summary>
internal static class StandInCuda
{
    /// <summary>
    /// libcuda.so.1, as far as ILGPU calls it. Memory is the host's and kernels do nothing; whatever is done in another context than its own is told by standin_faults, one a line.
    /// </summary>
    public const string Source = """
        #include <pthread.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        enum { Devices = 3, MostContexts = 16, MostBlocks = 4096, NoContext = 201, NoHandle = 400 };
        typedef struct { int device, primary, alive; } Context;
        typedef struct { char *start; size_t size; Context *context; } Block;
        typedef struct { Context *context; } Module;
        static Context own[MostContexts], primary[Devices];
        static int owned, held[Devices], blocks;
        static Block block[MostBlocks];
        static char faults[4096];
        static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
        static __thread Context *current;

        static int fault(const char *what, int error) {
            pthread_mutex_lock(&gate);
            size_t used = strlen(faults);
            snprintf(faults + used, sizeof faults - used, "%s in the %s context of %d\n", what, !current ? "missing" : current->primary ? "primary" : "own", current ? current->device : -1);
            pthread_mutex_unlock(&gate);
            return error;
        }

        static Block *find(void *address) {
            Block *found = 0;
            pthread_mutex_lock(&gate);
            for (int i = 0; i < blocks; i++)
                if (block[i].start && (char *)address >= block[i].start && (char *)address < block[i].start + block[i].size) found = &block[i];
            pthread_mutex_unlock(&gate);
            return found;
        }

        static int check(const char *what, void *address) {
            Block *found = find(address);
            return !current || !current->alive || (found && found->context != current) ? fault(what, NoContext) : 0;
        }

        const char *standin_faults(void) { return faults; }
        void standin_touch(void *address) { check("tensor", address); }
        int standin_device(void) { return current ? current->device : -1; }
        int standin_active(int device) { return held[device] > 0; }

        int cuInit(unsigned flags) { return 0; }
        int cuDriverGetVersion(int *version) { *version = 12080; return 0; }
        int cuDeviceGetCount(int *count) { *count = Devices; return 0; }
        int cuDeviceGet(int *device, int ordinal) { *device = ordinal; return ordinal < Devices ? 0 : 101; }
        int cuDeviceGetName(char *name, int length, int device) { snprintf(name, length, "stand-in %d", device); return 0; }
        int cuDeviceTotalMem_v2(size_t *bytes, int device) { *bytes = 1L << 34; return 0; }
        int cuDeviceGetAttribute(int *value, int attribute, int device) {
            switch (attribute) {
                case 1: case 2: case 3: *value = 1024; break;
                case 4: *value = 64; break;
                case 5: case 6: case 7: case 12: case 82: *value = 65535; break;
                case 8: case 81: *value = 49152; break;
                case 10: *value = 32; break;
                case 33: *value = device; break;
                case 39: *value = 2048; break;
                case 75: *value = 9; break;
                case 76: *value = 0; break;
                default: *value = 1;
            }
            return 0;
        }

        int cuCtxCreate_v2(void **context, int flags, int device) { own[owned] = (Context){ device, 0, 1 }; *context = current = &own[owned++]; return 0; }
        int cuCtxDestroy_v2(void *context) {
            Context *gone = context;
            if (gone->primary) return fault("destruction", NoContext);
            gone->alive = 0;
            if (current == gone) current = 0;
            return 0;
        }
        int cuCtxSetCurrent(void *context) { current = context; return 0; }
        int cuCtxGetCacheConfig(int *value) { *value = 0; return 0; }
        int cuCtxGetSharedMemConfig(int *value) { *value = 1; return 0; }
        int cuDevicePrimaryCtxRetain(void **context, int device) { held[device]++; primary[device] = (Context){ device, 1, 1 }; *context = &primary[device]; return 0; }
        int cuDevicePrimaryCtxRelease_v2(int device) { held[device]--; return 0; }

        int cuMemGetInfo_v2(size_t *free, size_t *total) { *free = *total = 1L << 33; return current ? 0 : fault("look at memory", NoContext); }
        int cuMemAlloc_v2(void **address, size_t size) {
            if (!current || !current->alive || blocks == MostBlocks) return fault("allocation", NoContext);
            pthread_mutex_lock(&gate);
            block[blocks] = (Block){ *address = calloc(1, size), size, current };
            blocks++;
            pthread_mutex_unlock(&gate);
            return 0;
        }
        int cuMemFree_v2(void *address) {
            if (!address) return 0;
            int error = check("release", address);
            Block *found = find(address);
            if (found) { free(found->start); found->start = 0; }
            return error;
        }
        int cuMemcpyAsync(void *to, void *from, size_t size, void *stream) {
            int error = check("copy", to) | check("copy", from);
            if (!error) memmove(to, from, size);
            return error;
        }
        int cuMemsetD8Async(void *to, unsigned char value, size_t size, void *stream) {
            int error = check("fill", to);
            if (!error) memset(to, value, size);
            return error;
        }
        int cuStreamSynchronize(void *stream) { return current ? 0 : fault("wait", NoContext); }

        int cuModuleLoadDataEx(void **module, const char *text, int count, void *options, void *values) {
            if (!current || !current->alive) return fault("loading", NoContext);
            Module *made = malloc(sizeof *made);
            made->context = current;
            *module = made;
            return 0;
        }
        int cuModuleGetFunction(void **function, void *module, const char *name) { *function = module; return 0; }
        int cuModuleUnload(void *module) { return ((Module *)module)->context == current ? 0 : fault("unloading", NoContext); }
        int cuLaunchKernel(void *function, int a, int b, int c, int d, int e, int f, int shared, void *stream, void *arguments, void *more) {
            return ((Module *)function)->context == current ? 0 : fault("launch", NoHandle);
        }
        int cuGetErrorString(int error, const char **text) { *text = "stand-in"; return 0; }
        """;
}
