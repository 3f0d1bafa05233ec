// Values -> plain data.
#include "core/values/format.h"

#include "core/values/identifiers.h"
#include "core/values/text.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ks {

namespace {

/// Records and arrays within each other; a hostile type graph may have a struct that holds itself.
constexpr unsigned kMaxNesting = 32;
/// Values that one decode makes, so that nested arrays cannot multiply without end.
constexpr std::size_t kMaxValues = std::size_t{1} << 18;
/// Bytes that one decode reads where the value itself came without them.
constexpr std::uint64_t kMaxBytes = 4 * kMaxValueSize;

bool isPlainChar(const Type &stripped)
{
    return stripped.size() == 1 && stripped.name() == "char" &&
           (stripped.kind() == TypeKind::Character || stripped.kind() == TypeKind::Integer);
}

std::string symbolOf(const EvalContext &context, std::uint64_t address)
{
    const auto hit = context.symbols ? context.symbols->lookup(VirtAddr(address)) : std::nullopt;
    // The compiler's own labels (".LC4") name nothing that a person knows; assemblers drop most of them.
    return hit && !hit->symbol.name.starts_with(".L") ? toString(*hit) : std::string();
}

std::string enumText(const Type &type, std::uint64_t value)
{
    const std::vector<Enumerator> &all = type.node().enumerators;
    if (const auto exact = std::ranges::find(all, value, &Enumerator::value); exact != all.end())
        return exact->name;
    // A set of flags is an enum in which every value is one bit.
    const auto isBitOrZero = [](const Enumerator &e) { return e.value == 0 || std::has_single_bit(e.value); };
    if (all.size() < 2 || !std::ranges::all_of(all, isBitOrZero))
        return {};
    std::string text;
    std::uint64_t rest = value;
    for (const Enumerator &enumerator : all) {
        if ((enumerator.value & rest) == 0)
            continue;
        text += (text.empty() ? "" : " | ") + enumerator.name;
        rest &= ~enumerator.value;
    }
    return text.empty() || rest == 0 ? text : text + " | " + hex(rest);
}

class Decoder {
public:
    Decoder(const EvalContext &context, const FormatOptions &options) : context_(context), options_(options) {}

    Decoded decode(const Value &unread, unsigned depth, unsigned nesting)
    {
        const Type type = expr::completed(context_, unread.type());
        Decoded result;
        result.typeName = unread.type().spelling();
        if (nesting > kMaxNesting || exhausted(unread)) {
            result.data =
                Decoded::Broken{nesting > kMaxNesting ? "nested too deeply" : "too large to be shown at once"};
            return result;
        }
        const Value value = readValue(context_, unread);
        if (const auto nothing = whollyMissing(value)) {
            result.data = Decoded::Unreadable{nothing->state, nothing->range.first};
            return result;
        }
        switch (type.kind()) {
        case TypeKind::Struct:
        case TypeKind::Union: record(result, value, type, depth, nesting); break;
        case TypeKind::Array: array(result, value, type, depth, nesting); break;
        case TypeKind::Float: floating(result, value, type); break;
        case TypeKind::Function: function(result, value); break;
        case TypeKind::Broken: result.data = Decoded::Broken{type.name()}; break;
        case TypeKind::Void: result.data = Decoded::Broken{"a void has no value"}; break;
        default:
            if (type.size() > 8)
                wideInteger(result, value);
            else
                scalar(result, value, type);
        }
        return result;
    }

private:
    /// Whether one more value, and the read that it needs, would be too much. Once it is, nothing more is decoded.
    bool exhausted(const Value &next)
    {
        if (next.address() && !next.block() && next.size() <= kMaxValueSize)
            bytesRead_ += next.size();
        if (bytesRead_ > kMaxBytes)
            made_ = kMaxValues;
        return ++made_ > kMaxValues;
    }

    /// The one reason why no byte of the object is there.
    static std::optional<StatusRun> whollyMissing(const Value &value)
    {
        if (!value.address() || !value.block() || value.size() == 0)
            return std::nullopt;
        auto missing = value.missing();
        if (missing && missing->range.first == *value.address() && missing->range.size() >= value.size())
            return missing;
        return std::nullopt;
    }

    /// What a thing that has to be complete says when it is not.
    static void unreadable(Decoded &result, const Value &value)
    {
        if (const auto missing = value.missing())
            result.data = Decoded::Unreadable{missing->state, missing->range.first};
        else
            result.data = Decoded::Broken{"no bytes"};
    }

    void scalar(Decoded &result, const Value &value, const Type &type) const
    {
        const auto bits = value.scalar();
        if (!bits) {
            if (bits.error().code == ErrorCode::Unreadable)
                unreadable(result, value);
            else
                result.data = Decoded::Broken{bits.error().why};
            return;
        }
        result.bits = value.isBitfield() ? value.bitSize() : static_cast<unsigned>(type.size()) * 8;
        if (type.kind() == TypeKind::Pointer) {
            result.data = Decoded::Pointer{*bits, symbolOf(context_, *bits)};
            if (isPlainChar(type.target().stripped()))
                result.pointedText = textAt(*bits);
        } else if (type.kind() == TypeKind::Enum) {
            result.data =
                Decoded::EnumValue{enumText(type, *bits), static_cast<std::int64_t>(*bits), type.node().isSigned};
        } else if (type.kind() == TypeKind::Boolean && *bits <= 1) {
            result.data = *bits == 1;
        } else if (type.node().isSigned) {
            result.data = static_cast<std::int64_t>(*bits);
        } else {
            result.data = *bits;
        }
        if (isPlainChar(type) && !value.isBitfield())
            result.look = Decoded::Look::Character;
    }

    /// The text at an address, if there is any: printable up to a NUL or to the bound.
    std::optional<std::string> textAt(std::uint64_t address) const
    {
        if (address == 0 || !context_.memory)
            return std::nullopt;
        const MemoryBlock block = context_.memory->read(VirtAddr(address), kMaxPointedText);
        const std::size_t readable = block.runs().empty() || !block.runs()[0].state.present()
                                         ? 0
                                         : std::min<std::uint64_t>(block.size(), block.runs()[0].range.size());
        const std::string_view bytes(reinterpret_cast<const char *>(block.bytes().data()), readable);
        const std::size_t end = bytes.find('\0');
        if (end == std::string_view::npos && readable < kMaxPointedText)
            return std::nullopt;
        std::string_view text = bytes.substr(0, end);
        // The bound may cut a character in two.
        while (end == std::string_view::npos && !text.empty() && static_cast<unsigned char>(text.back()) >= 0x80)
            text.remove_suffix(1);
        return isText(text) ? std::optional(std::string(text)) : std::nullopt;
    }

    static void wideInteger(Decoded &result, const Value &value)
    {
        const auto bytes = value.bytes();
        if (!bytes || bytes->size() != 16)
            return unreadable(result, value);
        std::uint64_t halves[2];
        std::memcpy(halves, bytes->data(), sizeof halves);
        std::string text = hex(halves[0]);
        if (halves[1] != 0) {
            const std::string low = text.substr(2);
            text = hex(halves[1]) + std::string(16 - low.size(), '0') + low;
        }
        result.data = std::move(text);
        result.look = Decoded::Look::WideInteger;
        result.bits = 128;
    }

    static void floating(Decoded &result, const Value &value, const Type &type)
    {
        const auto bytes = value.bytes();
        if (!bytes)
            return unreadable(result, value);
        if (bytes->size() == sizeof(float)) {
            float number = 0;
            std::memcpy(&number, bytes->data(), sizeof number);
            result.data = static_cast<double>(number);
        } else if (bytes->size() == sizeof(double)) {
            double number = 0;
            std::memcpy(&number, bytes->data(), sizeof number);
            result.data = number;
        } else {
            result.data = Decoded::Broken{"a floating-point number of " + std::to_string(type.size()) + " bytes"};
        }
    }

    void function(Decoded &result, const Value &value) const
    {
        const std::uint64_t address = value.address() ? value.address()->value : 0;
        result.data = Decoded::Pointer{address, symbolOf(context_, address)};
    }

    void record(Decoded &result, const Value &value, const Type &type, unsigned depth, unsigned nesting)
    {
        Decoded::Record record;
        record.closed = depth == 0;
        if (!record.closed) {
            record.members.reserve(type.node().members.size());
            addMembers(record, value, type, depth - 1, nesting);
        }
        result.data = std::move(record);
    }

    void addMembers(Decoded::Record &record, const Value &value, const Type &type, unsigned depth, unsigned nesting)
    {
        if (type.node().isDeclaration)
            return;
        for (const Member &member : type.node().members) {
            if (made_ > kMaxValues)
                return;
            const auto child = value.member(member);
            if (!child)
                continue;
            const Type childType = child->type().stripped();
            if (member.name.empty() && !member.isBitfield() && childType.isRecord()) {
                if (nesting < kMaxNesting && ++made_ <= kMaxValues)
                    addMembers(record, *child, childType, depth, nesting + 1);
            } else if (!member.name.empty()) {
                record.members.push_back({member.name, decode(*child, depth, nesting + 1)});
            }
        }
    }

    void array(Decoded &result, const Value &value, const Type &type, unsigned depth, unsigned nesting)
    {
        Decoded::Array array;
        array.total = type.node().count.value_or(0);
        const Type element = type.target();
        if (isPlainChar(element.stripped())) {
            if (const auto text = textOf(value, type)) {
                result.data = *text;
                return;
            }
        }
        array.closed = depth == 0 && array.total != 0;
        const std::uint64_t shown = array.closed ? 0 : std::min(array.total, options_.elements);
        // An array of nothing but empty elements has no end that its size would set.
        const std::uint64_t count = element.size() == 0 ? std::min<std::uint64_t>(shown, 16) : shown;
        for (std::uint64_t i = 0; i < count && made_ <= kMaxValues; ++i) {
            const auto child = value.element(i);
            if (!child)
                break;
            array.elements.push_back(decode(*child, depth - (depth != 0), nesting + 1));
        }
        result.data = std::move(array);
    }

    /// The content of a char array without the NULs at its end. Nothing when part of it is missing.
    std::optional<std::string> textOf(const Value &value, const Type &type) const
    {
        if (!type.node().count && value.address())
            return textAt(value.address()->value);
        const auto bytes = value.bytes();
        if (!bytes || (bytes->empty() && type.node().count != 0))
            return std::nullopt;
        std::string_view text(reinterpret_cast<const char *>(bytes->data()), bytes->size());
        text = text.substr(0, text.find_last_not_of('\0') + 1);
        return std::string(text);
    }

    const EvalContext &context_;
    const FormatOptions &options_;
    std::size_t made_ = 0;
    std::uint64_t bytesRead_ = 0;
};

} // namespace

Decoded decode(const EvalContext &context, const Value &value, const FormatOptions &options)
{
    return Decoder(context, options).decode(value, options.depth, 0);
}

std::string formatPointer(const EvalContext &context, std::uint64_t address)
{
    const std::string symbol = symbolOf(context, address);
    return symbol.empty() ? hex(address) : hex(address) + " " + symbol;
}

} // namespace ks
