// BTF made by hand, right or wrong.
//
//   BtfBlob blob;
//   const auto u32 = blob.integer("unsigned int", 4, 32);
//   blob.add(btf::Kind::Struct, "pair", {blob.string("a"), u32, 0, blob.string("b"), u32, 32}, {.count = 2, .last =
//   8}); auto reader = blob.reader();
#pragma once

#include "core/types/btf_reader.h"

#include <string>
#include <string_view>
#include <vector>

namespace ks::test {

class BtfBlob {
public:
    struct Fields {
        std::uint32_t count = 0;
        bool kindFlag = false;
        std::uint32_t last = 0; ///< size or type
    };

    BtfBlob() : strings_(1, '\0') {}
    /// Continues a base, as the BTF of a module does.
    BtfBlob(std::uint32_t firstId, std::uint32_t firstString) : nextId_(firstId), firstString_(firstString) {}

    std::uint32_t string(std::string_view text);
    /// Gives the id. `words` are what stands behind the record.
    std::uint32_t add(btf::Kind kind, std::string_view name, const std::vector<std::uint32_t> &words, Fields fields);
    std::uint32_t integer(std::string_view name, std::uint32_t bytes, std::uint32_t bits, std::uint32_t encoding = 0,
                          std::uint32_t bitOffset = 0);
    /// Pointer, Typedef, Const, Volatile, Restrict, TypeTag, Function.
    std::uint32_t wrapper(btf::Kind kind, std::uint32_t target, std::string_view name = {});
    std::uint32_t array(std::uint32_t element, std::uint32_t count);

    std::uint32_t stringsSize() const { return static_cast<std::uint32_t>(strings_.size()); }
    std::string bytes() const;
    Result<std::shared_ptr<const BtfReader>> reader(std::shared_ptr<const BtfReader> base = nullptr) const;
    static Result<std::shared_ptr<const BtfReader>> readerOf(std::string bytes);

    /// For what is to be wrong with the header; sizes and offsets are added to the right ones.
    btf::Header headerChange;
    /// By kind; when there are any, the header has the room of newer ones.
    std::vector<btf::Layout> layouts;

private:
    std::uint32_t nextId_ = 1;
    std::uint32_t firstString_ = 0;
    std::string types_;
    std::string strings_;
};

} // namespace ks::test
