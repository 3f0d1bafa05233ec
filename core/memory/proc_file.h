// /proc/kcore and its like as many threads read them at once.
#pragma once

#include "core/memory/byte_file.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

namespace ks {

/// A file of procfs. What is read of /proc/kcore passes through a page that belongs to the open file (its private_data
/// in fs/proc/kcore.c, since kernel commit df04abfd181a), and nothing keeps two reads of one open file from mixing
/// their bytes there, whatever their offsets are. So only one read at a time is made of each open file. Others open the
/// file once more, if that is allowed to them (not to those who were given a descriptor), or wait.
class ProcFile final : public ByteFile {
public:
    /// More threads than that do not read at once, and each open file takes memory of the kernel's.
    static constexpr std::size_t kMaxOpen = 4;

    explicit ProcFile(FileHandle handle, std::size_t maxOpen = kMaxOpen);
    PreadResult readOnce(std::span<std::byte> into, FileOffset offset) const override;
    std::optional<std::uint64_t> size() const override { return std::nullopt; }
    ReadCost cost() const override;

private:
    class Turn;

    mutable std::mutex mutex_; ///< guards all below
    mutable std::condition_variable returned_;
    mutable std::vector<std::unique_ptr<DescriptorFile>> files_; ///< the first is the one that was given
    mutable std::vector<const DescriptorFile *> idle_;
    const std::size_t maxOpen_;
    mutable bool mayOpen_ = true; ///< until it was refused
};

} // namespace ks
