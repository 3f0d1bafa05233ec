#include "app/kernoscope-cli/queries.h"

#include <fmt/core.h>

namespace ks::cli {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;

std::string hexBytes(const MemoryBlock &block)
{
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text(block.size() * 2, '?');
    for (const StatusRun &run : block.runs()) {
        if (!run.state.present())
            continue;
        for (std::size_t i = run.range.first - block.address(); i <= run.range.last - block.address(); ++i) {
            const auto byte = std::to_integer<unsigned>(block.bytes()[i]);
            text[2 * i] = kDigits[byte >> 4];
            text[2 * i + 1] = kDigits[byte & 15];
        }
    }
    return text;
}

/// An entry for every page, and one more wherever the status changes within a page.
void addPages(Json &pages, const MemoryBlock &block)
{
    for (const StatusRun &run : block.runs()) {
        VirtAddr page = run.range.first == block.address() ? run.range.first.alignedDown(kPageSize) : run.range.first;
        for (;;) {
            pages.push_back({{"address", hex(page)}, {"status", name(run.state.status)}});
            page = page.alignedDown(kPageSize) + kPageSize;
            if (page.value == 0 || page > run.range.last)
                break;
        }
    }
}

std::string dumpRow(const MemoryBlock &block, VirtAddr row)
{
    std::string bytes;
    std::string text;
    for (unsigned i = 0; i < 16; ++i) {
        const VirtAddr at = row + i;
        bytes += i == 8 ? "  " : " ";
        if (at < block.address() || at - block.address() >= block.size()) {
            bytes += "  ";
            text += ' ';
        } else if (!block.stateAt(at).present()) {
            bytes += "??";
            text += '?';
        } else {
            const auto byte = std::to_integer<unsigned char>(block.bytes()[at - block.address()]);
            bytes += fmt::format("{:02x}", byte);
            text += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
        }
    }
    return fmt::format("{:016x} {}  {}\n", row.value, bytes, text);
}

void dumpText(const Output &out, const MemoryBlock &block)
{
    for (VirtAddr row = block.address().alignedDown(16);;) {
        out.write(dumpRow(block, row));
        row += 16;
        if (row.value == 0 || row < block.address() || row - block.address() >= block.size())
            break;
    }
}

Error missingError(const StatusRun &missing)
{
    return {ErrorCode::Unreadable, hex(missing.range.first), missing.state.reason()};
}

/// Writes up to the first byte that is not present.
std::optional<StatusRun> writeRaw(const Output &out, const MemoryBlock &block)
{
    const auto missing = block.firstMissing(block.address(), block.size());
    const std::size_t good = missing ? missing->range.first - block.address() : block.size();
    out.write(std::string_view(reinterpret_cast<const char *>(block.bytes().data()), good));
    return missing;
}

} // namespace

ExitCode run(const Run &run, const ReadCommand &command)
{
    const auto address = resolveAddress(run, command.address);
    if (!address) {
        if (run.out.json())
            run.out.writeJson(Json{{"address", command.address}, {"error", jsonError(address.error())}});
        run.out.complain(address.error());
        return kSomeUnanswered;
    }
    const auto length = parseNumber(command.length);
    if (!length || *length == 0) {
        run.out.complain({ErrorCode::Syntax, "usage", "not a length: " + command.length});
        return kWrongUsage;
    }
    const auto range = AddrRange::sized(*address, *length);
    if (range->size() != *length)
        run.out.warn("the range is cut at the end of the address space");

    std::string bytes;
    Json pages = Json::array();
    std::optional<StatusRun> firstMissing;
    std::uint64_t done = 0;
    const std::uint64_t total = range->size();
    while (done < total) {
        // Chunks end at page borders, so that no page is judged in two halves.
        const VirtAddr at = *address + done;
        const std::uint64_t toBorder = kChunk - (at.value & (kPageSize - 1));
        const MemoryBlock block = run.session.memory().read(at, std::min(total - done, toBorder));
        if (block.size() == 0)
            break;
        if (!firstMissing)
            firstMissing = block.firstMissing(at, block.size());
        if (command.raw) {
            if (const auto missing = writeRaw(run.out, block)) {
                run.out.complain(missingError(*missing));
                return kSomeUnanswered;
            }
        } else if (run.out.json()) {
            bytes += hexBytes(block);
            addPages(pages, block);
        } else {
            dumpText(run.out, block);
        }
        done += block.size();
    }
    if (run.out.json() && !command.raw)
        run.out.writeJson(Json{{"address", hex(*address)}, {"bytes", bytes}, {"pages", pages}});
    if (firstMissing) {
        run.out.complain(missingError(*firstMissing));
        return kSomeUnanswered;
    }
    return kAllAnswered;
}

} // namespace ks::cli
