#include "ui/models/hex_content.h"

#include "core/base/addr_ranges.h"

#include <algorithm>
#include <cstring>

namespace ks::ui {

namespace {

std::optional<AddrRange> rangeOf(const MemoryBlock &block) { return AddrRange::sized(block.address(), block.size()); }

} // namespace

HexContent::News HexContent::store(const Blocks &blocks, Clock::time_point now)
{
    News news;
    for (const MemoryBlock &block : *blocks) {
        const auto range = rangeOf(block);
        if (!range)
            continue;
        // Most samples are what they were.
        const MemoryBlock *old = stale_ || !block.allPresent() ? nullptr : uniform(*range);
        const bool same = old && std::memcmp(old->bytes().data() + (range->first - old->address()),
                                             block.bytes().data(), block.size()) == 0;
        for (std::uint64_t i = 0; i < block.size() && !same; ++i) {
            const VirtAddr address = block.address() + i;
            const Byte before = at(address);
            const PageState state = block.stateAt(address);
            const auto value = std::to_integer<std::uint8_t>(block.bytes()[i]);
            const bool shown = before.read && before.state == state && (before.value == value || !state.present());
            if (!shown || stale_)
                appendJoined(news.dirty, {address, address});
        }
        const std::vector<AddrRange> changed = changes_.store(block, now);
        news.changed.insert(news.changed.end(), changed.begin(), changed.end());
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
    return news;
}

void HexContent::keepOnly(std::span<const AddrRange> ranges)
{
    const auto visible = [&](const AddrRange &range) {
        return std::ranges::any_of(ranges, [&](const AddrRange &r) { return r.overlaps(range); });
    };
    std::erase_if(held_, [&](const Held &held) { return !visible(held.range); });
    changes_.keepTicking(ranges);
}

void HexContent::clear()
{
    held_.clear();
    changes_.clear();
    stale_ = false;
}

bool HexContent::isTorn(const AddrRange &range) const { return anyIntersects(torn_, range); }

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

const MemoryBlock *HexContent::uniform(const AddrRange &range) const
{
    const MemoryBlock *block = blockOf(range.first);
    return block && range.last - block->address() < block->size() && block->present(range.first, range.size())
               ? block
               : nullptr;
}

void HexContent::fetch(VirtAddr first, std::span<Byte> out) const
{
    const MemoryBlock *block = uniform({first, first + (out.size() - 1)});
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = block ? Byte{std::to_integer<std::uint8_t>(block->bytes()[first - block->address() + i]),
                              true,
                              {PageStatus::Present}}
                       : at(first + i);
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

} // namespace ks::ui
