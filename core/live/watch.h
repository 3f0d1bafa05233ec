// One subscription at work: from memory to a result.
#pragma once

#include "core/live/confirm.h"
#include "core/live/module_guard.h"
#include "core/live/sample.h"
#include "core/values/expression.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ks::live {

class Watch : public Tracked {
public:
    Watch(SubscriptionId id, Subscription what);

    const Subscription &subscription() const { return what_; }
    /// The names in its expressions mean what they mean in this context from now on.
    void bind(const EvalContext &context);
    /// The modules that it is of, whether they are loaded or not.
    const std::vector<std::string> &modules() const { return modules_; }

    void evaluate(const EvalContext &context) override;
    void tooLarge() override;
    bool isConfirmed() const override;
    bool isView() const { return std::holds_alternative<ViewWatch>(what_.what); }

    /// Whether any sample had one.
    bool hadValue() const { return lastValue_ != nullptr; }
    /// What the last sample said.
    const WatchResult &result() const { return result_; }
    void setFrozen(bool isFrozen) { result_.frozen = isFrozen; }
    /// It had no turn in this tick.
    void skip();
    /// It had, and its result counts.
    void publish();
    /// It had, but there is nothing to read: the last result stays, marked.
    void lose(const ks::Error &why);

private:
    void fail(ResultState state, ks::Error error);
    void evaluateRange(const RangeWatch &range, const EvalContext &context);
    void evaluateExpression(const ExpressionWatch &watch, const EvalContext &context);
    void evaluateList(const ListWatch &watch, const EvalContext &context);
    void evaluateView(const ViewWatch &watch, const EvalContext &context);
    void evaluateCondition(const EvalContext &context, const Value &value);
    void compare(const WatchValue *before, const WatchValue *after);

    struct Made {
        ResultState state = ResultState::Pending;
        std::shared_ptr<const WatchValue> value;
        std::optional<ks::Error> error;
        std::optional<bool> holds;
        std::optional<ks::Error> conditionError;
    };

    const Subscription what_;
    std::optional<Result<Expression>> expression_; ///< that of the value, or of the list's head
    std::optional<Result<Expression>> condition_;
    std::vector<std::string> modules_;
    Made made_;                                   ///< what evaluate() has found
    WatchResult result_;                          ///< what was published
    std::shared_ptr<const WatchValue> lastValue_; ///< the last that was published, also before errors
};

/// Makes the value once, outside of any tick, and drops it: what of the types it needs is in memory then. It may take
/// seconds where debug information has to be opened.
void prepare(const Subscription &subscription, const EvalContext &context);

} // namespace ks::live
