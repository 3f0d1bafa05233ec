#include "core/memory/page_table_entry.h"

namespace ks {
namespace {

constexpr std::uint64_t bit(unsigned number) { return std::uint64_t{1} << number; }

struct Flag {
    std::uint64_t bit;
    std::string_view name;
};
/// Those that mean the same in every entry.
constexpr Flag kFlags[] = {
    {bit(0), "present"}, {bit(1), "rw"},  {bit(2), "user"}, {bit(3), "pwt"},  {bit(4), "pcd"},  {bit(5), "accessed"},
    {bit(6), "dirty"},   {bit(9), "sw1"}, {bit(10), "sw2"}, {bit(11), "sw3"}, {bit(58), "sw4"}, {bit(63), "nx"},
};
/// The highest bit of a frame: RAM never reaches it, an inverted frame always has it.
constexpr std::uint64_t kInverted = bit(51);

bool mayMapPage(unsigned level) { return level >= 1 && level <= 3; }

} // namespace

const char *tableName(unsigned level, unsigned levels)
{
    if (level == levels)
        return "pgd";
    switch (level) {
    case 1: return "pte";
    case 2: return "pmd";
    case 3: return "pud";
    case 4: return "p4d";
    default: return "pgd";
    }
}

TableEntry::Kind TableEntry::kind() const
{
    if (!(value & pte::kPresent))
        return Kind::Absent;
    if (level == 1)
        return Kind::Page;
    if (!(value & pte::kPageSizeBit))
        return Kind::Table;
    return mayMapPage(level) ? Kind::Page : Kind::Damaged;
}

PhysAddr TableEntry::frame() const
{
    const std::uint64_t frame = value & pte::kFrame & ~encryption;
    // Below the frame of a large page lies a bit of its caching mode.
    return PhysAddr(kind() == Kind::Page ? frame & ~(coveredByEntry(level) - 1) : frame);
}

std::vector<std::string_view> TableEntry::flags() const
{
    std::vector<std::string_view> names;
    for (const Flag &flag : kFlags)
        if (value & flag.bit)
            names.push_back(flag.name);
    if (value & pte::kPageSizeBit)
        names.push_back(level == 1 ? "pat" : "pse");
    if (kind() == Kind::Page && level > 1 && (value & bit(12)))
        names.push_back("pat");
    const bool isAbsent = kind() == Kind::Absent;
    if (value & pte::kGlobal)
        names.push_back(isAbsent ? "protnone" : "global"); // Linux has one bit for both (_PAGE_BIT_PROTNONE)
    if (isAbsent && (value & kInverted))
        names.push_back("inverted");
    if (!isAbsent && (value & encryption))
        names.push_back("encrypted");
    return names;
}

} // namespace ks
