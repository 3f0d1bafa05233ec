// Any text as a type name. What is accepted is spelled, and its spelling is accepted again and means the same.
#include "core/types/type_source.h"
#include "tests/support/fake_types.h"

#include <cstdint>

namespace {

const ks::test::FakeTypes &knownTypes()
{
    static const auto types = [] {
        auto made = std::make_unique<ks::test::FakeTypes>();
        made->structure("s").member("a", made->base("int"));
        made->unionType("u").member("a", made->base("int"));
        made->enumeration("e", {{"A", 1}});
        made->typedefOf("t", made->base("long unsigned int"));
        return made;
    }();
    return *types;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    const auto type = ks::parseTypeName(knownTypes(), text);
    if (!type)
        return 0;
    const std::string spelling = type->spelling();
    const auto again = ks::parseTypeName(knownTypes(), spelling);
    if (!again || again->spelling() != spelling || again->size() != type->size())
        __builtin_trap();
    return 0;
}
