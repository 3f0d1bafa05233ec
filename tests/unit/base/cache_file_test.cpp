// The form of a cache file: what is written comes back, and damage of every kind is told.
#include "core/base/cache_file.h"

#include <cstring>
#include <gmock/gmock.h>
#include <numeric>

namespace ks {
namespace {

constexpr std::uint32_t kNumbers = cacheTag("numb"), kText = cacheTag("text"), kNothing = cacheTag("none");
constexpr std::size_t kHeader = 64, kEntry = 32; // sizes of the records at the beginning

struct Example {
    CacheKey key{"0123456789abcdef", "types", 7};
    CacheSource source{"/boot/vmlinux", 590'000'000, 0x1234};
    std::vector<std::uint64_t> numbers = std::vector<std::uint64_t>(1000);
    std::string text = "odd length";

    Example() { std::iota(numbers.begin(), numbers.end(), 5); }

    std::string bytes() const
    {
        const CacheSection sections[] = {
            {kNumbers, std::as_bytes(std::span(numbers))}, {kText, std::as_bytes(std::span(text))}, {kNothing, {}}};
        const CacheImage image = makeCacheImage(key, source, sections);
        std::string whole(image.size, '\0');
        std::memcpy(whole.data(), image.header.data(), image.header.size());
        for (std::size_t i = 0; i < image.offsets.size(); ++i)
            if (!sections[i].bytes.empty())
                std::memcpy(whole.data() + image.offsets[i], sections[i].bytes.data(), sections[i].bytes.size());
        return whole;
    }
};

Result<std::shared_ptr<const CacheFile>> open(std::string bytes)
{
    return CacheFile::open(MappedFile::fromBytes(std::move(bytes), "example"));
}

TEST(CacheFileForm, WhatIsWrittenComesBack)
{
    const Example example;
    const auto file = open(example.bytes());
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_EQ((*file)->key(), example.key);
    EXPECT_EQ((*file)->source().path, example.source.path);
    EXPECT_EQ((*file)->source().size, example.source.size);
    EXPECT_EQ((*file)->source().fingerprint, example.source.fingerprint);
    const auto numbers = (*file)->table<std::uint64_t>(kNumbers);
    ASSERT_TRUE(numbers);
    EXPECT_THAT(*numbers, ::testing::ElementsAreArray(example.numbers));
    const auto text = (*file)->table<char>(kText);
    ASSERT_TRUE(text);
    EXPECT_EQ(std::string(text->begin(), text->end()), example.text);
    EXPECT_TRUE((*file)->section(kNothing));
    EXPECT_TRUE((*file)->section(kNothing)->empty());
    EXPECT_FALSE((*file)->section(cacheTag("what")));
    EXPECT_FALSE((*file)->table<std::uint64_t>(kText)) << "10 bytes are no whole number of records";
    EXPECT_TRUE((*file)->verify());
}

TEST(CacheFileForm, SectionsAreAligned)
{
    const auto file = open(Example().bytes());
    ASSERT_TRUE(file);
    ASSERT_EQ((*file)->contents().size(), 3u);
    for (const auto &part : (*file)->contents())
        EXPECT_EQ(part.offset % CacheFile::kAlignment, 0u);
}

TEST(CacheFileForm, EveryDamagedByteOfTheHeaderIsTold)
{
    const std::string sound = Example().bytes();
    const std::size_t header =
        kHeader + 3 * kEntry + sizeof "0123456789abcdef" + sizeof "types" + sizeof "/boot/vmlinux";
    for (std::size_t at = 0; at < header; ++at) {
        for (const unsigned bit : {0u, 3u, 7u}) {
            std::string damaged = sound;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
            const auto file = open(damaged);
            ASSERT_FALSE(file) << "bit " << bit << " of byte " << at;
            EXPECT_EQ(file.error().code, ErrorCode::BadFormat);
        }
    }
}

TEST(CacheFileForm, EveryTruncationIsTold)
{
    const std::string sound = Example().bytes();
    for (std::size_t size = 0; size < sound.size(); size += size < 512 ? 1 : 61)
        EXPECT_FALSE(open(sound.substr(0, size))) << size;
    for (const std::size_t cut : {1, 2, 64})
        EXPECT_FALSE(open(sound.substr(0, sound.size() - cut)));
    EXPECT_FALSE(open(sound + "x"));
}

TEST(CacheFileForm, DamageInASectionIsFoundByVerify)
{
    const std::string sound = Example().bytes();
    const auto contents = (*open(sound))->contents();
    for (const auto &part : contents) {
        for (std::uint64_t at = part.offset; at < part.offset + part.size; ++at) {
            std::string damaged = sound;
            damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
            const auto file = open(damaged);
            ASSERT_TRUE(file) << "opening must not read the sections";
            EXPECT_FALSE((*file)->verify()) << at;
        }
    }
}

TEST(CacheFileForm, SectionsOutsideTheFileAreTold)
{
    // A wrong table under a right checksum, as another program could write it.
    Example example;
    const CacheSection section{kNumbers, std::as_bytes(std::span(example.numbers))};
    const CacheImage image = makeCacheImage(example.key, example.source, std::span(&section, 1));
    const auto with = [&](std::uint64_t offset, std::uint64_t size) {
        std::string bytes = image.header;
        bytes.resize(image.size);
        std::memcpy(bytes.data() + kHeader + 8, &offset, 8);
        std::memcpy(bytes.data() + kHeader + 16, &size, 8);
        const std::uint64_t zero = 0;
        std::memcpy(bytes.data() + 24, &zero, 8);
        const auto head = std::as_bytes(std::span(bytes)).first(kHeader);
        const auto rest = std::as_bytes(std::span(bytes)).subspan(kHeader, image.header.size() - kHeader);
        const std::uint64_t checksum = cacheChecksum(rest, cacheChecksum(head));
        std::memcpy(bytes.data() + 24, &checksum, 8);
        return open(bytes).has_value();
    };
    EXPECT_TRUE(with(image.offsets[0], 8000));
    EXPECT_FALSE(with(image.offsets[0], 8001));
    EXPECT_FALSE(with(image.offsets[0], ~std::uint64_t{0}));
    EXPECT_FALSE(with(image.offsets[0] + 8, 64)) << "not aligned";
    EXPECT_FALSE(with(~std::uint64_t{63}, 128));
}

TEST(CacheChecksum, TellsOrderLengthAndZerosApart)
{
    const auto of = [](const std::string &text) { return cacheChecksum(std::as_bytes(std::span(text))); };
    EXPECT_NE(of(""), of(std::string(1, '\0')));
    EXPECT_NE(of(std::string(7, '\0')), of(std::string(8, '\0')));
    EXPECT_NE(of(std::string(8, '\0')), of(std::string(16, '\0')));
    EXPECT_NE(of("aaaaaaaabbbbbbbb"), of("bbbbbbbbaaaaaaaa"));
    EXPECT_EQ(of("abc"), of("abc"));
}

} // namespace
} // namespace ks
