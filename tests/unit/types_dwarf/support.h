// The fixtures, opened.
#pragma once

#include "core/types/dwarf_reader.h"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ks::test {

/// A little-endian ELF64 file's sections by name, and its memory by address. For files that this build has made.
class Fixture {
public:
    explicit Fixture(const std::string &path);

    const std::string &name() const { return name_; }
    DwarfSections sections() const;
    const DwarfReader &reader() const { return *reader_; }
    std::span<const std::byte> section(const std::string &name) const;
    /// The bytes that the program has at an address; empty when it has none.
    std::span<const std::byte> memory(std::uint64_t address, std::size_t size) const;
    std::string string(std::uint64_t address) const;

private:
    struct Area {
        std::uint64_t address;
        std::span<const std::byte> bytes;
    };
    std::string name_;
    std::shared_ptr<const MappedFile> file_;
    std::map<std::string, std::span<const std::byte>> sections_;
    std::vector<Area> areas_;
    std::unique_ptr<DwarfReader> reader_;
};

/// Paths of all fixtures of this build.
std::vector<std::string> fixturePaths();

} // namespace ks::test
