#include "core/kernel/btf_in_memory.h"

#include "tests/support/btf_blob.h"
#include "tests/support/module_kernel.h"

#include <gmock/gmock.h>

namespace ks::kernel {
namespace {

using test::BtfBlob;
using test::ModuleEra;
using test::ModuleKernel;
using testing::HasSubstr;

constexpr VirtAddr kBtf(0xffffffff82000000);

class BtfInMemory : public testing::Test {
protected:
    BtfInMemory()
    {
        kernelBlob_.integer("unsigned int", 4, 32);
        bytes_ = kernelBlob_.bytes();
        kernel_.memory.add(kBtf, bytes_);
    }

    Result<std::shared_ptr<const MappedFile>> read(std::uint64_t size)
    {
        std::vector<RawSymbol> raw;
        raw.push_back({"__start_BTF", {}, kBtf});
        raw.push_back({"__stop_BTF", {}, kBtf + size});
        symbols_ = SymbolTable::build(std::move(raw));
        return readKernelBtf(kernel_.memory, symbols_);
    }
    Result<std::shared_ptr<const MappedFile>> read() { return read(bytes_.size()); }

    ModuleKernel kernel_{ModuleEra{}};
    BtfBlob kernelBlob_;
    std::string bytes_;
    SymbolTable symbols_;
};

TEST_F(BtfInMemory, OfTheKernel)
{
    const auto file = read();
    ASSERT_TRUE(file) << file.error().message();
    const auto reader = BtfReader::parse(*file, (*file)->bytes());
    ASSERT_TRUE(reader) << reader.error().message();
    EXPECT_EQ((*reader)->findTypes(NameClass::Base, "unsigned int").size(), 1U);
}

TEST_F(BtfInMemory, AMissingPageIsNamed)
{
    kernel_.memory.mark(kBtf + 8, 1, {PageStatus::Excluded});
    const auto file = read();
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, ErrorCode::Unreadable);
    EXPECT_THAT(file.error().message(), HasSubstr("0xffffffff82000008"));
}

TEST_F(BtfInMemory, TooMuchAndOtherThingsAreRefused)
{
    EXPECT_EQ(read(std::uint64_t{1} << 30).error().code, ErrorCode::Limit);
    EXPECT_EQ(read(8).error().code, ErrorCode::BadFormat);
    EXPECT_EQ(read(0).error().code, ErrorCode::NotFound);
    EXPECT_EQ(readKernelBtf(kernel_.memory, SymbolTable()).error().code, ErrorCode::NotFound);
    kernel_.memory.set<std::uint16_t>(kBtf, 0x1234);
    EXPECT_EQ(read().error().code, ErrorCode::BadFormat);
}

class ModuleBtfInMemory : public BtfInMemory {
protected:
    ModuleBtfInMemory() : blob_(2, kernelBlob_.stringsSize())
    {
        blob_.wrapper(btf::Kind::Typedef, 1, "alpha_t");
        const std::string bytes = blob_.bytes();
        data_ = kernel_.allocateText(bytes);
        entry_ = kernel_.allocate(64);
        blobRecord_ = kernel_.allocate(64);
        kernel_.put(blobRecord_, "btf", "data", data_.value);
        kernel_.put(blobRecord_, "btf", "data_size", bytes.size());
        kernel_.put(entry_, "btf_module", "module", kernel_.alpha.value);
        kernel_.put(entry_, "btf_module", "btf", blobRecord_.value);
        const VirtAddr head = kernel_.symbols.findFirst("btf_modules")->address;
        kernel_.put(entry_, "btf_module", "list.next", head.value);
        kernel_.put(entry_, "btf_module", "list.prev", head.value);
        kernel_.put(head, "list_head", "next", entry_.value);
    }

    BtfBlob blob_;
    VirtAddr data_, entry_, blobRecord_;
};

TEST_F(ModuleBtfInMemory, ContinuesTheKernels)
{
    const auto list = listModuleBtf(kernel_.context());
    ASSERT_TRUE(list) << list.error().message();
    ASSERT_EQ(list->entries.size(), 1U);
    EXPECT_EQ(list->incomplete, "");
    EXPECT_EQ(list->entries[0].module, "alpha");
    const auto base = kernelBlob_.reader();
    ASSERT_TRUE(base) << base.error().message();
    const auto file = readModuleBtf(kernel_.memory, list->entries[0]);
    ASSERT_TRUE(file) << file.error().message();
    const auto reader = BtfReader::parse(*file, (*file)->bytes(), *base);
    ASSERT_TRUE(reader) << reader.error().message();
    const auto types = (*reader)->findTypes(NameClass::Typedef, "alpha_t");
    ASSERT_EQ(types.size(), 1U);
    EXPECT_EQ(types[0].target().spelling(), "unsigned int");
}

TEST_F(ModuleBtfInMemory, GiantAndAbsentOnesAreRefused)
{
    kernel_.put(blobRecord_, "btf", "data_size", 0xffffffff);
    auto list = listModuleBtf(kernel_.context());
    ASSERT_TRUE(list) << list.error().message();
    EXPECT_EQ(readModuleBtf(kernel_.memory, list->entries.at(0)).error().code, ErrorCode::Limit);
    kernel_.put(blobRecord_, "btf", "data_size", 64);
    kernel_.put(blobRecord_, "btf", "data", 0xdead4ead00000000);
    list = listModuleBtf(kernel_.context());
    ASSERT_TRUE(list) << list.error().message();
    EXPECT_EQ(readModuleBtf(kernel_.memory, list->entries.at(0)).error().code, ErrorCode::Unreadable);
    // An entry that points nowhere is left out.
    kernel_.put(entry_, "btf_module", "btf", 0xdead4ead00000000);
    list = listModuleBtf(kernel_.context());
    ASSERT_TRUE(list) << list.error().message();
    EXPECT_TRUE(list->entries.empty());
}

} // namespace
} // namespace ks::kernel
