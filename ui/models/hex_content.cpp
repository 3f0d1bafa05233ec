#include "ui/models/hex_content.h"

#include <algorithm>
#include <cstring>

namespace ks::ui {

namespace {

std::optional<AddrRange> rangeOf(const MemoryBlock &block) { return AddrRange::sized(block.address(), block.size()); }

void appendRun(std::vector<AddrRange> &runs, VirtAddr address)
{
    if (!runs.empty() && runs.back().last + 1 == address && address.value != 0)
        runs.back().last = address;
    else
        runs.push_back({address, address});
}

} // namespace

std::vector<AddrRange> HexContent::store(const Blocks &blocks, Clock::time_point now)
{
    std::vector<AddrRange> dirty;
    std::vector<AddrRange> changed;
    for (const MemoryBlock &block : *blocks) {
        const auto range = rangeOf(block);
        if (!range)
            continue;
        for (std::uint64_t i = 0; i < block.size(); ++i) {
            const VirtAddr address = block.address() + i;
            const Byte before = at(address);
            const PageState state = block.stateAt(address);
            const auto value = std::to_integer<std::uint8_t>(block.bytes()[i]);
            if (before.present() && state.present()) {
                if (before.value == value && !stale_)
                    continue;
                if (before.value != value)
                    appendRun(changed, address);
            } else if (before.read && before.state == state && !stale_) {
                continue;
            }
            appendRun(dirty, address);
        }
    }
    for (const AddrRange &run : changed) {
        std::erase_if(changes_, [&](const Change &change) { return run.contains(change.range); });
        changes_.push_back({run, now});
    }
    std::vector<Held> next;
    for (const MemoryBlock &block : *blocks)
        if (const auto range = rangeOf(block))
            next.push_back({blocks, &block, *range});
    for (Held &old : held_)
        if (std::ranges::none_of(next, [&](const Held &held) { return held.range.contains(old.range); }))
            next.push_back(std::move(old));
    held_ = std::move(next);
    stale_ = false;
    return dirty;
}

void HexContent::keepOnly(std::span<const AddrRange> ranges)
{
    const auto visible = [&](const AddrRange &range) {
        return std::ranges::any_of(ranges, [&](const AddrRange &r) { return r.overlaps(range); });
    };
    std::erase_if(held_, [&](const Held &held) { return !visible(held.range); });
    std::erase_if(changes_, [&](const Change &change) { return !visible(change.range); });
}

void HexContent::clear()
{
    held_.clear();
    changes_.clear();
    stale_ = false;
}

const MemoryBlock *HexContent::blockOf(VirtAddr address) const
{
    const auto held = std::ranges::find_if(held_, [&](const Held &h) { return h.range.contains(address); });
    return held == held_.end() ? nullptr : held->block;
}

HexContent::Byte HexContent::at(VirtAddr address) const
{
    const MemoryBlock *block = blockOf(address);
    if (!block)
        return {};
    return {std::to_integer<std::uint8_t>(block->bytes()[address - block->address()]), true, block->stateAt(address)};
}

std::optional<std::uint64_t> HexContent::word(VirtAddr address) const
{
    if (const MemoryBlock *block = blockOf(address)) {
        if (const auto bytes = block->present(address, sizeof(std::uint64_t))) {
            std::uint64_t value = 0;
            std::memcpy(&value, bytes->data(), sizeof value);
            return value;
        }
    }
    return std::nullopt;
}

std::optional<MemoryBlock> HexContent::copy(const AddrRange &range) const
{
    std::vector<std::byte> bytes;
    std::vector<StatusRun> runs;
    const MemoryBlock *newest = nullptr;
    for (std::uint64_t i = 0; i <= range.last - range.first; ++i) {
        const VirtAddr address = range.first + i;
        const Byte byte = at(address);
        if (!byte.read)
            return std::nullopt;
        newest = newest ? newest : blockOf(address);
        bytes.push_back(std::byte(byte.value));
        if (!runs.empty() && runs.back().state == byte.state)
            runs.back().range.last = address;
        else
            runs.push_back({{address, address}, byte.state});
    }
    MemoryBlock block(range.first, std::move(bytes), std::move(runs));
    block.time = newest->time;
    block.latency = newest->latency;
    return block;
}

double HexContent::heat(VirtAddr address, Clock::time_point now) const
{
    double heat = 0;
    for (const Change &change : changes_)
        if (change.range.contains(address))
            heat = std::max(heat, 1.0 - std::chrono::duration<double>(now - change.time) / kFade);
    return std::clamp(heat, 0.0, 1.0);
}

std::vector<AddrRange> HexContent::fading(Clock::time_point now)
{
    std::vector<AddrRange> ranges;
    for (const Change &change : changes_)
        ranges.push_back(change.range);
    std::erase_if(changes_, [&](const Change &change) { return now - change.time >= kFade; });
    return ranges;
}

} // namespace ks::ui
