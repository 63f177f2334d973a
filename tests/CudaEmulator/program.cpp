#include "program.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>
#include <sstream>
#include <unordered_map>

#include "operations.hpp"

namespace emulator {
namespace {

std::vector<std::string> split(const std::string& text, const char* separators) {
    std::vector<std::string> parts;
    size_t from = 0;
    while ((from = text.find_first_not_of(separators, from)) != std::string::npos) {
        size_t until = std::min(text.find_first_of(separators, from), text.size());
        parts.push_back(text.substr(from, until - from));
        from = until;
    }

    return parts;
}

bool isNumber(const std::string& text) {
    return std::isdigit(static_cast<unsigned char>(text[0])) || (text[0] == '-' && text.size() > 1);
}

uint64_t number(const std::string& text) {
    if (text.size() > 2 && text[0] == '0' && (text[1] == 'f' || text[1] == 'F' || text[1] == 'd' || text[1] == 'D')) {
        return std::stoull(text.substr(2), nullptr, 16);
    }

    return text[0] == '-' ? static_cast<uint64_t>(std::stoll(text, nullptr, 0)) : std::stoull(text, nullptr, 0);
}

int64_t sizeOf(const std::string& type) {
    return type == "pred" ? 1 : std::stoll(type.substr(1)) / 8;
}

// One kernel while it is read.
class Reader {
public:
    explicit Reader(Kernel& kernel) : kernel(kernel) {
        for (int32_t(*registers)[3] : {&kernel.tid, &kernel.ntid, &kernel.ctaid, &kernel.nctaid}) {
            std::fill(*registers, *registers + 3, -1);
        }
    }

    void parameter(const std::string& line) {
        // .param [.align A] .TYPE NAME[COUNT]
        std::vector<std::string> words = split(line, " \t,");
        size_t at = 1;
        int64_t align = 0;
        if (words[at] == ".align") {
            align = std::stoll(words[at + 1]);
            at += 2;
        }

        int64_t size = sizeOf(words[at].substr(1));
        std::string name = words[at + 1];
        align = std::max(align, size);
        if (size_t bracket = name.find('['); bracket != std::string::npos) {
            size *= std::stoll(name.substr(bracket + 1));
            name.resize(bracket);
        }

        kernel.parameterBytes = (kernel.parameterBytes + align - 1) / align * align;
        kernel.parameters.push_back({name, kernel.parameterBytes, size});
        kernel.parameterBytes += size;
    }

    void sharedArray(const std::string& line) {
        // .shared .align A .TYPE NAME[COUNT]
        std::vector<std::string> words = split(line, " \t;");
        int64_t align = std::stoll(words[2]), size = sizeOf(words[3].substr(1));
        size_t bracket = words[4].find('[');
        int64_t begin = (kernel.sharedBytes + align - 1) / align * align;
        kernel.sharedBytes = begin + size * std::stoll(words[4].substr(bracket + 1));
        kernel.shared.emplace_back(slot(words[4].substr(0, bracket), true), begin);
    }

    void registers(const std::string& line) {
        // .reg .TYPE NAME<COUNT>
        std::vector<std::string> words = split(line, " \t;");
        size_t angle = words[2].find('<');
        std::string name = words[2].substr(0, angle);
        int count = std::stoi(words[2].substr(angle + 1));
        for (int i = 0; i < count; i++) {
            slot(name + std::to_string(i), false);
        }
    }

    void label(const std::string& name) { labels[name] = static_cast<int32_t>(kernel.code.size()); }

    void instruction(std::string text, int line) {
        Instruction made;
        made.line = line;
        if (text[0] == '@') {
            size_t end = text.find_first_of(" \t");
            made.negated = text[1] == '!';
            made.predicate = operand(text.substr(made.negated ? 2 : 1, end - (made.negated ? 2 : 1)));
            text = text.substr(text.find_first_not_of(" \t", end));
        }

        size_t end = std::min(text.find_first_of(" \t"), text.size());
        std::string mnemonic = text.substr(0, end);
        std::vector<std::string> operands = split(text.substr(end), " \t,{}");
        std::vector<std::string> parts = split(mnemonic, ".");
        if (parts[0] == "bra") {
            made.kind = Kind::Branch;
            jumps.emplace_back(kernel.code.size(), operands[0]);
        } else if (parts[0] == "ret" || parts[0] == "exit") {
            made.kind = Kind::Exit;
        } else if ((mnemonic == "bar.sync" || mnemonic == "barrier.sync") && operands.size() == 1 && operands[0] == "0") {
            made.kind = Kind::Barrier;
        } else if (mnemonic == "shfl.sync.bfly.b32") {
            made.kind = Kind::Shuffle;
            values(made, operands);
        } else if (parts[0] == "ld" || parts[0] == "st") {
            access(made, parts, operands);
        } else {
            plain(made, mnemonic, operands);
        }

        kernel.code.push_back(made);
    }

    void finish(bool contract) {
        for (auto& [at, name] : jumps) {
            auto found = labels.find(name);
            if (found == labels.end()) {
                throw Fault("no label " + name);
            }

            kernel.code[at].jump = found->second;
        }

        if (contract) {
            contractProducts();
        }
    }

private:
    Kernel& kernel;
    std::unordered_map<std::string, int32_t> slots;
    std::unordered_map<std::string, int32_t> labels;
    std::vector<std::pair<size_t, std::string>> jumps;

    int32_t slot(const std::string& name, bool defined, uint64_t value = 0) {
        auto [found, isNew] = slots.emplace(name, static_cast<int32_t>(kernel.start.size()));
        if (isNew) {
            kernel.start.push_back(value);
            kernel.defined.push_back(defined);
        }

        return found->second;
    }

    int32_t operand(const std::string& name) {
        if (isNumber(name)) {
            return slot("#" + name, true, number(name));
        }

        static const std::map<std::string, int32_t (Kernel::*)[3]> axes = {{"%tid", &Kernel::tid}, {"%ntid", &Kernel::ntid}, {"%ctaid", &Kernel::ctaid}, {"%nctaid", &Kernel::nctaid}};
        if (auto axis = axes.find(name.substr(0, name.find('.'))); axis != axes.end()) {
            return (kernel.*axis->second)[name.back() - 'x'] = slot(name, true);
        }

        if (name == "%laneid") {
            return kernel.lane = slot(name, true);
        }

        auto found = slots.find(name);
        if (found == slots.end()) {
            throw Fault("no register " + name);
        }

        return found->second;
    }

    // An instruction's one result, and the values it is made of.
    void values(Instruction& made, const std::vector<std::string>& operands) {
        made.target[made.targets++] = operand(operands[0]);
        for (size_t i = 1; i < operands.size(); i++) {
            made.source[made.sources++] = operand(operands[i]);
        }
    }

    void plain(Instruction& made, const std::string& mnemonic, const std::vector<std::string>& operands) {
        made.operation = operationOf(mnemonic);
        if (!made.operation) {
            throw Fault("unknown instruction " + mnemonic);
        }

        values(made, operands);
    }

    // ld.SPACE[.vN].TYPE {targets}, [address+offset] or st.SPACE[.vN].TYPE [address+offset], {sources}
    void access(Instruction& made, const std::vector<std::string>& parts, std::vector<std::string> operands) {
        bool load = parts[0] == "ld";
        const std::string &space = parts[1], &type = parts.back();
        made.operation = accessOf(parts[0], space, type);
        if (!made.operation) {
            throw Fault("unknown access " + parts[0] + "." + space + "." + type);
        }

        auto at = load ? operands.end() - 1 : operands.begin();
        std::string address = at->substr(1, at->size() - 2);
        operands.erase(at);
        for (const std::string& name : operands) {
            (load ? made.target[made.targets++] : made.source[made.sources++]) = operand(name);
        }

        size_t plus = address.find('+');
        made.offset = plus == std::string::npos ? 0 : std::stoll(address.substr(plus + 1));
        address = address.substr(0, plus);
        if (space != "param") {
            made.address = operand(address);
            return;
        }

        auto found = std::find_if(kernel.parameters.begin(), kernel.parameters.end(), [&](const Parameter& one) { return one.name == address; });
        if (found == kernel.parameters.end() || made.offset + sizeOf(type) > found->size) {
            throw Fault("no parameter " + address);
        }

        made.offset += found->offset;
    }

    // A product that one sum alone reads, in the same run of instructions, becomes part of it.
    void contractProducts() {
        std::vector<bool> entered(kernel.code.size() + 1);
        for (const Instruction& one : kernel.code) {
            if (one.kind == Kind::Branch) {
                entered[one.jump] = true;
            }
        }

        for (size_t at = 0; at < kernel.code.size(); at++) {
            Instruction& product = kernel.code[at];
            if (!isProduct(product.operation) || product.predicate >= 0) {
                continue;
            }

            int32_t result = product.target[0];
            for (size_t next = at + 1; next < kernel.code.size() && !entered[next] && kernel.code[next].kind == Kind::Plain; next++) {
                Instruction& sum = kernel.code[next];
                Operation fused = fusedOf(product.operation, sum, result);
                if (fused && sum.predicate < 0 && readsOf(sum, result) == 1 && (writes(sum, result) || !isReadFrom(next + 1, result))) {
                    int32_t addend = sum.source[sum.source[0] == result ? 1 : 0];
                    sum.operation = fused;
                    sum.sources = 3;
                    sum.source[0] = product.source[0];
                    sum.source[1] = product.source[1];
                    sum.source[2] = addend;
                    product = {};
                    product.operation = nothing;
                    break;
                }

                // The product and its factors must still be what they were.
                if (readsOf(sum, result) > 0 || writes(sum, result) || writes(sum, product.source[0]) || writes(sum, product.source[1])) {
                    break;
                }
            }
        }
    }

    static bool writes(const Instruction& one, int32_t slot) { return std::find(one.target, one.target + one.targets, slot) != one.target + one.targets; }

    static int readsOf(const Instruction& one, int32_t slot) {
        return static_cast<int>(std::count(one.source, one.source + one.sources, slot)) + (one.predicate == slot) + (one.address == slot);
    }

    // Whether a path from an instruction reads a slot before it writes it.
    bool isReadFrom(size_t from, int32_t slot) const {
        std::vector<bool> seen(kernel.code.size());
        std::vector<size_t> open{from};
        while (!open.empty()) {
            size_t at = open.back();
            open.pop_back();
            for (; at < kernel.code.size() && !seen[at]; at++) {
                const Instruction& one = kernel.code[at];
                seen[at] = true;
                if (readsOf(one, slot) > 0) {
                    return true;
                }

                if (one.kind == Kind::Branch) {
                    open.push_back(one.jump);
                }

                if (one.predicate < 0 && (one.kind == Kind::Branch || one.kind == Kind::Exit || writes(one, slot))) {
                    break;
                }
            }
        }

        return false;
    }
};

}

std::vector<Kernel> parse(const std::string& ptx, bool contract) {
    std::vector<Kernel> kernels;
    std::unique_ptr<Reader> reader;
    std::istringstream input(ptx);
    std::string line;
    std::vector<std::string> lines;
    bool inside = false;
    for (int row = 1; std::getline(input, line); row++) {
        lines.push_back(line);
        line = line.substr(0, line.find("//"));
        size_t first = line.find_first_not_of(" \t");
        if (first == std::string::npos) {
            continue;
        }

        line = line.substr(first, line.find_last_not_of(" \t\r") + 1 - first);
        try {
            if (line.rfind(".visible .entry", 0) == 0) {
                kernels.emplace_back();
                kernels.back().name = split(line, " \t(")[2];
                reader = std::make_unique<Reader>(kernels.back());
            } else if (line.rfind(".version", 0) == 0 || line.rfind(".target", 0) == 0 || line.rfind(".address_size", 0) == 0 || line.rfind(".minnctapersm", 0) == 0 || line == ")" || line == "(") {
                continue;
            } else if (!reader) {
                throw Fault("a line outside of kernels: " + line);
            } else if (line.rfind(".maxntid", 0) == 0) {
                kernels.back().maxThreads = std::stoi(split(line, " \t,")[1]);
            } else if (line == "{") {
                inside = true;
            } else if (line == "}") {
                reader->finish(contract);
                reader.reset();
                inside = false;
            } else if (!inside && line.rfind(".param", 0) == 0) {
                reader->parameter(line);
            } else if (line.rfind(".shared", 0) == 0) {
                reader->sharedArray(line);
            } else if (line.rfind(".reg", 0) == 0) {
                reader->registers(line);
            } else if (line.back() == ':') {
                reader->label(line.substr(0, line.size() - 1));
            } else if (inside && line.back() == ';') {
                reader->instruction(line.substr(0, line.size() - 1), row);
            } else {
                throw Fault("a line that is not understood: " + line);
            }
        } catch (const std::exception& error) {
            throw Fault("line " + std::to_string(row) + ": " + error.what());
        }
    }

    for (Kernel& kernel : kernels) {
        kernel.lines = lines;
    }

    return kernels;
}

}
