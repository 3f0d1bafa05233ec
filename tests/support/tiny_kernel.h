// A kernel of a few objects: types, symbols and memory that belong together. The objects are laid out by the compiler
// that builds the tests, so that what Kernoscope decodes can be compared with what C itself sees.
#pragma once

#include "core/symbols/symbol_table.h"
#include "core/values/context.h"
#include "tests/support/fake_source.h"
#include "tests/support/fake_types.h"

#include <cstdint>
#include <vector>

namespace ks::test {

struct TinyList {
    std::uint64_t next = 0;
    std::uint64_t prev = 0;
};

enum class TinyPid : std::uint32_t { Pid, Tgid, Session = 3 };
enum class TinyFlag : std::uint32_t { None, Read = 1, Write = 2, Execute = 4 };
enum class TinyLevel : std::int64_t { Lowest = -1, Normal = 0, Far = 0x100000000 };

struct TinyTask {
    std::int32_t pid = 0;
    std::uint32_t policy : 3;
    std::uint32_t prio : 7;
    std::int32_t nice : 6;
    std::uint32_t full : 32;
    std::uint64_t wide : 40;
    std::int64_t offset : 24;
    char comm[16] = {};
    TinyList tasks;
    union {
        std::uint32_t word;
        std::uint8_t bytes[4];
    };
    TinyPid kind = TinyPid::Pid;
    TinyFlag flags = TinyFlag::None;
    TinyLevel level = TinyLevel::Normal;
    std::uint64_t parent = 0;   // struct task *
    std::uint64_t function = 0; // void (*)(int)
    std::uint64_t text = 0;     // const char *
    bool isOk = false;
    double load = 0;
    std::int16_t matrix[2][3] = {};
    TinyList children[2];
};

class TinyKernel {
public:
    static constexpr VirtAddr kTask{0xffffffff82000000};   ///< init_task, the head of the list
    static constexpr VirtAddr kSecond{0xffff888000001000}; ///< the other tasks
    static constexpr VirtAddr kThird{0xffff888000002000};
    static constexpr VirtAddr kNumbers{0xffffffff82100000}; ///< s8 u8 s16 u16 s32 u32 s64 u64, 8 bytes each
    static constexpr VirtAddr kText{0xffffffff81000000};
    static constexpr VirtAddr kData{0xffffffff82200000};
    static constexpr VirtAddr kEnd{0xfffffffffffffff0}; ///< the last 16 bytes of the address space
    static constexpr std::uint64_t kKaslr = 0x1000000;
    static constexpr std::uint64_t kPerCpu[2] = {0xffff888010000000, 0xffff888010100000};
    static constexpr std::uint64_t kRunqueueOffset = 0x2000;

    TinyKernel();
    TinyKernel(const TinyKernel &) = delete;
    TinyKernel &operator=(const TinyKernel &) = delete;

    EvalContext context() const;

    FakeTypes types;
    FakeSource memory;
    SymbolTable symbols;
    TinyTask task; ///< what lies at kTask

private:
    void addTypes();
    void addSymbols();
    void addMemory();
};

} // namespace ks::test
