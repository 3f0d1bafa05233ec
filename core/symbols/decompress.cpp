#include "core/symbols/decompress.h"

#include <algorithm>
#include <limits>
#include <lzma.h>
#include <memory>
#include <string_view>
#include <zlib.h>
#include <zstd.h>

namespace ks {

namespace {

using namespace std::string_view_literals;

/// A dictionary may have at most so many bytes; xz -9 wants 64 MiB, zstd takes up to 128 MiB by default.
constexpr std::uint64_t kMaxDecoderMemory = std::uint64_t{192} << 20;

struct Step {
    std::size_t written = 0;
    bool finished = false;
    const char *damage = nullptr; ///< why nothing more comes
};

// Each codec fills a buffer from where it stopped before.

class ZlibStream {
public:
    explicit ZlibStream(std::span<const std::byte> packed) : input_(packed)
    {
        constexpr int kDetectHeader = 32; // gzip or zlib
        ready_ = ::inflateInit2(&stream_, MAX_WBITS + kDetectHeader) == Z_OK;
    }
    ~ZlibStream() { ::inflateEnd(&stream_); }
    ZlibStream(const ZlibStream &) = delete;
    ZlibStream &operator=(const ZlibStream &) = delete;

    std::uint64_t expectedSize() const { return input_.size() * 4; }
    Step fill(char *out, std::size_t size)
    {
        if (!ready_)
            return {.damage = "zlib cannot start"};
        // zlib counts in 32 bits.
        constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
        size = std::min(size, kMost);
        const auto available = static_cast<uInt>(std::min(input_.size(), kMost));
        stream_.next_in = reinterpret_cast<Bytef *>(const_cast<std::byte *>(input_.data()));
        stream_.avail_in = available;
        stream_.next_out = reinterpret_cast<Bytef *>(out);
        stream_.avail_out = static_cast<uInt>(size);
        const int status = ::inflate(&stream_, Z_NO_FLUSH);
        input_ = input_.subspan(available - stream_.avail_in);
        const Step step{size - stream_.avail_out, status == Z_STREAM_END};
        if (status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR)
            return step;
        return {.damage = stream_.msg ? stream_.msg : "zlib finds damage"};
    }

private:
    std::span<const std::byte> input_;
    z_stream stream_ = {};
    bool ready_ = false;
};

class XzStream {
public:
    explicit XzStream(std::span<const std::byte> packed) : expected_(packed.size() * 4)
    {
        ready_ = ::lzma_stream_decoder(&stream_, kMaxDecoderMemory, 0) == LZMA_OK;
        stream_.next_in = reinterpret_cast<const std::uint8_t *>(packed.data());
        stream_.avail_in = packed.size();
    }
    ~XzStream() { ::lzma_end(&stream_); }
    XzStream(const XzStream &) = delete;
    XzStream &operator=(const XzStream &) = delete;

    std::uint64_t expectedSize() const { return expected_; }
    Step fill(char *out, std::size_t size)
    {
        if (!ready_)
            return {.damage = "liblzma cannot start"};
        stream_.next_out = reinterpret_cast<std::uint8_t *>(out);
        stream_.avail_out = size;
        const lzma_ret status = ::lzma_code(&stream_, LZMA_FINISH);
        switch (status) {
        case LZMA_OK:
        case LZMA_BUF_ERROR:
        case LZMA_STREAM_END: return {size - stream_.avail_out, status == LZMA_STREAM_END};
        case LZMA_MEMLIMIT_ERROR: return {.damage = "xz asks for too large a dictionary"};
        case LZMA_OPTIONS_ERROR: return {.damage = "xz filters that are not known"};
        default: return {.damage = "xz finds damage"};
        }
    }

private:
    std::uint64_t expected_;
    lzma_stream stream_ = LZMA_STREAM_INIT;
    bool ready_ = false;
};

class ZstdStream {
public:
    explicit ZstdStream(std::span<const std::byte> packed)
        : input_{packed.data(), packed.size(), 0}, stream_(::ZSTD_createDStream(), &::ZSTD_freeDStream)
    {
    }

    std::uint64_t expectedSize() const
    {
        const unsigned long long size = ::ZSTD_getFrameContentSize(input_.src, input_.size);
        const bool known = size != ZSTD_CONTENTSIZE_UNKNOWN && size != ZSTD_CONTENTSIZE_ERROR;
        return known ? size : std::uint64_t{input_.size} * 4;
    }
    Step fill(char *out, std::size_t size)
    {
        if (!stream_)
            return {.damage = "zstd cannot start"};
        ZSTD_outBuffer output{out, size, 0};
        while (output.pos < output.size) {
            const std::size_t before = output.pos + input_.pos;
            const std::size_t status = ::ZSTD_decompressStream(stream_.get(), &output, &input_);
            if (::ZSTD_isError(status))
                return {.damage = ::ZSTD_getErrorName(status)};
            // zstd -T writes several frames, one behind the other.
            if (status == 0 && input_.pos == input_.size)
                return {output.pos, true};
            if (output.pos + input_.pos == before)
                break;
        }
        return {output.pos, false};
    }

private:
    ZSTD_inBuffer input_;
    std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream *)> stream_;
};

template <class Stream>
Result<std::string> drain(std::span<const std::byte> packed, std::uint64_t limit, const std::string &what)
{
    Stream stream(packed);
    constexpr std::uint64_t kSmallest = std::uint64_t{1} << 14;
    // What is said of the size is believed only as far as it could be true of ordinary data.
    const std::uint64_t believable = packed.size() * 64;
    std::uint64_t wanted = std::max(kSmallest, std::min(stream.expectedSize(), believable) + 1);
    if (limit < believable)
        wanted = limit + 1;
    std::string out;
    std::size_t used = 0;
    for (;;) {
        // One byte more than allowed tells a stream that ends at the limit from one that goes on.
        out.resize(std::min(wanted, limit + 1));
        const Step step = stream.fill(out.data() + used, out.size() - used);
        if (step.damage)
            return fail(ErrorCode::BadFormat, what,
                        "its compressed data are damaged behind " + std::to_string(used) + " bytes: " + step.damage);
        used += step.written;
        if (used > limit)
            return fail(ErrorCode::Limit, what,
                        "grows beyond " + std::to_string(limit) + " bytes when it is decompressed");
        if (step.finished)
            break;
        if (step.written == 0)
            return fail(ErrorCode::BadFormat, what,
                        "its compressed data end too early, behind " + std::to_string(used) + " bytes");
        if (used == out.size())
            wanted = std::uint64_t{out.size()} * 2;
    }
    out.resize(used);
    if (out.capacity() - used > used / 4)
        out.shrink_to_fit();
    return out;
}

} // namespace

Compression compressionOf(std::span<const std::byte> file)
{
    const std::string_view head(reinterpret_cast<const char *>(file.data()), std::min<std::size_t>(file.size(), 8));
    if (head.starts_with("\x1f\x8b"sv))
        return Compression::Zlib;
    if (head.starts_with("\xfd"
                         "7zXZ\0"sv))
        return Compression::Xz;
    if (head.starts_with("\x28\xb5\x2f\xfd"sv))
        return Compression::Zstd;
    return Compression::None;
}

Result<std::string> decompress(std::span<const std::byte> packed, Compression compression, std::uint64_t limit,
                               const std::string &what)
{
    switch (compression) {
    case Compression::Zlib: return drain<ZlibStream>(packed, limit, what);
    case Compression::Xz: return drain<XzStream>(packed, limit, what);
    case Compression::Zstd: return drain<ZstdStream>(packed, limit, what);
    case Compression::None: break;
    }
    return fail(ErrorCode::Unsupported, what, "is compressed in a way that is not known");
}

} // namespace ks
