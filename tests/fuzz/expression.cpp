// The expression parser and evaluator, and the formatter on what they give, over a kernel of a few objects.
#include "core/values/expression.h"
#include "core/values/format.h"
#include "tests/support/tiny_kernel.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static const ks::test::TinyKernel kernel;
    static const ks::EvalContext context = [] {
        auto made = kernel.context();
        made.variables.emplace("a", *ks::evaluate(made, "init_task.tasks.next"));
        made.variables.emplace("t", *ks::evaluate(made, "init_task"));
        return made;
    }();
    const auto value = ks::evaluate(context, {reinterpret_cast<const char *>(data), size});
    if (!value) {
        if (value.error().message().empty())
            std::abort();
        return 0;
    }
    const auto line = ks::summarize(context, *value, {.depth = 3, .elements = 8});
    const auto lines = ks::formatValue(context, *value, {.depth = 3, .elements = 8});
    if (line.empty() || lines.empty() || line.find('\n') != std::string::npos)
        std::abort();
    return 0;
}
