// walk_btf [--base VMLINUX] FILE...: every type of a file's BTF as libbpf reads it, id by id, against what our reader
// gives for the same id and for its name. With a base, the files are modules that continue it.
//
// Prints the differences, and ends with 1 when there are any.
#include "tests/differential/description.h"

#include "core/types/btf_reader.h"

#include <bpf/btf.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>

namespace ks::test {
namespace {

constexpr int kMaxChain = 64;
constexpr int kShown = 40;

using LibbpfBtf = ::btf; // ks::btf is our own
struct BtfDeleter {
    void operator()(LibbpfBtf *types) const { btf__free(types); }
};
using BtfHandle = std::unique_ptr<LibbpfBtf, BtfDeleter>;

/// What libbpf reads of one file.
class LibbpfTypes {
public:
    explicit LibbpfTypes(const LibbpfBtf *types) : types_(types) {}

    const btf_type *at(std::uint32_t id) const { return btf__type_by_id(types_, id); }
    const char *name(std::uint32_t offset) const { return btf__name_by_offset(types_, offset); }

    std::string reference(std::uint32_t id, int depth = 0) const
    {
        if (id == 0)
            return "void";
        const btf_type *type = at(id);
        if (!type || depth > kMaxChain)
            return "endless";
        const auto onTo = [&](const char *prefix) { return prefix + reference(type->type, depth + 1); };
        const std::string itsName = name(type->name_off);
        switch (btf_kind(type)) {
        case BTF_KIND_INT:
        case BTF_KIND_FLOAT: return "base " + base(type);
        case BTF_KIND_PTR: return onTo("*");
        case BTF_KIND_ARRAY: {
            const struct btf_array *array = btf_array(type);
            return dimensionText(array->nelems ? std::optional<std::uint64_t>(array->nelems) : std::nullopt) +
                   reference(array->type, depth + 1);
        }
        case BTF_KIND_STRUCT: return itsName.empty() ? definition(id, depth + 1) : "struct " + itsName;
        case BTF_KIND_UNION: return itsName.empty() ? definition(id, depth + 1) : "union " + itsName;
        case BTF_KIND_FWD: return (btf_kflag(type) ? "union " : "struct ") + itsName;
        case BTF_KIND_ENUM:
        case BTF_KIND_ENUM64: return itsName.empty() ? definition(id, depth + 1) : "enum " + itsName;
        case BTF_KIND_TYPEDEF: return "typedef " + itsName;
        case BTF_KIND_CONST: return onTo("const ");
        case BTF_KIND_VOLATILE: return onTo("volatile ");
        case BTF_KIND_RESTRICT: return onTo("restrict ");
        case BTF_KIND_TYPE_TAG: return onTo("");
        case BTF_KIND_FUNC_PROTO: {
            std::string text = "function(";
            const btf_param *parameters = btf_params(type);
            for (std::uint32_t i = 0; i < btf_vlen(type); ++i)
                text += parameters[i].type == 0 && i + 1 == btf_vlen(type)
                            ? "..."
                            : reference(parameters[i].type, depth + 1) + ", ";
            return text + ") " + reference(type->type, depth + 1);
        }
        default: return "no type";
        }
    }

    std::string definition(std::uint32_t id, int depth = 0) const
    {
        const btf_type *type = at(id);
        const std::string itsName = name(type->name_off);
        switch (btf_kind(type)) {
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION: {
            std::string text =
                (btf_kind(type) == BTF_KIND_UNION ? "union " : "struct ") + itsName + sizeText(type->size) + "{";
            const btf_member *members = btf_members(type);
            for (std::uint32_t i = 0; i < btf_vlen(type); ++i)
                appendMember(text, name(members[i].name_off), btf_member_bit_offset(type, i),
                             btf_member_bitfield_size(type, i), sizeOf(members[i].type),
                             reference(members[i].type, depth + 1));
            return text + "}";
        }
        case BTF_KIND_ENUM: {
            std::string text = "enum " + itsName + sizeText(type->size) + "{";
            for (std::uint32_t i = 0; i < btf_vlen(type); ++i)
                appendEnumerator(text, name(btf_enum(type)[i].name_off),
                                 static_cast<std::uint64_t>(std::int64_t{btf_enum(type)[i].val}), type->size);
            return text + "}";
        }
        case BTF_KIND_ENUM64: {
            std::string text = "enum " + itsName + sizeText(type->size) + "{";
            for (std::uint32_t i = 0; i < btf_vlen(type); ++i)
                appendEnumerator(text, name(btf_enum64(type)[i].name_off), btf_enum64_value(&btf_enum64(type)[i]),
                                 type->size);
            return text + "}";
        }
        case BTF_KIND_TYPEDEF: {
            std::string text;
            for (int step = 0; step < kMaxChain && btf_is_typedef(at(id)); ++step) {
                text += "typedef " + std::string(name(at(id)->name_off)) + " = ";
                id = skipTags(at(id)->type);
            }
            return text + reference(id, depth);
        }
        default: return reference(id, depth);
        }
    }

private:
    std::uint32_t skipTags(std::uint32_t id) const
    {
        while (id && btf_kind(at(id)) == BTF_KIND_TYPE_TAG)
            id = at(id)->type;
        return id;
    }

    /// libbpf's own, which has an error for what has no size.
    std::uint64_t sizeOf(std::uint32_t id) const
    {
        const auto size = btf__resolve_size(types_, id);
        return size < 0 ? 0 : static_cast<std::uint64_t>(size);
    }

    std::string base(const btf_type *type) const
    {
        const std::string itsName = name(type->name_off);
        if (btf_kind(type) == BTF_KIND_FLOAT)
            return baseText(itsName, TypeKind::Float, true, type->size);
        const int encoding = btf_int_encoding(type);
        // pahole leaves the char bit unset.
        const bool isCharacter =
            encoding & BTF_INT_CHAR ||
            (type->size == 1 && (itsName == "char" || itsName == "signed char" || itsName == "unsigned char"));
        return baseText(itsName,
                        encoding & BTF_INT_BOOL ? TypeKind::Boolean
                        : isCharacter           ? TypeKind::Character
                                                : TypeKind::Integer,
                        encoding & BTF_INT_SIGNED, type->size);
    }

    const LibbpfBtf *types_;
};

std::optional<NameClass> classOf(const btf_type *type)
{
    switch (btf_kind(type)) {
    case BTF_KIND_STRUCT: return NameClass::Struct;
    case BTF_KIND_UNION: return NameClass::Union;
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64: return NameClass::Enum;
    case BTF_KIND_TYPEDEF: return NameClass::Typedef;
    case BTF_KIND_INT:
    case BTF_KIND_FLOAT: return NameClass::Base;
    default: return std::nullopt;
    }
}

class Comparison {
public:
    Comparison(const char *path, const LibbpfBtf *theirs, const BtfReader &ours)
        : path_(path), theirs_(theirs), ours_(ours)
    {
    }

    int run(std::uint32_t first, std::uint32_t end, std::map<std::string, std::uint64_t> &counts)
    {
        if (ours_.typeCount() + 1 != end)
            differ(0, "another number of types: " + std::to_string(ours_.typeCount()), std::to_string(end - 1));
        for (std::uint32_t id = first; id < end && differences_ < 1000; ++id)
            compare(id, counts);
        return differences_;
    }

private:
    void compare(std::uint32_t id, std::map<std::string, std::uint64_t> &counts)
    {
        const btf_type *type = theirs_.at(id);
        const Type mine(&ours_, TypeId{id});
        const std::string itsName = theirs_.name(type->name_off);
        switch (btf_kind(type)) {
        case BTF_KIND_FUNC:
        case BTF_KIND_VAR: {
            ++counts["functions and variables"];
            const NameClass nameClass = btf_kind(type) == BTF_KIND_FUNC ? NameClass::Function : NameClass::Variable;
            const std::string wanted = theirs_.reference(type->type);
            const auto found = ours_.findDeclarations(nameClass, itsName);
            if (std::ranges::none_of(found, [&](const Declaration &one) { return referenceTo(one.type) == wanted; }))
                differ(id, "not found by its name", itsName + ' ' + wanted);
            return;
        }
        case BTF_KIND_DATASEC:
        case BTF_KIND_DECL_TAG:
        case BTF_KIND_TYPE_TAG: return;
        case BTF_KIND_FWD:
            ++counts["declarations"];
            if (!mine.node().isDeclaration || mine.name() != itsName)
                differ(id, "no declaration", itsName);
            return;
        default: break;
        }
        ++counts["types"];
        // An enum without enumerators stands for a declaration.
        const std::string wanted = theirs_.definition(id);
        if (const std::string text = definitionOf(mine); text != wanted)
            differ(id, text, wanted);
        const auto nameClass = classOf(type);
        if (!nameClass || itsName.empty())
            return;
        ++counts[std::string("named: ") + name(*nameClass)];
        const auto found = ours_.findTypes(*nameClass, itsName);
        if (std::ranges::find(found, mine) == found.end())
            differ(id, "not found by its name", itsName);
    }

    void differ(std::uint32_t id, const std::string &mine, const std::string &other)
    {
        if (++differences_ <= kShown)
            std::printf("%s: type %u: %.600s\n  libbpf: %.600s\n", path_, id, mine.c_str(), other.c_str());
    }

    const char *path_;
    LibbpfTypes theirs_;
    const BtfReader &ours_;
    int differences_ = 0;
};

} // namespace
} // namespace ks::test

int main(int count, char **arguments)
{
    using namespace ks::test;
    ks::test::BtfHandle base;
    std::shared_ptr<const ks::BtfReader> ourBase;
    int first = 1;
    if (count > 2 && std::strcmp(arguments[1], "--base") == 0) {
        base.reset(btf__parse(arguments[2], nullptr));
        auto reader = ks::BtfReader::open(arguments[2]);
        if (!base || !reader) {
            std::printf("%s: its BTF cannot be read\n", arguments[2]);
            return 1;
        }
        ourBase = std::move(*reader);
        first = 3;
    }
    int files = 0, differences = count <= first;
    std::map<std::string, std::uint64_t> counts;
    for (int i = first; i < count; ++i) {
        const ks::test::BtfHandle theirs(btf__parse_split(arguments[i], base.get()));
        const auto ours = ks::BtfReader::open(arguments[i], ourBase);
        if (!theirs || !ours) {
            std::printf("%s: %s\n", arguments[i], ours ? "libbpf cannot read it" : ours.error().message().c_str());
            ++differences;
            continue;
        }
        ++files;
        const auto begin = base ? btf__type_cnt(base.get()) : 1;
        differences += Comparison(arguments[i], theirs.get(), **ours).run(begin, btf__type_cnt(theirs.get()), counts);
    }
    std::printf("%d files", files);
    for (const auto &[what, number] : counts)
        std::printf(", %llu %s", static_cast<unsigned long long>(number), what.c_str());
    std::printf(": %d differences\n", differences);
    return differences != 0;
}
