#include "core/live/watch.h"

#include "core/base/addr_ranges.h"
#include "core/values/identifiers.h"

#include <algorithm>
#include <unordered_set>

namespace ks::live {
namespace {

std::string unsignedLong(std::uint64_t number) { return std::to_string(number); }

/// Where a list begins, and of which kind it is.
struct Head {
    VirtAddr address;
    bool isHash = false;
};

Result<Head> headOf(const EvalContext &context, const Expression &expression)
{
    const auto value = expression.evaluate(context);
    if (!value)
        return std::unexpected(value.error());
    Type type = expr::completed(context, value->type());
    std::optional<VirtAddr> address = value->address();
    if (type.kind() == TypeKind::Pointer) {
        const auto pointer = value->scalar();
        if (!pointer)
            return std::unexpected(pointer.error());
        address = VirtAddr(*pointer);
        type = expr::completed(context, type.target());
    }
    const bool isHash = type.isRecord() && findMember(type, "first").has_value();
    const bool isList = type.isRecord() && findMember(type, "next").has_value();
    if (!address || (!isHash && !isList))
        return fail(ErrorCode::Type, "`" + expression.text() + "`", "`" + type.spelling() + "` is no head of a list");
    return Head{*address, isHash};
}

/// The parts in which two blocks of one range differ, in bytes or in what became of them.
std::vector<AddrRange> differences(const MemoryBlock &a, const MemoryBlock &b)
{
    std::vector<AddrRange> result;
    auto runA = a.runs().begin();
    auto runB = b.runs().begin();
    for (std::size_t i = 0; i < a.size(); ++i) {
        const VirtAddr at = a.address() + i;
        while (runA->range.last < at)
            ++runA;
        while (runB->range.last < at)
            ++runB;
        if (a.bytes()[i] != b.bytes()[i] || runA->state != runB->state)
            appendJoined(result, {at, at});
    }
    return result;
}

/// The members of `a` that are not in `b`, in the order of `a`.
std::vector<VirtAddr> onlyIn(const Walk &a, const Walk &b)
{
    std::unordered_set<std::uint64_t> known;
    for (const WalkEntry &entry : b.entries)
        known.insert(entry.object.value);
    std::vector<VirtAddr> result;
    for (const WalkEntry &entry : a.entries)
        if (!known.contains(entry.object.value))
            result.push_back(entry.object);
    return result;
}

bool sameList(const Walk &a, const Walk &b)
{
    return a.end == b.end && std::ranges::equal(a.entries, b.entries, [](const WalkEntry &x, const WalkEntry &y) {
               return x.object == y.object;
           });
}

} // namespace

const char *name(ResultState state)
{
    switch (state) {
    case ResultState::Pending: return "pending";
    case ResultState::Value: return "value";
    case ResultState::Unreadable: return "unreadable";
    case ResultState::Error: return "error";
    case ResultState::Torn: return "torn";
    case ResultState::Lost: return "lost";
    }
    return "unknown";
}

const WatchResult *Sample::find(SubscriptionId id) const
{
    const auto found = std::ranges::lower_bound(results, id, {}, &WatchResult::id);
    return found != results.end() && found->id == id ? &*found : nullptr;
}

Watch::Watch(SubscriptionId id, Subscription what) : what_(std::move(what)) { result_.id = id; }

void Watch::bind(const EvalContext &context)
{
    forget();
    if (const auto *view = std::get_if<ViewWatch>(&what_.what); view && !view->reads.empty())
        expect(view->reads);
    expression_ = condition_ = std::nullopt;
    if (const auto *expression = std::get_if<ExpressionWatch>(&what_.what))
        expression_ = Expression::parse(context, expression->expression);
    else if (const auto *list = std::get_if<ListWatch>(&what_.what))
        expression_ = Expression::parse(context, list->head);
    if (expression_ && !what_.condition.empty())
        condition_ = Expression::parse(context, fullCondition(what_.condition));
    std::vector<std::string> modules;
    for (const auto *part : {&expression_, &condition_}) {
        if (!*part || !**part)
            continue;
        for (const std::string &identifier : (**part)->identifiers())
            std::ranges::copy(modulesOf(context, identifier), std::back_inserter(modules));
    }
    // A bare name whose module is gone says nothing of it any more; it is still the module's.
    for (std::string &module : modules)
        if (std::ranges::find(modules_, module) == modules_.end())
            modules_.push_back(std::move(module));
}

void Watch::fail(ResultState state, ks::Error error)
{
    made_.state = state;
    made_.error = std::move(error);
}

void Watch::tooLarge()
{
    made_ = {};
    fail(ResultState::Error,
         {ErrorCode::Limit, expression_ && *expression_ ? (*expression_)->text() : std::string("what is read"),
          "it takes more than " + unsignedLong(RecordingMemory::kMaxBytes >> 20) + " MiB"});
}

bool Watch::isConfirmed() const
{
    const auto *view = std::get_if<ViewWatch>(&what_.what);
    return !view || view->isConfirmed;
}

void Watch::evaluate(const EvalContext &context)
{
    made_ = {};
    if (const auto *range = std::get_if<RangeWatch>(&what_.what))
        return evaluateRange(*range, context);
    if (const auto *view = std::get_if<ViewWatch>(&what_.what))
        return evaluateView(*view, context);
    if (!*expression_)
        return fail(ResultState::Error, expression_->error());
    if (const auto *expression = std::get_if<ExpressionWatch>(&what_.what))
        evaluateExpression(*expression, context);
    else
        evaluateList(std::get<ListWatch>(what_.what), context);
}

void Watch::evaluateRange(const RangeWatch &range, const EvalContext &context)
{
    const std::uint64_t size = range.range.size();
    if (size == 0 || size > RangeWatch::kMaxRange)
        return fail(ResultState::Error, {ErrorCode::Limit, "the range from " + hex(range.range.first),
                                         "longer than " + unsignedLong(RangeWatch::kMaxRange >> 20) + " MiB"});
    auto value = std::make_shared<WatchValue>();
    value->address = range.range.first;
    value->bytes = context.memory->read(range.range.first, size);
    made_.state = ResultState::Value;
    if (const auto missing = value->bytes.firstMissing(range.range.first, size);
        missing && missing->range.size() == size)
        fail(ResultState::Unreadable, {ErrorCode::Unreadable, hex(range.range.first), missing->state.reason()});
    made_.value = std::move(value);
}

void Watch::evaluateExpression(const ExpressionWatch &watch, const EvalContext &context)
{
    const auto value = (*expression_)->evaluate(context);
    if (!value) {
        const bool isUnreadable = value.error().code == ErrorCode::Unreadable;
        return fail(isUnreadable ? ResultState::Unreadable : ResultState::Error, value.error());
    }
    auto shown = std::make_shared<WatchValue>();
    shown->decoded = decode(context, *value, watch.format);
    shown->text = summarizeAs(watch.style, context, *value, *shown->decoded, watch.format);
    shown->typeName = value->type().spelling();
    shown->address = value->address();
    if (const auto bits = value->scalar()) {
        shown->scalar = *bits;
        shown->isSigned = value->isSigned();
    }
    made_.state = ResultState::Value;
    if (const auto *missing = std::get_if<Decoded::Unreadable>(&shown->decoded->data))
        fail(ResultState::Unreadable,
             {ErrorCode::Unreadable, watch.expression, hex(missing->address) + ": " + missing->state.reason()});
    else
        evaluateCondition(context, *value);
    made_.value = std::move(shown);
}

void Watch::evaluateList(const ListWatch &watch, const EvalContext &context)
{
    const auto head = headOf(context, **expression_);
    if (!head) {
        const bool isUnreadable = head.error().code == ErrorCode::Unreadable;
        return fail(isUnreadable ? ResultState::Unreadable : ResultState::Error, head.error());
    }
    if (!context.types)
        return fail(ResultState::Error, {ErrorCode::NotFound, watch.type, "no types are loaded"});
    const auto type = parseTypeName(*context.types, watch.type);
    if (!type)
        return fail(ResultState::Error, type.error());
    const Type record = expr::completed(context, *type);
    auto walk = head->isHash ? walkHashList(context, head->address, record, watch.member, watch.limit)
                             : walkList(context, head->address, record, watch.member, watch.limit);
    if (!walk)
        return fail(ResultState::Error, walk.error());
    auto shown = std::make_shared<WatchValue>();
    shown->text = summarize(*walk);
    shown->typeName = type->spelling();
    shown->address = head->address;
    shown->scalar = walk->entries.size();
    made_.state = ResultState::Value;
    if (walk->entries.empty() && walk->end == WalkEnd::Unreadable)
        fail(ResultState::Unreadable, {ErrorCode::Unreadable, watch.head, walk->reason()});
    else
        evaluateCondition(context, Value::temporary(Type::integer(8, false), walk->entries.size()));
    shown->list = std::move(*walk);
    made_.value = std::move(shown);
}

void Watch::evaluateView(const ViewWatch &watch, const EvalContext &context)
{
    auto value = std::make_shared<WatchValue>();
    value->made = watch.make(context);
    made_.state = ResultState::Value;
    made_.value = std::move(value);
}

void Watch::evaluateCondition(const EvalContext &context, const Value &value)
{
    if (!condition_)
        return;
    if (!*condition_) {
        made_.conditionError = condition_->error();
        return;
    }
    EvalContext withValue = context;
    withValue.variables.insert_or_assign("value", value);
    const auto answer = (*condition_)->evaluate(withValue);
    const auto bits = answer ? answer->scalar() : Result<std::uint64_t>(std::unexpected(answer.error()));
    if (bits)
        made_.holds = *bits != 0;
    else
        made_.conditionError = bits.error();
}

void Watch::skip()
{
    result_.sampled = result_.changed = false;
    result_.changedBytes.clear();
    result_.torn.clear();
    result_.added.clear();
    result_.removed.clear();
}

void Watch::lose(const ks::Error &why)
{
    skip();
    result_.state = ResultState::Lost;
    result_.value = lastValue_;
    result_.error = why;
    result_.holds = std::nullopt;
    result_.conditionError = std::nullopt;
}

void Watch::compare(const WatchValue *before, const WatchValue *after)
{
    if (before == after)
        return;
    if (!before || !after) {
        result_.changed = true;
        return;
    }
    const bool isRange = std::holds_alternative<RangeWatch>(what_.what);
    const bool isList = std::holds_alternative<ListWatch>(what_.what);
    if (isRange && before->bytes.size() == after->bytes.size()) {
        result_.changedBytes = differences(before->bytes, after->bytes);
        result_.changed = !result_.changedBytes.empty();
    } else if (isList) {
        result_.added = onlyIn(after->list, before->list);
        result_.removed = onlyIn(before->list, after->list);
        result_.changed = !sameList(before->list, after->list);
    } else if (before->decoded && after->decoded) {
        result_.changed = !sameContent(*before->decoded, *after->decoded);
    } else {
        result_.changed = before->made != after->made;
    }
}

void prepare(const Subscription &subscription, const EvalContext &context)
{
    Watch watch({}, subscription);
    watch.bind(context);
    watch.evaluate(context);
}

void Watch::publish()
{
    const bool isFirst = result_.state == ResultState::Pending;
    // A lost target has shown the last value all the time; one without a value had none to show.
    const std::shared_ptr<const WatchValue> before = result_.value;
    skip();
    result_.sampled = true;
    if (!isFirst)
        compare(before.get(), made_.value.get());
    const bool isSame = before && made_.value && !result_.changed;
    // A struct that has moved is another object, even if it looks the same.
    result_.value =
        isSame && before->address == made_.value->address && before->text == made_.value->text ? before : made_.value;
    made_.value = result_.value;
    if (result_.value)
        lastValue_ = result_.value;
    result_.state = isTorn() ? ResultState::Torn : made_.state;
    result_.error = made_.error;
    result_.torn = torn();
    if (isTorn() && !result_.error)
        result_.error = ks::Error{ErrorCode::Unreadable, "the value", "it changed during every read"};
    result_.holds = made_.holds;
    result_.conditionError = made_.conditionError;
    result_.time = readTime();
    result_.latency = confirmedAfter();
}

} // namespace ks::live
