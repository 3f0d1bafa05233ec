// One offset for each text of a string section.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ks {

/// `ld -r`, which puts modules together, does not merge strings as it does for vmlinux: the .debug_str of xfs.ko holds
/// 457,000 strings and 24,000 different ones, "char" for each of its 104 source files. The index of names takes two
/// things for one by the offset of their names, so equal texts have to get equal offsets.
class MergedStrings {
public:
    /// `section` must outlive this.
    explicit MergedStrings(std::span<const std::byte> section);

    /// The offset of the first string asked for that has the same text. What is no string stays as it is.
    std::uint64_t canonical(std::uint64_t offset)
    {
        if (offset >= section_.size() || offset >= kEnd)
            return offset;
        Recent &recent = recent_[offset % recent_.size()];
        if (recent.offset != offset)
            recent = {static_cast<std::uint32_t>(offset), find(static_cast<std::uint32_t>(offset))};
        return recent.canonical;
    }

private:
    static constexpr std::uint32_t kEnd = 0xffffffff;
    struct Recent {
        std::uint32_t offset = kEnd;
        std::uint32_t canonical = 0;
    };
    struct Slot {
        std::uint32_t offset = kEnd; ///< of the canonical string; kEnd: empty
        std::uint32_t size = 0;
        std::uint64_t hash = 0;
    };
    std::uint32_t find(std::uint32_t offset);
    void grow();

    std::span<const std::byte> section_;
    std::vector<Recent> recent_; ///< by offset: a name stands often in one source file, and near to the others of it
    std::vector<Slot> slots_;    ///< a power of two, at most half full
    std::size_t used_ = 0;
};

} // namespace ks
