#include "tests/support/core_file.h"

#include <algorithm>
#include <cstring>

namespace ks::test {
namespace {

template <class T>
void append(std::string &to, const T &value)
{
    to.append(reinterpret_cast<const char *>(&value), sizeof value);
}

void pad(std::string &text, std::size_t alignment)
{
    text.resize((text.size() + alignment - 1) / alignment * alignment);
}

} // namespace

CoreBuilder::CoreBuilder()
{
    std::memcpy(elf_.e_ident, ELFMAG, SELFMAG);
    elf_.e_ident[EI_CLASS] = ELFCLASS64;
    elf_.e_ident[EI_DATA] = ELFDATA2LSB;
    elf_.e_ident[EI_VERSION] = EV_CURRENT;
    elf_.e_type = ET_CORE;
    elf_.e_machine = EM_X86_64;
    elf_.e_version = EV_CURRENT;
    elf_.e_phoff = sizeof elf_;
    elf_.e_ehsize = sizeof elf_;
    elf_.e_phentsize = sizeof(Elf64_Phdr);
}

CoreBuilder &CoreBuilder::load(std::uint64_t address, std::string_view bytes, std::uint64_t phys,
                               std::uint64_t memorySize)
{
    Elf64_Phdr entry = {};
    entry.p_type = PT_LOAD;
    entry.p_flags = PF_R | PF_W | PF_X;
    entry.p_vaddr = address;
    entry.p_paddr = phys;
    entry.p_filesz = bytes.size();
    entry.p_memsz = std::max<std::uint64_t>(memorySize, bytes.size());
    entry.p_align = kPageSize;
    contents_.push_back({headers_.size(), std::string(bytes)});
    return header(entry);
}

CoreBuilder &CoreBuilder::header(const Elf64_Phdr &entry)
{
    headers_.push_back(entry);
    return *this;
}

CoreBuilder &CoreBuilder::note(std::string_view name, std::uint32_t type, std::string_view bytes)
{
    append(notes_, static_cast<std::uint32_t>(name.size() + 1));
    append(notes_, static_cast<std::uint32_t>(bytes.size()));
    append(notes_, type);
    notes_.append(name).push_back('\0');
    pad(notes_, 4);
    notes_.append(bytes);
    pad(notes_, 4);
    return *this;
}

CoreBuilder &CoreBuilder::machine(std::uint16_t machine)
{
    elf_.e_machine = machine;
    return *this;
}

CoreBuilder &CoreBuilder::extendedNumbering()
{
    extended_ = true;
    return *this;
}

std::string CoreBuilder::build() const
{
    auto headers = headers_;
    const std::size_t extra = notes_.empty() ? 0 : 1;
    if (extra) {
        Elf64_Phdr entry = {};
        entry.p_type = PT_NOTE;
        entry.p_filesz = notes_.size();
        headers.insert(headers.begin(), entry);
    }
    Elf64_Ehdr elf = elf_;
    std::string tail(headers.size() * sizeof(Elf64_Phdr), '\0');
    tail.insert(0, sizeof elf, '\0');
    if (extended_) {
        elf.e_phnum = PN_XNUM;
        elf.e_shoff = tail.size();
        Elf64_Shdr section = {};
        section.sh_info = static_cast<std::uint32_t>(headers.size());
        append(tail, section);
    } else {
        elf.e_phnum = static_cast<std::uint16_t>(headers.size());
    }
    if (extra)
        headers[0].p_offset = tail.size();
    tail += notes_;
    for (const Content &content : contents_) {
        pad(tail, kPageSize);
        headers[content.header + extra].p_offset = tail.size();
        tail += content.bytes;
    }
    std::memcpy(tail.data(), &elf, sizeof elf);
    if (!headers.empty())
        std::memcpy(tail.data() + sizeof elf, headers.data(), headers.size() * sizeof(Elf64_Phdr));
    return tail;
}

PreadResult MemoryFile::readOnce(std::span<std::byte> into, FileOffset offset) const
{
    const std::lock_guard lock(mutex_);
    if (offset.value >= bytes_.size())
        return {};
    const std::size_t count = std::min<std::uint64_t>(into.size(), bytes_.size() - offset.value);
    std::memcpy(into.data(), bytes_.data() + offset.value, count);
    return {count, 0};
}

std::optional<std::uint64_t> MemoryFile::size() const
{
    const std::lock_guard lock(mutex_);
    return bytes_.size();
}

void MemoryFile::replace(std::string bytes)
{
    const std::lock_guard lock(mutex_);
    bytes_ = std::move(bytes);
}

PreadResult FaultyFile::readOnce(std::span<std::byte> into, FileOffset offset) const
{
    ++calls;
    if (beforeRead)
        beforeRead(offset.value);
    into = into.first(std::min(into.size(), longestRead));
    if (failAcrossPages != 0 && offset.value / kPageSize != (offset.value + into.size() - 1) / kPageSize)
        return {0, failAcrossPages};
    for (const Fault &fault : faults) {
        if (into.empty() || fault.last < offset.value || fault.first > offset.value + (into.size() - 1))
            continue;
        if (fault.wholeCall || fault.first <= offset.value) {
            // The kernel may have written into the buffer before it noticed.
            std::ranges::fill(into, std::byte{0xee});
            return {0, fault.errorNumber};
        }
        into = into.first(fault.first - offset.value);
    }
    return inner_->readOnce(into, offset);
}

namespace {

class SharedFile : public ByteFile {
public:
    explicit SharedFile(std::shared_ptr<const ByteFile> file) : file_(std::move(file)) {}
    PreadResult readOnce(std::span<std::byte> into, FileOffset offset) const override
    {
        return file_->readOnce(into, offset);
    }
    std::optional<std::uint64_t> size() const override { return file_->size(); }

private:
    std::shared_ptr<const ByteFile> file_;
};

} // namespace

std::unique_ptr<ByteFile> shared(std::shared_ptr<const ByteFile> file)
{
    return std::make_unique<SharedFile>(std::move(file));
}

} // namespace ks::test
