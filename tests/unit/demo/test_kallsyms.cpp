// The kernel's own symbol table, decoded here as kernel/kallsyms.c of Linux 6.1 does, must say what the text form says.
#include "core/memory/notes.h"
#include "core/memory/open_core.h"
#include "resources/demo/demo_kernel.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>

namespace ks::demo {
namespace {

TEST(DemoKallsyms, TheTablesInMemoryDecodeToTheText)
{
    const auto kernel = DemoKernel::create(9).value();
    const auto memory = openCore(FileHandle::duplicate(kernel->coreFd()).value(), {.live = true}).value();
    const auto info = findVmcoreInfo(memory->notes()).value();
    const auto bytesOf = [&](const char *name, std::size_t size) {
        const auto block = memory->read(VirtAddr(info.symbol(name).value()), size);
        EXPECT_TRUE(block.allPresent()) << name;
        return std::string(reinterpret_cast<const char *>(block.bytes().data()), block.size());
    };
    const auto number = [](const std::string &bytes, std::size_t index, auto kind) {
        std::memcpy(&kind, bytes.data() + index * sizeof kind, sizeof kind);
        return kind;
    };
    const auto count = number(bytesOf("kallsyms_num_syms", 4), 0, std::uint32_t{});
    ASSERT_GT(count, 100u);
    const std::string offsets = bytesOf("kallsyms_offsets", 4 * count);
    const auto base = number(bytesOf("kallsyms_relative_base", 8), 0, std::uint64_t{});
    const std::string names = bytesOf("kallsyms_names", 8192);
    const std::string tokens = bytesOf("kallsyms_token_table", 1024);
    const std::string index = bytesOf("kallsyms_token_index", 512);

    std::string text;
    std::size_t at = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        std::size_t length = static_cast<unsigned char>(names.at(at++));
        if (length & 0x80)
            length = (length & 0x7f) | static_cast<std::size_t>(static_cast<unsigned char>(names.at(at++))) << 7;
        std::string name;
        for (const char token : names.substr(at, length))
            name += tokens.c_str() + number(index, static_cast<unsigned char>(token), std::uint16_t{});
        at += length;
        const auto offset = number(offsets, i, std::int32_t{});
        const auto address = offset >= 0 ? static_cast<std::uint64_t>(offset)
                                         : base - 1 - static_cast<std::uint64_t>(static_cast<std::int64_t>(offset));
        char line[32];
        std::snprintf(line, sizeof line, "%016llx %c ", static_cast<unsigned long long>(address), name.at(0));
        text += line + name.substr(1) + "\n";
    }
    const std::string expected = kernel->kallsyms();
    EXPECT_EQ(text, expected.substr(0, text.size()));
    // What follows are the module's symbols.
    for (std::size_t start = text.size(); start < expected.size();) {
        const std::size_t end = expected.find('\n', start);
        EXPECT_NE(expected.substr(start, end - start).find("\t[demo_net]"), std::string::npos);
        start = end + 1;
    }
}

} // namespace
} // namespace ks::demo
