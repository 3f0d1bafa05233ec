// The one place where the memory sources meet a file: pread and nothing else. Tests put a faulty file in between.
#pragma once

#include "core/base/address.h"
#include "core/base/file.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ks {

/// What one pread gave: `count` bytes, 0 at the end of the file; or an errno and no bytes.
struct PreadResult {
    std::size_t count = 0;
    int errorNumber = 0;
};

/// What reading has cost so far.
struct ReadCost {
    std::uint64_t calls = 0; ///< system calls that read
    std::uint64_t bytes = 0; ///< bytes that they gave

    friend ReadCost operator-(ReadCost a, ReadCost b) { return {a.calls - b.calls, a.bytes - b.bytes}; }
    friend bool operator==(const ReadCost &, const ReadCost &) = default;
};

/// A file that is read at offsets. Reads may come from any thread at once.
class ByteFile {
public:
    virtual ~ByteFile() = default;
    /// One attempt; it may give fewer bytes than asked for.
    virtual PreadResult readOnce(std::span<std::byte> into, FileOffset offset) const = 0;
    /// Bytes in the file, where the system tells the truth about it (regular files and block devices).
    virtual std::optional<std::uint64_t> size() const = 0;
    /// Of all reads since the file was opened, by any thread.
    virtual ReadCost cost() const { return {}; }

    /// Goes on after short reads until `into` is full, the file ends (count < into.size(), no error) or a read fails
    /// (the bytes before it are counted).
    PreadResult readFully(std::span<std::byte> into, FileOffset offset) const;
};

/// pread(2) on a descriptor. Offsets that do not fit into off_t give EOVERFLOW without asking the system.
class DescriptorFile : public ByteFile {
public:
    explicit DescriptorFile(FileHandle handle) : handle_(std::move(handle)) {}
    PreadResult readOnce(std::span<std::byte> into, FileOffset offset) const override;
    std::optional<std::uint64_t> size() const override;
    ReadCost cost() const override;
    int fd() const { return handle_.fd(); }

private:
    FileHandle handle_;
    mutable std::atomic<std::uint64_t> calls_{0};
    mutable std::atomic<std::uint64_t> bytes_{0};
};

} // namespace ks
