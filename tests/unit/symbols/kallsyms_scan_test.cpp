#include "core/symbols/kallsyms_scan.h"

#include "tests/support/fake_source.h"

#include <gmock/gmock.h>

namespace ks {
namespace {

constexpr VirtAddr kImage(0xffffffff81000000);
constexpr std::size_t kImageSize = 0x180000;
constexpr std::size_t kTables = 0x120000; // where they begin

/// The orders of scripts/kallsyms.c.
enum class Order {
    Offsets,    ///< 4.6 to 6.3
    Addresses,  ///< before, and where CONFIG_KALLSYMS_BASE_RELATIVE is off
    Later,      ///< 6.4
    LaterPlain, ///< 6.4 with addresses
    PcRelative, ///< the newest: without a base, on borders of 4 bytes
};

struct Entry {
    std::string text; ///< with its letter in front
    std::uint64_t address;
};

template <class T>
void append(std::string &bytes, T value)
{
    bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
}

/// An image with tables in it. Code 1 stands for "per_cpu_", every printable character for itself.
class KallsymsScan : public testing::TestWithParam<Order> {
protected:
    KallsymsScan()
    {
        entries_ = {
            {"A__per_cpu_start", 0}, {"Aper_cpu_one", 0x40}, {"T_stext", kImage.value}, {"T_text", kImage.value}};
        for (std::uint64_t i = 0; i < 700; ++i)
            entries_.push_back({"tfunction_" + std::to_string(i), kImage.value + 16 * (i + 1)});
    }

    static std::string token(int code)
    {
        if (code == 1)
            return "per_cpu_";
        if (code > ' ' && code < 127)
            return {static_cast<char>(code)};
        return "unused" + std::to_string(code);
    }

    void align(std::string &bytes) const { bytes.resize((bytes.size() + alignment_ - 1) / alignment_ * alignment_); }

    void appendAddresses(std::string &bytes, Order order)
    {
        for (const Entry &entry : entries_) {
            if (order == Order::Addresses || order == Order::LaterPlain)
                append(bytes, entry.address);
            else if (order == Order::PcRelative)
                append(bytes, static_cast<std::uint32_t>(entry.address - (kImage.value + kTables + bytes.size())));
            else // CONFIG_KALLSYMS_ABSOLUTE_PERCPU
                append(bytes, static_cast<std::int32_t>(
                                  entry.address < kImage.value ? entry.address : kImage.value - 1 - entry.address));
        }
        align(bytes);
        if (order == Order::Offsets || order == Order::Later)
            append(bytes, kImage.value);
    }

    template <class Marker>
    void appendNames(std::string &bytes)
    {
        append(bytes, static_cast<std::uint32_t>(entries_.size()));
        align(bytes);
        std::vector<Marker> markers;
        const std::size_t begin = bytes.size();
        namesAt_ = kImage + kTables + begin;
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            if (i % 256 == 0)
                markers.push_back(static_cast<Marker>(bytes.size() - begin));
            std::string codes = entries_[i].text;
            if (const auto at = codes.find("per_cpu_"); at != codes.npos)
                codes.replace(at, 8, "\1");
            bytes.push_back(static_cast<char>(codes.size()));
            bytes += codes;
        }
        align(bytes);
        for (const Marker marker : markers)
            append(bytes, marker);
        align(bytes);
        if (hasSequence_)
            bytes.append(3 * entries_.size(), '\7');
        align(bytes);
    }

    void appendTokens(std::string &bytes)
    {
        std::string index;
        const std::size_t begin = bytes.size();
        for (int code = 0; code < 256; ++code) {
            append(index, static_cast<std::uint16_t>(bytes.size() - begin));
            bytes += token(code) + '\0';
        }
        align(bytes);
        bytes += index;
    }

    void lay(Order order, bool hasLongMarkers = false)
    {
        if (order == Order::PcRelative) {
            alignment_ = 4;
            entries_.erase(entries_.begin(), entries_.begin() + 2); // its per-CPU variables lie in the image
        }
        std::string bytes;
        if (order == Order::Offsets || order == Order::Addresses)
            appendAddresses(bytes, order);
        hasLongMarkers ? appendNames<std::uint64_t>(bytes) : appendNames<std::uint32_t>(bytes);
        appendTokens(bytes);
        if (order != Order::Offsets && order != Order::Addresses)
            appendAddresses(bytes, order);
        memory_.addZeros(kImage, kImageSize);
        memory_.write(kImage + kTables, std::as_bytes(std::span(bytes)));
    }

    Result<FoundKallsyms> scan() { return scanKallsyms(memory_, kernelImageCandidates(memory_)); }

    void expectAll(const Result<FoundKallsyms> &found)
    {
        ASSERT_TRUE(found) << found.error().message();
        EXPECT_EQ(found->tables.names, namesAt_);
        ASSERT_EQ(found->symbols.symbols.size(), entries_.size());
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            ASSERT_EQ(found->symbols.symbols[i].name, entries_[i].text.substr(1));
            ASSERT_EQ(found->symbols.symbols[i].address, VirtAddr(entries_[i].address)) << entries_[i].text;
        }
    }

    test::FakeSource memory_;
    std::vector<Entry> entries_;
    VirtAddr namesAt_;
    std::size_t alignment_ = 8;
    bool hasSequence_ = false;
};

TEST_P(KallsymsScan, FindsEveryOrder)
{
    lay(GetParam());
    expectAll(scan());
}

TEST_P(KallsymsScan, SequenceOfNamesLiesBetween) // 6.2 and 6.3, and 6.1.y
{
    hasSequence_ = true;
    lay(GetParam());
    expectAll(scan());
}

TEST_P(KallsymsScan, ADecoyBeforeThemIsPassedOver)
{
    lay(GetParam());
    // Indices that grow, with tokens of the right shape before them, and no names.
    std::string decoy;
    appendTokens(decoy);
    memory_.write(kImage + 0x1000, std::as_bytes(std::span(decoy)));
    expectAll(scan());
}

TEST_P(KallsymsScan, WithoutTextInTheImageNothingIsBelieved)
{
    for (Entry &entry : entries_)
        if (entry.text == "T_stext" || entry.text == "T_text")
            entry.text = "Tother";
    lay(GetParam());
    const auto found = scan();
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::NotFound);
}

INSTANTIATE_TEST_SUITE_P(Orders, KallsymsScan,
                         testing::Values(Order::Offsets, Order::Addresses, Order::Later, Order::LaterPlain,
                                         Order::PcRelative));

using KallsymsScanOnce = KallsymsScan;

TEST_F(KallsymsScanOnce, MarkersMayBeLong) // before 4.20
{
    lay(Order::Addresses, true);
    expectAll(scan());
}

TEST_F(KallsymsScanOnce, MissingPagesAreNotTakenForTables)
{
    lay(Order::Offsets);
    memory_.mark(namesAt_ + 0x1000, 0x1000, {PageStatus::Excluded});
    const auto found = scan();
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::NotFound);
}

TEST_F(KallsymsScanOnce, AnImageOfOtherThingsHasNone)
{
    std::string noise;
    std::uint32_t state = 1;
    while (noise.size() < kImageSize)
        append(noise, state = state * 1664525 + 1013904223);
    memory_.add(kImage, noise);
    const auto found = scan();
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::NotFound);
}

TEST_F(KallsymsScanOnce, CanBeCancelled)
{
    lay(Order::Later);
    Progress progress;
    progress.cancel();
    const auto found = scanKallsyms(memory_, kernelImageCandidates(memory_), &progress);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::Cancelled);
}

TEST_F(KallsymsScanOnce, OnlyTheImageIsSearchedOnX86)
{
    memory_.addZeros(VirtAddr(0xffff888000000000), 0x1000);
    memory_.addZeros(kImage, 0x1000);
    EXPECT_EQ(kernelImageCandidates(memory_), (std::vector{AddrRange{kImage, kImage + 0xfff}}));
    memory_.setMachine(Machine::Arm64);
    EXPECT_EQ(kernelImageCandidates(memory_).size(), 2U);
}

} // namespace
} // namespace ks
