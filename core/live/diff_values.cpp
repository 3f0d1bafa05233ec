#include "core/live/diff_values.h"

#include "core/values/arithmetic.h"
#include "core/values/identifiers.h"

#include <algorithm>
#include <cstring>

namespace ks {
namespace {

/// Records and arrays within each other; hostile types may have a struct that holds itself.
constexpr unsigned kMaxNesting = 32;
/// Pairs of values that one comparison looks at, so that nested types cannot multiply without end.
constexpr std::uint64_t kMaxSteps = std::uint64_t{1} << 20;
/// Of an array or a text that stands in a change.
constexpr FormatOptions kLeafFormat{.depth = 1, .elements = 64};

/// Of `unsigned char` there are numbers, which are told one by one.
bool isText(const Type &type)
{
    const Type element = type.target().stripped();
    return element.size() == 1 && element.name() == "char";
}

bool differ(const Value &a, const Value &b)
{
    if (a.isBitfield() || b.isBitfield())
        return true;
    const auto bytesA = a.bytes();
    const auto bytesB = b.bytes();
    return !bytesA || !bytesB || !std::ranges::equal(*bytesA, *bytesB);
}

} // namespace

class ValueComparer::Walk {
public:
    Walk(const ValueComparer &comparer, ValueDiff &result, std::optional<VirtAddr> end)
        : comparer_(comparer), result_(result), end_(end)
    {
    }

    void compare(const Value &a, const Value &b, const std::string &path, unsigned nesting)
    {
        result_.more |= ++steps_ > kMaxSteps;
        if (result_.more || nesting > kMaxNesting || isBeyond(a) || !differ(a, b))
            return;
        const Type typeA = expr::completed(comparer_.a_.context, a.type());
        const Type typeB = expr::completed(comparer_.b_.context, b.type());
        if (typeA.isRecord() && typeB.isRecord())
            compareMembers(typeA, a, typeB, b, path, nesting);
        else if (typeA.kind() == TypeKind::Array && typeB.kind() == TypeKind::Array &&
                 (!isText(typeA) || sameText(a, b)))
            compareElements(typeA, a, typeB, b, path, nesting);
        else
            compareLeaves(typeA, a, typeB, b, path);
    }

private:
    bool isBeyond(const Value &a) const { return end_ && a.address() && *a.address() >= *end_; }

    /// What differs is what a text does not show: bytes behind its end.
    bool sameText(const Value &a, const Value &b) const
    {
        return summarize(decode(comparer_.a_.context, a, kLeafFormat)) ==
               summarize(decode(comparer_.b_.context, b, kLeafFormat));
    }

    static const Member *counterpart(const std::vector<Member> &members, const std::vector<Member> &of,
                                     std::size_t index)
    {
        const Member &wanted = of[index];
        if (index < members.size() && members[index].name == wanted.name)
            return &members[index];
        if (wanted.name.empty())
            return nullptr;
        const auto found = std::ranges::find(members, wanted.name, &Member::name);
        return found != members.end() ? &*found : nullptr;
    }

    void compareMembers(const Type &typeA, const Value &a, const Type &typeB, const Value &b, const std::string &path,
                        unsigned nesting)
    {
        const auto &membersA = typeA.node().members;
        const auto &membersB = typeB.node().members;
        const std::size_t before = result_.changes.size();
        const Value wholeA = a.address() ? Value::inMemory(typeA, *a.address(), a.block()) : a;
        const Value wholeB = b.address() ? Value::inMemory(typeB, *b.address(), b.block()) : b;
        for (std::size_t i = 0; i < membersA.size() && !result_.more; ++i) {
            const Member *const other = counterpart(membersB, membersA, i);
            if (!other)
                continue;
            const auto memberA = wholeA.member(membersA[i]);
            const auto memberB = wholeB.member(*other);
            if (!memberA || !memberB)
                continue;
            const std::string &name = membersA[i].name;
            compare(*memberA, *memberB, name.empty() || path.empty() ? path + name : path + "." + name, nesting + 1);
            if (typeA.kind() == TypeKind::Union && result_.changes.size() != before)
                return;
        }
    }

    void compareElements(const Type &typeA, const Value &a, const Type &typeB, const Value &b, const std::string &path,
                         unsigned nesting)
    {
        const std::uint64_t sizeA = typeA.target().size();
        const std::uint64_t sizeB = typeB.target().size();
        if (sizeA == 0 || sizeB == 0)
            return;
        // No more than the block has, whatever a damaged type says.
        const std::uint64_t count = std::min(std::min(typeA.node().count.value_or(0), held(a) / sizeA),
                                             std::min(typeB.node().count.value_or(0), held(b) / sizeB));
        const auto bytesA = a.bytes();
        const auto bytesB = b.bytes();
        for (std::uint64_t i = 0; i < count && !result_.more; ++i) {
            if (bytesA && bytesB && sizeA == sizeB && (i + 1) * sizeA <= bytesA->size() &&
                (i + 1) * sizeB <= bytesB->size() &&
                std::memcmp(bytesA->data() + i * sizeA, bytesB->data() + i * sizeB, sizeA) == 0)
                continue;
            const auto elementA = a.element(i);
            const auto elementB = b.element(i);
            if (elementA && elementB)
                compare(*elementA, *elementB, path + "[" + std::to_string(i) + "]", nesting + 1);
        }
    }

    static std::uint64_t held(const Value &value) { return value.block() ? value.block()->size() : 0; }

    void compareLeaves(const Type &typeA, const Value &a, const Type &typeB, const Value &b, const std::string &path)
    {
        if (typeA.kind() == TypeKind::Void || typeA.kind() == TypeKind::Function || typeA.kind() == TypeKind::Broken ||
            a.missing() || b.missing())
            return;
        std::optional<std::int64_t> delta;
        const auto bitsA = a.scalar();
        const auto bitsB = b.scalar();
        if (bitsA && bitsB) {
            if (*bitsA == *bitsB)
                return;
            const bool pointers = typeA.kind() == TypeKind::Pointer && typeB.kind() == TypeKind::Pointer;
            if (pointers && comparer_.pointers_.same(*bitsA, *bitsB))
                return;
            if (expr::isIntegerKind(typeA.kind()) && expr::isIntegerKind(typeB.kind()) &&
                typeA.kind() != TypeKind::Enum && typeA.kind() != TypeKind::Boolean)
                delta = static_cast<std::int64_t>(*bitsB - *bitsA);
        }
        if (result_.changes.size() == comparer_.limit_) {
            result_.more = true;
            return;
        }
        result_.changes.push_back(
            {path, decode(comparer_.a_.context, a, kLeafFormat), decode(comparer_.b_.context, b, kLeafFormat), delta});
    }

    const ValueComparer &comparer_;
    ValueDiff &result_;
    std::optional<VirtAddr> end_; ///< of A's object
    std::uint64_t steps_ = 0;
};

ValueComparer::ValueComparer(const DiffSide &a, const DiffSide &b, std::size_t limit)
    : a_(a), b_(b), pointers_(a, b), limit_(limit)
{
}

ValueDiff ValueComparer::compare(const Value &a, const Value &b, std::uint64_t size) const
{
    ValueDiff result;
    std::optional<VirtAddr> end;
    if (a.address() && size < a.size())
        end = *a.address() + size;
    Walk(*this, result, end).compare(a, b, "", 0);
    return result;
}

} // namespace ks
