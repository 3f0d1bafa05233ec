// The files that CMakeLists.txt makes of module.c, and where a kernel could have loaded them.
#pragma once

#include "core/symbols/module_file.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <unistd.h>

namespace ks::test {

inline std::filesystem::path fixture(const std::string &name) { return std::filesystem::path(MODULE_FIXTURES) / name; }

inline std::string contentsOf(const std::filesystem::path &path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// As /sys/module/tiny_module/sections would tell it: with the place where .init.* were, without .data..percpu.
inline SectionAddresses loadedAt()
{
    SectionAddresses addresses;
    addresses.byName = {
        {".text", VirtAddr(0xffffffffc0001000)},
        {".exit.text", VirtAddr(0xffffffffc0002000)},
        {".rodata", VirtAddr(0xffffffffc0003000)},
        {".data", VirtAddr(0xffffffffc0004000)},
        {".gnu.linkonce.this_module", VirtAddr(0xffffffffc0005000)},
        {".bss", VirtAddr(0xffffffffc0006000)},
        {".init.text", VirtAddr(0xffffffffc0007000)},
        {".init.data", VirtAddr(0xffffffffc0008000)},
    };
    addresses.perCpu = VirtAddr(0x3b000);
    return addresses;
}

/// A folder of its own for each test.
class TemporaryFolder : public testing::Test {
protected:
    void SetUp() override
    {
        std::string pattern = testing::TempDir() + "modules_XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        root_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(root_); }

    std::filesystem::path put(const std::string &path, const std::string &bytes) const
    {
        const auto full = root_ / path;
        std::filesystem::create_directories(full.parent_path());
        std::ofstream(full, std::ios::binary) << bytes;
        return full;
    }

    std::filesystem::path root_;
};

} // namespace ks::test
