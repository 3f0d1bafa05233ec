#include "ui/models/struct_rows.h"

#include "core/base/addr_ranges.h"
#include "core/values/format.h"
#include "core/values/identifiers.h"
#include "ui/models/list_guess.h"
#include "ui/models/object_label.h"

#include <algorithm>

namespace ks::ui {

namespace {

/// Objects up to this size are read as a whole, larger ones part by part.
constexpr std::uint64_t kReadAtOnce = 64 * 1024;
constexpr std::size_t kMaxRows = 20000;
constexpr int kMaxText = 160;
/// Records with no more members than this are told in one line, others by their type.
constexpr std::size_t kSummaryMembers = 4;

QString fromStd(const std::string &text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

bool isCharacterArray(const Type &bare)
{
    return bare.kind() == TypeKind::Array && bare.target().stripped().kind() == TypeKind::Character;
}

bool isListHead(const Type &bare)
{
    return bare.kind() == TypeKind::Struct && (bare.name() == "list_head" || bare.name() == "hlist_head");
}

bool canOpen(const Value &value, const Type &bare, const std::optional<ListFollow> &follow)
{
    if (follow)
        return true;
    switch (bare.kind()) {
    case TypeKind::Struct:
    case TypeKind::Union: return !bare.node().members.empty();
    case TypeKind::Array: return bare.node().count.value_or(0) > 0 && bare.target().size() > 0;
    case TypeKind::Pointer: {
        const Type target = bare.target().definition();
        if (target.isRecord() ? target.node().members.empty() : target.size() == 0)
            return false;
        const auto bits = value.scalar();
        return bits && *bits != 0;
    }
    default: return false;
    }
}

QString shortened(QString text)
{
    if (text.size() > kMaxText) {
        text.truncate(kMaxText - 1);
        text += QChar(0x2026);
    }
    return text;
}

void describePointer(const EvalContext &context, const Value &value, const Type &bare, StructRow &row)
{
    const Decoded decoded = decode(context, value);
    const auto *pointer = std::get_if<Decoded::Pointer>(&decoded.data);
    if (!pointer) {
        row.value = shortened(fromStd(summarize(context, value)));
        return;
    }
    if (pointer->value == 0) {
        row.value = QStringLiteral("NULL");
        row.look = RowLook::Quiet;
        return;
    }
    row.look = RowLook::Link;
    row.target = VirtAddr(pointer->value);
    row.value = fromStd(pointer->symbol.empty() ? hex(pointer->value) : pointer->symbol);
    if (decoded.pointedText)
        row.value += QLatin1Char(' ') + shortened(fromStd(summarize(Decoded{*decoded.pointedText, {}})));
    if (const QString label = pointeeLabel(context, bare.target().definition(), *row.target); !label.isEmpty())
        row.value += QLatin1Char(' ') + label;
}

void describeRecord(const EvalContext &context, const Value &value, const Type &bare, StructRow &row)
{
    row.look = RowLook::Record;
    if (row.follow) {
        row.value = QStringLiteral("list of %1").arg(fromStd(row.follow->container.spelling()));
        return;
    }
    const bool small = bare.node().members.size() <= kSummaryMembers && bare.size() <= kReadAtOnce;
    if (small && !value.missing()) {
        row.look = RowLook::Plain;
        row.value = shortened(fromStd(summarize(context, value, {.depth = 2, .elements = 4})));
    } else {
        row.value = fromStd(value.type().spelling());
    }
}

/// Fills in all that depends on the value alone.
void describe(const EvalContext &context, const Value &value, StructRow &row)
{
    const Type bare = value.type().definition();
    row.content = value;
    row.typeName = fromStd(value.type().spelling());
    row.address = value.address();
    row.size = bare.size();
    if (value.isBitfield()) {
        row.bitSize = value.bitSize();
        row.bitShift = static_cast<std::uint32_t>(value.bitOffset() % 8);
        row.size = (std::uint64_t{row.bitShift} + row.bitSize + 7) / 8;
        if (row.address)
            *row.address += value.bitOffset() / 8;
    }
    row.expandable = canOpen(value, bare, row.follow);

    const bool scalar = !bare.isRecord() && bare.kind() != TypeKind::Array;
    const auto missing = bare.size() <= kReadAtOnce ? value.missing() : std::nullopt;
    if (missing && (scalar || (row.address && missing->range.contains(AddrRange{
                                                  *row.address, *row.address + (row.size ? row.size - 1 : 0)})))) {
        row.look = RowLook::Unreadable;
        row.value = QStringLiteral("??");
        row.reason = QStringLiteral("%1: %2").arg(fromStd(hex(missing->range.first)), fromStd(missing->state.reason()));
        return;
    }
    if (missing)
        row.reason = QStringLiteral("in part not readable, from %1: %2")
                         .arg(fromStd(hex(missing->range.first)), fromStd(missing->state.reason()));

    if (bare.isRecord()) {
        describeRecord(context, value, bare, row);
    } else if (bare.kind() == TypeKind::Pointer) {
        describePointer(context, value, bare, row);
    } else if (bare.kind() == TypeKind::Array) {
        if (bare.size() > kReadAtOnce) {
            row.look = RowLook::Record;
            row.value = row.typeName;
        } else {
            row.look = isCharacterArray(bare) ? RowLook::Text : RowLook::Plain;
            row.value = shortened(fromStd(summarize(context, value, {.depth = 1, .elements = 8})));
        }
    } else {
        row.value = shortened(fromStd(summarize(context, value)));
    }
}

/// What the children of a row are taken out of.
struct Base {
    Value value;
    std::uint64_t firstIndex = 0; ///< of the element that a part of an array begins with
};

Base openBase(const EvalContext &context, const StructRow &row)
{
    if (const auto *item = std::get_if<RowRecipe::ListItem>(&row.recipe.how))
        return {readObject(context, item->type, item->address), 0};
    const Type bare = row.content.type().definition();
    if (const auto *slice = std::get_if<RowRecipe::SliceOf>(&row.recipe.how)) {
        const auto address = row.content.address();
        const Type element = bare.target();
        if (slice->count > kArrayPage || !address || bare.size() <= kReadAtOnce)
            return {row.content, 0};
        return {readObject(context, Type::arrayOf(element, slice->count), *address + slice->first * element.size()),
                slice->first};
    }
    if (bare.kind() == TypeKind::Pointer && !row.follow)
        if (const auto bits = row.content.scalar())
            return {readObject(context, expr::completed(context, bare.target()), VirtAddr(*bits)), 0};
    return {row.content, 0};
}

Value broken(std::string why) { return Value::temporary(Type::broken(std::move(why)), 0); }

/// Parts of an object that was too large to be read at once are read now.
Value settled(const EvalContext &context, const Base &base, Result<Value> part)
{
    if (!part)
        return broken(part.error().message());
    if (part->isBitfield() || !part->address() || base.value.type().definition().size() <= kReadAtOnce)
        return *part;
    return readObject(context, part->type(), *part->address());
}

Value recast(const EvalContext &context, const Value &value, const Type &type)
{
    if (const auto address = value.address())
        return readObject(context, type, *address);
    const auto bits = value.scalar();
    return bits ? Value::temporary(type, *bits) : broken(bits.error().message());
}

Value valueOf(const EvalContext &context, const Base &base, const StructRow &row)
{
    struct Visitor {
        const EvalContext &context;
        const Base &base;
        Value operator()(const RowRecipe::Remark &) const { return {}; }
        Value operator()(const RowRecipe::MemberOf &how) const
        {
            const auto part = base.value.member(how.member);
            if (part && part->isBitfield() && base.value.type().definition().size() > kReadAtOnce) {
                // The storage unit of a bitfield is at most 8 bytes; 16 hold it wherever it begins.
                const VirtAddr from = *part->address() + part->bitOffset() / 8;
                auto block =
                    context.memory ? std::make_shared<const MemoryBlock>(context.memory->read(from, 16)) : nullptr;
                return Value::bitfield(part->type(), from, part->bitOffset() % 8, part->bitSize(), std::move(block));
            }
            return settled(context, base, part);
        }
        Value operator()(const RowRecipe::ElementOf &how) const
        {
            return settled(context, base, base.value.element(how.index - base.firstIndex));
        }
        Value operator()(const RowRecipe::SliceOf &) const { return base.value; }
        Value operator()(const RowRecipe::Pointee &) const { return base.value; }
        Value operator()(const RowRecipe::ListItem &how) const
        {
            // Read when it is opened: a list of a thousand tasks must not cost ten megabytes.
            return Value::inMemory(how.type, how.address, std::make_shared<const MemoryBlock>());
        }
    };
    return std::visit(Visitor{context, base}, row.recipe.how);
}

void describeSlice(const RowRecipe::SliceOf &slice, const Value &array, StructRow &row)
{
    const Type element = array.type().definition().target();
    row.content = array;
    row.typeName = fromStd(array.type().spelling());
    row.look = RowLook::Quiet;
    row.value = QStringLiteral("%1 × %2").arg(slice.count).arg(fromStd(element.spelling()));
    if (const auto address = array.address())
        row.address = *address + slice.first * element.size();
    row.size = slice.count * element.size();
    row.expandable = true;
}

void describeItem(const EvalContext &context, const RowRecipe::ListItem &item, StructRow &row)
{
    const QString label = objectLabel(context, item.type, item.address);
    row.content = Value::inMemory(item.type, item.address, std::make_shared<const MemoryBlock>());
    row.typeName = fromStd(item.type.spelling());
    row.value = label.isEmpty() ? row.typeName : label;
    row.look = label.isEmpty() ? RowLook::Record : RowLook::Plain;
    row.address = item.address;
    row.target = item.address;
    row.size = item.type.size();
    row.expandable = true;
}

void fill(const EvalContext &context, const Base &base, StructRow &row)
{
    if (const auto *slice = std::get_if<RowRecipe::SliceOf>(&row.recipe.how))
        return describeSlice(*slice, base.value, row);
    if (const auto *item = std::get_if<RowRecipe::ListItem>(&row.recipe.how))
        return describeItem(context, *item, row);
    if (std::holds_alternative<RowRecipe::Remark>(row.recipe.how))
        return;
    Value value = valueOf(context, base, row);
    if (row.castTo)
        value = recast(context, value, *row.castTo);
    row.reason.clear();
    row.target.reset();
    row.look = RowLook::Plain;
    describe(context, value, row);
}

void appendMembers(const EvalContext &context, const Base &base, const Type &record, std::uint64_t baseBits,
                   unsigned depth, std::vector<StructRow> &rows)
{
    for (const Member &member : record.node().members) {
        if (rows.size() >= kMaxRows)
            return;
        Member placed = member;
        placed.bitOffset += baseBits;
        const Type type = record.memberType(member).definition();
        if (member.name.empty() && member.isBitfield())
            continue;
        if (member.name.empty() && type.kind() == TypeKind::Struct && record.kind() == TypeKind::Struct && depth < 16) {
            appendMembers(context, base, type, placed.bitOffset, depth + 1, rows);
            continue;
        }
        StructRow row;
        row.name = member.name.empty() ? QString::fromLatin1(type.kind() == TypeKind::Union ? "union" : "struct")
                                       : fromStd(member.name);
        row.offset = placed.bitOffset / 8;
        row.recipe.how = RowRecipe::MemberOf{std::move(placed)};
        if (isListHead(type))
            row.follow = guessListOfMember(context, record, member.name);
        fill(context, base, row);
        rows.push_back(std::move(row));
    }
}

std::vector<StructRow> recordRows(const EvalContext &context, const Base &base, const Type &record)
{
    std::vector<StructRow> rows;
    appendMembers(context, base, record, 0, 0, rows);
    const LayoutGaps gaps = findGaps(record);
    if (gaps.holes || gaps.paddingBytes) {
        StructRow row;
        row.name = QStringLiteral("holes");
        row.look = RowLook::Quiet;
        QStringList parts;
        if (gaps.holes)
            parts << QStringLiteral("%1 %2, %3 B")
                         .arg(gaps.holes)
                         .arg(QLatin1String(gaps.holes == 1 ? "hole" : "holes"))
                         .arg(gaps.holeBytes);
        if (gaps.paddingBytes)
            parts << QStringLiteral("%1 B of padding").arg(gaps.paddingBytes);
        const std::uint64_t lines = (record.size() + 63) / 64;
        parts << QStringLiteral("%1 cache %2").arg(lines).arg(QLatin1String(lines == 1 ? "line" : "lines"));
        row.value = parts.join(QStringLiteral(" · "));
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<StructRow> arrayRows(const EvalContext &context, const Base &base, std::uint64_t first, std::uint64_t count)
{
    std::vector<StructRow> rows;
    const std::uint64_t elementSize = base.value.type().definition().target().size();
    if (count > kArrayPage) {
        std::uint64_t span = kArrayPage;
        while ((count - 1) / span >= kArrayPage && span < (std::uint64_t{1} << 56))
            span *= kArrayPage;
        for (std::uint64_t at = 0; at < count; at += span) {
            StructRow row;
            const std::uint64_t length = std::min(span, count - at);
            row.name = QStringLiteral("[%1 … %2]").arg(first + at).arg(first + at + length - 1);
            row.offset = (first + at) * elementSize;
            row.recipe.how = RowRecipe::SliceOf{first + at, length};
            fill(context, base, row);
            rows.push_back(std::move(row));
        }
        return rows;
    }
    for (std::uint64_t index = first; index < first + count; ++index) {
        StructRow row;
        row.name = QStringLiteral("[%1]").arg(index);
        row.offset = index * elementSize;
        row.recipe.how = RowRecipe::ElementOf{index};
        fill(context, base, row);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<StructRow> itemRows(const EvalContext &context, const StructRow &head)
{
    std::vector<StructRow> rows;
    const ListChain chain = followList(context, head.content, *head.follow, kListLimit);
    for (const VirtAddr address : chain.items) {
        StructRow row;
        row.name = QString::number(rows.size());
        row.recipe.how = RowRecipe::ListItem{rows.size(), address, head.follow->container};
        describeItem(context, std::get<RowRecipe::ListItem>(row.recipe.how), row);
        rows.push_back(std::move(row));
    }
    if (!chain.complete) {
        StructRow row;
        row.name = QStringLiteral("…");
        row.value = chain.end;
        row.look = RowLook::Unreadable;
        rows.push_back(std::move(row));
    }
    return rows;
}

bool sameItems(const RefreshPlan &plan, const std::vector<StructRow> &items)
{
    return std::ranges::equal(plan.children, items, [](const RefreshPlan &a, const StructRow &b) {
        return a.row.address == b.address && a.row.name == b.name;
    });
}

void refreshChildren(const EvalContext &context, const RefreshPlan &plan, RowUpdate &self,
                     std::vector<RowUpdate> &updates)
{
    if (plan.itemsToo && plan.row.follow) {
        auto items = itemRows(context, self.row);
        self.row.value = listTitle(*plan.row.follow, items);
        if (!sameItems(plan, items)) {
            self.items = std::move(items);
            return;
        }
    }
    const Base base = openBase(context, self.row);
    for (const RefreshPlan &child : plan.children) {
        RowUpdate update{child.id, child.row, {}};
        fill(context, base, update.row);
        if (!child.children.empty() || child.itemsToo)
            refreshChildren(context, child, update, updates);
        updates.push_back(std::move(update));
    }
}

} // namespace

Value readObject(const EvalContext &context, const Type &type, VirtAddr address)
{
    if (type.size() <= kReadAtOnce)
        return readValue(context, type, address);
    return Value::inMemory(type, address, std::make_shared<const MemoryBlock>());
}

QString listTitle(const ListFollow &follow, const std::vector<StructRow> &items)
{
    const auto objects = std::ranges::count_if(items, [](const StructRow &row) { return row.address.has_value(); });
    return QStringLiteral("%1 × %2").arg(objects).arg(fromStd(follow.container.spelling()));
}

StructRow rootRow(const EvalContext &context, const StructRoot &root)
{
    StructRow row;
    row.name = fromStd(root.type.spelling());
    const Type bare = root.type.definition();
    if (isListHead(bare))
        row.follow = guessListOfSymbol(context, root.name);
    describe(context, root.address ? readObject(context, root.type, *root.address) : root.temporary, row);
    if (bare.isRecord() && !row.follow && row.look != RowLook::Unreadable) {
        row.value = root.name;
        row.look = RowLook::Plain;
    }
    return row;
}

std::vector<StructRow> childRows(const EvalContext &context, const StructRow &parent)
{
    if (parent.follow)
        return itemRows(context, parent);
    const Base base = openBase(context, parent);
    const Type bare = base.value.type().definition();
    if (const auto *slice = std::get_if<RowRecipe::SliceOf>(&parent.recipe.how))
        return arrayRows(context, base, slice->first, slice->count);
    if (bare.isRecord())
        return recordRows(context, base, bare);
    if (bare.kind() == TypeKind::Array && parent.content.type().definition().kind() == TypeKind::Array)
        return arrayRows(context, base, 0, bare.node().count.value_or(0));
    std::vector<StructRow> rows(1);
    rows[0].name = QLatin1Char('*') + parent.name;
    rows[0].recipe.how = RowRecipe::Pointee{};
    fill(context, base, rows[0]);
    return rows;
}

std::vector<RowUpdate> refreshRows(const EvalContext &context, const StructRoot &root, const RefreshPlan &plan)
{
    std::vector<RowUpdate> updates;
    StructRow fresh = rootRow(context, root);
    RowUpdate self{plan.id, plan.row, {}};
    self.row.content = fresh.content;
    if (!plan.row.castTo && !plan.row.follow) {
        self.row.value = fresh.value;
        self.row.reason = fresh.reason;
        self.row.look = fresh.look;
        self.row.target = fresh.target;
        self.row.expandable = fresh.expandable;
    }
    if (!plan.children.empty() || plan.itemsToo)
        refreshChildren(context, plan, self, updates);
    updates.push_back(std::move(self));
    return updates;
}

QString refusedReason(const std::vector<RowUpdate> &updates)
{
    QString reason;
    for (const RowUpdate &update : updates) {
        if (!update.row.address || update.row.size == 0)
            continue;
        const auto missing = update.row.content.missing();
        if (!missing)
            return {};
        const PageStatus status = missing->state.status;
        if (reason.isEmpty() &&
            (status == PageStatus::Error || status == PageStatus::Denied || status == PageStatus::Truncated))
            reason = fromStd(missing->state.reason());
    }
    return reason;
}

bool isTornIn(const StructRow &row, const std::vector<AddrRange> &torn)
{
    // A name stands for a whole record, as a count does for a page of an array; members in braces are bytes.
    const bool isNamed = row.content.type().stripped().isRecord() && !row.value.startsWith(QLatin1Char('{'));
    const bool isPage = std::holds_alternative<RowRecipe::SliceOf>(row.recipe.how);
    if (isNamed || isPage || row.look == RowLook::Record || row.follow || !row.address || row.value.isEmpty())
        return false;
    const auto range = AddrRange::sized(*row.address, row.size);
    return range && anyIntersects(torn, *range);
}

LayoutGaps findGaps(const Type &record)
{
    LayoutGaps gaps;
    const TypeNode &node = record.node();
    if (record.kind() != TypeKind::Struct || node.byteSize == 0)
        return gaps;
    std::vector<const Member *> members;
    for (const Member &member : node.members)
        members.push_back(&member);
    std::ranges::stable_sort(members, {}, &Member::bitOffset);
    std::uint64_t end = 0; // in bits
    for (const Member *member : members) {
        if (member->bitOffset >= end + 8) {
            gaps.holeBytes += (member->bitOffset - end) / 8;
            ++gaps.holes;
        }
        const std::uint64_t size = member->isBitfield() ? member->bitSize : record.memberType(*member).size() * 8;
        end = std::max(end, member->bitOffset + size);
    }
    if (node.byteSize * 8 >= end + 8)
        gaps.paddingBytes = (node.byteSize * 8 - end) / 8;
    return gaps;
}

} // namespace ks::ui
