#include "core/base/byte_reader.h"

namespace ks {

std::string_view ByteReader::readCString()
{
    if (failed_)
        return {};
    const auto *start = reinterpret_cast<const char *>(bytes_.data()) + position_;
    const void *end = remaining() ? std::memchr(start, 0, remaining()) : nullptr;
    if (!end) {
        failed_ = true;
        return {};
    }
    const std::size_t length = static_cast<const char *>(end) - start;
    position_ += length + 1;
    return {start, length};
}

std::uint64_t ByteReader::readLongUleb128()
{
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        const auto byte = read<std::uint8_t>();
        if (failed_)
            return 0;
        const std::uint64_t bits = byte & 0x7f;
        if (shift >= 64 ? bits != 0 : (bits << shift >> shift) != bits) {
            failed_ = true;
            return 0;
        }
        if (shift < 64)
            value |= bits << shift;
        if (!(byte & 0x80))
            return value;
    }
}

std::int64_t ByteReader::readSleb128()
{
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        const auto byte = read<std::uint8_t>();
        if (failed_)
            return 0;
        if (shift > 63 && (byte & 0x7f) != 0 && (byte & 0x7f) != 0x7f) {
            failed_ = true;
            return 0;
        }
        if (shift < 64)
            value |= std::uint64_t(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            if (shift + 7 < 64 && (byte & 0x40))
                value |= ~std::uint64_t{0} << (shift + 7);
            return static_cast<std::int64_t>(value);
        }
    }
}

void ByteReader::seek(std::uint64_t position)
{
    if (position > bytes_.size())
        failed_ = true;
    else if (!failed_)
        position_ = position;
}

} // namespace ks
