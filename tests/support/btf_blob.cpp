#include "tests/support/btf_blob.h"

#include <cstring>

namespace ks::test {

namespace {

template <class T>
void append(std::string &bytes, const T &value)
{
    bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
}

} // namespace

std::uint32_t BtfBlob::string(std::string_view text)
{
    if (text.empty())
        return 0;
    const auto offset = static_cast<std::uint32_t>(firstString_ + strings_.size());
    strings_.append(text).push_back('\0');
    return offset;
}

std::uint32_t BtfBlob::add(btf::Kind kind, std::string_view name, const std::vector<std::uint32_t> &words,
                           Fields fields)
{
    append(types_,
           btf::Record{string(name),
                       std::uint32_t{fields.kindFlag} << 31 | static_cast<std::uint32_t>(kind) << 24 | fields.count,
                       fields.last});
    for (const std::uint32_t word : words)
        append(types_, word);
    return nextId_++;
}

std::uint32_t BtfBlob::integer(std::string_view name, std::uint32_t bytes, std::uint32_t bits, std::uint32_t encoding,
                               std::uint32_t bitOffset)
{
    return add(btf::Kind::Int, name, {encoding << 24 | bitOffset << 16 | bits}, {.last = bytes});
}

std::uint32_t BtfBlob::wrapper(btf::Kind kind, std::uint32_t target, std::string_view name)
{
    return add(kind, name, {}, {.last = target});
}

std::uint32_t BtfBlob::array(std::uint32_t element, std::uint32_t count)
{
    return add(btf::Kind::Array, {}, {element, 0, count}, {});
}

std::string BtfBlob::bytes() const
{
    btf::Header header = headerChange;
    header.magic += btf::kMagic;
    header.version += btf::kVersion;
    header.headerSize += sizeof header;
    header.typeSize += static_cast<std::uint32_t>(types_.size());
    header.stringOffset += static_cast<std::uint32_t>(types_.size());
    header.stringSize += static_cast<std::uint32_t>(strings_.size());
    std::string bytes;
    if (layouts.empty()) {
        append(bytes, header);
        return bytes + types_ + strings_;
    }
    const btf::LayoutHeader extension{header.stringOffset + header.stringSize,
                                      static_cast<std::uint32_t>(layouts.size() * sizeof(btf::Layout))};
    header.headerSize += sizeof extension;
    append(bytes, header);
    append(bytes, extension);
    bytes += types_ + strings_;
    for (const btf::Layout &layout : layouts)
        append(bytes, layout);
    return bytes;
}

Result<std::shared_ptr<const BtfReader>> BtfBlob::reader(std::shared_ptr<const BtfReader> base) const
{
    const auto file = MappedFile::fromBytes(bytes(), "blob.btf");
    return BtfReader::parse(file, file->bytes(), std::move(base));
}

Result<std::shared_ptr<const BtfReader>> BtfBlob::readerOf(std::string bytes)
{
    const auto file = MappedFile::fromBytes(std::move(bytes), "blob.btf");
    return BtfReader::parse(file, file->bytes());
}

} // namespace ks::test
