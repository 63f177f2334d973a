#include "operations.hpp"

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <type_traits>
#include <unordered_map>

#include "machine.hpp"
#include "memory.hpp"

namespace emulator {
namespace {

using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;
using s32 = int32_t;
using s64 = int64_t;
using f32 = float;
using f64 = double;

template <class T>
T get(Thread& thread, int32_t slot) {
    if (!thread.written[slot]) {
        throw Fault("a register is read that nothing has written");
    }

    T value;
    std::memcpy(&value, &thread.slots[slot], sizeof(T));
    return value;
}

template <class T>
T source(Thread& thread, const Instruction& instruction, int index) {
    return get<T>(thread, instruction.source[index]);
}

template <class T>
void set(Thread& thread, int32_t slot, T value) {
    thread.written[slot] = 1;
    thread.slots[slot] = 0;
    std::memcpy(&thread.slots[slot], &value, sizeof(T));
}

template <class T, class F>
void unary(Thread& thread, const Instruction& one) {
    set<T>(thread, one.target[0], static_cast<T>(F()(source<T>(thread, one, 0))));
}

template <class T, class F>
void binary(Thread& thread, const Instruction& one) {
    set<T>(thread, one.target[0], static_cast<T>(F()(source<T>(thread, one, 0), source<T>(thread, one, 1))));
}

// Shifts take their amount from 32 bits, and beyond the width shift everything out.
template <class T, class F>
void shift(Thread& thread, const Instruction& one) {
    u32 amount = source<u32>(thread, one, 1);
    T value = source<T>(thread, one, 0);
    constexpr u32 width = 8 * sizeof(T);
    set<T>(thread, one.target[0], amount >= width ? F()(F()(value, width - 1), 1) : F()(value, amount));
}

template <class T, class F>
void compare(Thread& thread, const Instruction& one) {
    set<u8>(thread, one.target[0], F()(source<T>(thread, one, 0), source<T>(thread, one, 1)));
}

// A comparison that also holds where a number is not one.
template <class T, class F>
void compareUnordered(Thread& thread, const Instruction& one) {
    T a = source<T>(thread, one, 0), b = source<T>(thread, one, 1);
    set<u8>(thread, one.target[0], std::isnan(a) || std::isnan(b) || F()(a, b));
}

template <class T>
struct OrderedUnequal {
    bool operator()(T a, T b) const { return a < b || a > b; }
};

// What nobody wrote may be moved and left unselected; compilers that turn branches into selections do so.
template <class T>
void take(Thread& thread, const Instruction& one, int index) {
    if (thread.written[one.source[index]]) {
        set<T>(thread, one.target[0], source<T>(thread, one, index));
    } else {
        thread.written[one.target[0]] = 0;
    }
}

template <class T>
void selectOne(Thread& thread, const Instruction& one) {
    take<T>(thread, one, source<u8>(thread, one, 2) ? 0 : 1);
}

template <class T>
void move(Thread& thread, const Instruction& one) {
    take<T>(thread, one, 0);
}

template <class From, class To>
void convert(Thread& thread, const Instruction& one) {
    From value = source<From>(thread, one, 0);
    if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
        // Towards zero; beyond the range the nearest bound, and 0 for what is no number.
        constexpr To least = std::numeric_limits<To>::min(), most = std::numeric_limits<To>::max();
        set<To>(thread, one.target[0], std::isnan(value) ? 0 : value <= static_cast<From>(least) ? least : value >= static_cast<From>(most) ? most : static_cast<To>(value));
    } else {
        set<To>(thread, one.target[0], static_cast<To>(value));
    }
}

template <class T, class Wide>
void multiplyWide(Thread& thread, const Instruction& one) {
    set<Wide>(thread, one.target[0], static_cast<Wide>(source<T>(thread, one, 0)) * static_cast<Wide>(source<T>(thread, one, 1)));
}

template <class T>
void multiplyAdd(Thread& thread, const Instruction& one) {
    set<T>(thread, one.target[0], source<T>(thread, one, 0) * source<T>(thread, one, 1) + source<T>(thread, one, 2));
}

template <class T, int ProductSign, int AddendSign>
void fused(Thread& thread, const Instruction& one) {
    set<T>(thread, one.target[0], std::fma(ProductSign * source<T>(thread, one, 0), source<T>(thread, one, 1), AddendSign * source<T>(thread, one, 2)));
}

// The result of an integer division by zero is unspecified: as if nobody had written it.
template <class T, class F>
void divide(Thread& thread, const Instruction& one) {
    T dividend = source<T>(thread, one, 0), divisor = source<T>(thread, one, 1);
    if (divisor == 0 || (std::is_signed_v<T> && dividend == std::numeric_limits<T>::min() && divisor == static_cast<T>(-1))) {
        thread.written[one.target[0]] = 0;
    } else {
        set<T>(thread, one.target[0], F()(dividend, divisor));
    }
}

template <class T>
struct Least {
    T operator()(T a, T b) const {
        if constexpr (std::is_floating_point_v<T>) {
            return std::fmin(a, b);
        } else {
            return a < b ? a : b;
        }
    }
};

template <class T>
struct Most {
    T operator()(T a, T b) const {
        if constexpr (std::is_floating_point_v<T>) {
            return std::fmax(a, b);
        } else {
            return a > b ? a : b;
        }
    }
};

// Signed sums and products wrap around.
template <class T, class F>
struct Wrapping {
    T operator()(T a, T b) const {
        using U = std::make_unsigned_t<T>;
        return static_cast<T>(F()(static_cast<U>(a), static_cast<U>(b)));
    }
};

struct Not {
    template <class T>
    T operator()(T a) const {
        return ~a;
    }
};

struct Negate {
    template <class T>
    T operator()(T a) const {
        if constexpr (std::is_integral_v<T>) {
            return static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(a));
        } else {
            return -a;
        }
    }
};

struct Absolute {
    template <class T>
    T operator()(T a) const {
        return a < 0 ? Negate()(a) : std::is_floating_point_v<T> ? static_cast<T>(std::fabs(static_cast<f64>(a))) : a;
    }
};

struct Root {
    template <class T>
    T operator()(T a) const {
        return std::sqrt(a);
    }
};

struct Reciprocal {
    template <class T>
    T operator()(T a) const {
        return 1 / a;
    }
};

struct Left {
    template <class T>
    T operator()(T a, u32 amount) const {
        return static_cast<T>(a << amount);
    }
};

struct Right {
    template <class T>
    T operator()(T a, u32 amount) const {
        return static_cast<T>(a >> amount);
    }
};

template <class T>
void countBits(Thread& thread, const Instruction& one) {
    set<u32>(thread, one.target[0], static_cast<u32>(__builtin_popcountll(source<T>(thread, one, 0))));
}

void notPredicate(Thread& thread, const Instruction& one) { set<u8>(thread, one.target[0], !source<u8>(thread, one, 0)); }

template <class T>
void loadParameter(Thread& thread, const Instruction& one) {
    T value;
    std::memcpy(&value, parametersOf(thread) + one.offset, sizeof(T));
    set<T>(thread, one.target[0], value);
}

template <class T, Space S>
void load(Thread& thread, const Instruction& one) {
    u64 address = get<u64>(thread, one.address) + one.offset;
    checkAccess<S>(thread, address, sizeof(T) * one.targets, nullptr);
    for (int i = 0; i < one.targets; i++) {
        T value;
        std::memcpy(&value, reinterpret_cast<void*>(address + i * sizeof(T)), sizeof(T));
        set<T>(thread, one.target[i], value);
    }
}

template <class T, Space S>
void store(Thread& thread, const Instruction& one) {
    u64 address = get<u64>(thread, one.address) + one.offset;
    T values[4];
    for (int i = 0; i < one.sources; i++) {
        values[i] = source<T>(thread, one, i);
    }

    checkAccess<S>(thread, address, sizeof(T) * one.sources, reinterpret_cast<u8*>(values));
    std::memcpy(reinterpret_cast<void*>(address), values, sizeof(T) * one.sources);
}

using Table = std::unordered_map<std::string, Operation>;

template <class T>
void addBits(Table& table, const std::string& type) {
    table["mov." + type] = move<T>;
    table["selp." + type] = selectOne<T>;
    if constexpr (!std::is_floating_point_v<T>) {
        table["and." + type] = binary<T, std::bit_and<T>>;
        table["or." + type] = binary<T, std::bit_or<T>>;
        table["xor." + type] = binary<T, std::bit_xor<T>>;
        table["not." + type] = unary<T, Not>;
        table["shl." + type] = shift<T, Left>;
    }
}

template <class T>
void addComparisons(Table& table, const std::string& type) {
    table["setp.eq." + type] = compare<T, std::equal_to<T>>;
    table["setp.lt." + type] = table["setp.lo." + type] = compare<T, std::less<T>>;
    table["setp.le." + type] = table["setp.ls." + type] = compare<T, std::less_equal<T>>;
    table["setp.gt." + type] = table["setp.hi." + type] = compare<T, std::greater<T>>;
    table["setp.ge." + type] = table["setp.hs." + type] = compare<T, std::greater_equal<T>>;
    if constexpr (std::is_floating_point_v<T>) {
        table["setp.ne." + type] = compare<T, OrderedUnequal<T>>;
        table["setp.equ." + type] = compareUnordered<T, std::equal_to<T>>;
        table["setp.neu." + type] = compareUnordered<T, std::not_equal_to<T>>;
        table["setp.ltu." + type] = compareUnordered<T, std::less<T>>;
        table["setp.leu." + type] = compareUnordered<T, std::less_equal<T>>;
        table["setp.gtu." + type] = compareUnordered<T, std::greater<T>>;
        table["setp.geu." + type] = compareUnordered<T, std::greater_equal<T>>;
    } else {
        table["setp.ne." + type] = compare<T, std::not_equal_to<T>>;
    }
}

template <class T>
void addArithmetic(Table& table, const std::string& type) {
    addComparisons<T>(table, type);
    table["min." + type] = binary<T, Least<T>>;
    table["max." + type] = binary<T, Most<T>>;
    table["neg." + type] = unary<T, Negate>;
    table["abs." + type] = unary<T, Absolute>;
    if constexpr (std::is_floating_point_v<T>) {
        table["add." + type] = binary<T, std::plus<T>>;
        table["sub." + type] = binary<T, std::minus<T>>;
        table["mul." + type] = binary<T, std::multiplies<T>>;
        table["fma.rn." + type] = fused<T, 1, 1>;
        table["div.rn." + type] = binary<T, std::divides<T>>;
        table["sqrt.rn." + type] = unary<T, Root>;
        table["rcp.rn." + type] = unary<T, Reciprocal>;
    } else {
        using U = std::make_unsigned_t<T>;
        table["add." + type] = binary<T, Wrapping<T, std::plus<U>>>;
        table["sub." + type] = binary<T, Wrapping<T, std::minus<U>>>;
        table["mul.lo." + type] = binary<T, Wrapping<T, std::multiplies<U>>>;
        table["mad.lo." + type] = multiplyAdd<U>;
        table["div." + type] = divide<T, std::divides<T>>;
        table["rem." + type] = divide<T, std::modulus<T>>;
        table["shr." + type] = shift<T, Right>;
    }
}

template <class From, class To>
void addConversion(Table& table, const std::string& from, const std::string& to) {
    constexpr bool toFloat = std::is_floating_point_v<To>, fromFloat = std::is_floating_point_v<From>;
    std::string rounding = fromFloat && !toFloat ? ".rzi" : toFloat && (!fromFloat || sizeof(To) < sizeof(From)) ? ".rn" : "";
    table["cvt" + rounding + "." + to + "." + from] = convert<From, To>;
}

template <class From>
void addConversions(Table& table, const std::string& from) {
    addConversion<From, u8>(table, from, "u8");
    addConversion<From, int8_t>(table, from, "s8");
    addConversion<From, u16>(table, from, "u16");
    addConversion<From, int16_t>(table, from, "s16");
    addConversion<From, u32>(table, from, "u32");
    addConversion<From, s32>(table, from, "s32");
    addConversion<From, u64>(table, from, "u64");
    addConversion<From, s64>(table, from, "s64");
    addConversion<From, f32>(table, from, "f32");
    addConversion<From, f64>(table, from, "f64");
}

Table makeOperations() {
    Table table;
    table["mov.pred"] = move<u8>;
    table["not.pred"] = notPredicate;
    table["and.pred"] = binary<u8, std::bit_and<u8>>;
    table["or.pred"] = binary<u8, std::bit_or<u8>>;
    table["xor.pred"] = binary<u8, std::bit_xor<u8>>;
    addBits<u16>(table, "b16");
    addBits<u32>(table, "b32");
    addBits<u64>(table, "b64");
    addBits<f32>(table, "f32");
    addBits<f64>(table, "f64");
    addArithmetic<u32>(table, "u32");
    addArithmetic<u64>(table, "u64");
    addArithmetic<s32>(table, "s32");
    addArithmetic<s64>(table, "s64");
    addArithmetic<f32>(table, "f32");
    addArithmetic<f64>(table, "f64");
    table["mul.wide.u32"] = multiplyWide<u32, u64>;
    table["mul.wide.s32"] = multiplyWide<s32, s64>;
    table["popc.b32"] = countBits<u32>;
    table["popc.b64"] = countBits<u64>;

    // All spaces but the parameters' are parts of one, so that addresses need no conversion.
    table["cvta.to.global.u64"] = table["cvta.to.shared.u64"] = table["cvta.global.u64"] = table["cvta.shared.u64"] = move<u64>;
    addConversions<u8>(table, "u8");
    addConversions<int8_t>(table, "s8");
    addConversions<u16>(table, "u16");
    addConversions<int16_t>(table, "s16");
    addConversions<u32>(table, "u32");
    addConversions<s32>(table, "s32");
    addConversions<u64>(table, "u64");
    addConversions<s64>(table, "s64");
    addConversions<f32>(table, "f32");
    addConversions<f64>(table, "f64");
    return table;
}

template <class T>
void addAccess(Table& table, const std::string& type) {
    table["ld.param." + type] = loadParameter<T>;
    table["ld.global." + type] = load<T, Space::Global>;
    table["st.global." + type] = store<T, Space::Global>;
    table["ld.shared." + type] = load<T, Space::Shared>;
    table["st.shared." + type] = store<T, Space::Shared>;
}

Table makeAccesses() {
    Table table;
    addAccess<u8>(table, "b8");
    addAccess<u16>(table, "b16");
    addAccess<u32>(table, "b32");
    addAccess<u64>(table, "b64");
    addAccess<f32>(table, "f32");
    addAccess<f64>(table, "f64");
    return table;
}

Operation find(const Table& table, const std::string& name) {
    auto found = table.find(name);
    return found == table.end() ? nullptr : found->second;
}

template <class T>
Operation fusedWith(const Instruction& sum, int32_t result) {
    bool first = sum.source[0] == result;
    return sum.operation == Operation(binary<T, std::plus<T>>)    ? fused<T, 1, 1>
           : sum.operation == Operation(binary<T, std::minus<T>>) ? (first ? fused<T, 1, -1> : fused<T, -1, 1>)
                                                                  : nullptr;
}

}

void nothing(Thread&, const Instruction&) {}

Operation operationOf(const std::string& mnemonic) {
    static const Table table = makeOperations();
    return find(table, mnemonic);
}

Operation accessOf(const std::string& direction, const std::string& space, const std::string& type) {
    static const Table table = makeAccesses();
    return find(table, direction + "." + space + "." + type);
}

bool isProduct(Operation operation) { return operation == Operation(binary<f32, std::multiplies<f32>>) || operation == Operation(binary<f64, std::multiplies<f64>>); }

Operation fusedOf(Operation product, const Instruction& sum, int32_t result) {
    return product == Operation(binary<f32, std::multiplies<f32>>) ? fusedWith<f32>(sum, result) : fusedWith<f64>(sum, result);
}

}
