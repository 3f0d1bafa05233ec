// A cursor over untrusted bytes. Every read is checked; the first one that does not fit makes the reader fail, and all
// later reads give zeros, so that a parser may read a whole record and ask once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace ks {

class ByteReader {
public:
    explicit ByteReader(std::span<const std::byte> bytes, std::size_t position = 0)
        : bytes_(bytes), position_(position), failed_(position > bytes.size())
    {
    }

    bool failed() const { return failed_; }
    std::size_t position() const { return position_; }
    std::size_t remaining() const { return failed_ ? 0 : bytes_.size() - position_; }
    bool atEnd() const { return remaining() == 0; }

    /// A little-endian integer or trivially copyable record in the host's (little-endian) layout.
    template <class T>
    T read()
    {
        static_assert(std::is_trivially_copyable_v<T>);
        T value{};
        if (take(sizeof(T)))
            std::memcpy(&value, bytes_.data() + position_ - sizeof(T), sizeof(T));
        return value;
    }

    std::span<const std::byte> readBytes(std::uint64_t count)
    {
        return take(count) ? bytes_.subspan(position_ - count, count) : std::span<const std::byte>{};
    }

    /// Text up to the next NUL, which is consumed. Fails if there is none.
    std::string_view readCString();

    /// DWARF 5, 7.6. Values over 64 bits fail.
    std::uint64_t readUleb128()
    {
        const bool isShort = remaining() != 0 && (bytes_[position_] & std::byte{0x80}) == std::byte{0};
        return isShort ? static_cast<std::uint64_t>(bytes_[position_++]) : readLongUleb128();
    }
    std::int64_t readSleb128();

    void skip(std::uint64_t count) { take(count); }
    void seek(std::uint64_t position);

private:
    std::uint64_t readLongUleb128();
    bool take(std::uint64_t count)
    {
        if (failed_ || count > bytes_.size() - position_) {
            failed_ = true;
            return false;
        }
        position_ += count;
        return true;
    }

    std::span<const std::byte> bytes_;
    std::size_t position_;
    bool failed_;
};

} // namespace ks
