#include "ui/models/page_steps.h"

#include "core/base/units.h"

#include <QStringList>

#include <algorithm>

namespace ks::ui {

namespace {

QString flagsOf(const TableEntry &entry)
{
    QStringList flags;
    for (const std::string_view flag : entry.flags())
        flags << QString::fromLatin1(flag.data(), static_cast<qsizetype>(flag.size()));
    return flags.join(QLatin1Char(' '));
}

/// What a reader wants to know first: may it be written, executed, reached by programs?
QString rightsOf(const Translation &page)
{
    bool writable = true, user = true, executable = true;
    for (const TableStep &step : page.steps) {
        const auto flags = step.entry.flags();
        const auto has = [&](std::string_view flag) { return std::ranges::find(flags, flag) != flags.end(); };
        // Each level may take a right away (Intel SDM volume 3, 4.6).
        writable = writable && has("rw");
        user = user && has("user");
        executable = executable && !has("nx");
    }
    return QStringLiteral("r") + QLatin1Char(writable ? 'w' : '-') + QLatin1Char(executable ? 'x' : '-') +
           (user ? QStringLiteral(" user") : QString());
}

} // namespace

std::vector<ProvenanceStep> pageSteps(const Translation &page, bool tellsPhysical)
{
    std::vector<ProvenanceStep> steps;
    if (page.pageSize == 0 || !page.phys)
        return steps;
    if (tellsPhysical)
        steps.push_back({.text = QStringLiteral("phys ") + QString::fromStdString(hex(*page.phys))});
    QStringList levels;
    for (const TableStep &step : page.steps)
        levels << QStringLiteral("%1  0x%2  %3")
                      .arg(QLatin1String(step.name))
                      .arg(step.entry.value, 16, 16, QLatin1Char('0'))
                      .arg(flagsOf(step.entry));
    steps.push_back({.text = rightsOf(page) + QStringLiteral(" · ") + sizeText(page.pageSize),
                     .toolTip = levels.join(QLatin1Char('\n'))});
    return steps;
}

bool PageFacts::tells(VirtAddr address) const
{
    if (!isOfPage(address) || !slab || address == asked)
        return isOfPage(address);
    return slab->isObject && address >= slab->address && address - slab->address < slab->size;
}

std::vector<ProvenanceStep> PageFacts::stepsAt(VirtAddr address) const
{
    if (!isOfPage(address))
        return {};
    std::vector<ProvenanceStep> all;
    if (slab && tells(address)) {
        ProvenanceStep &step = all.emplace_back();
        step.text = QStringLiteral("slab ") + QString::fromStdString(slab->name);
        if (slab->isObject) {
            step.text += QLatin1Char('+') + QString::fromStdString(hex(std::uint64_t{address - slab->address}));
            step.toolTip = QStringLiteral("object %1 of its slab, %2 bytes at %3")
                               .arg(slab->index)
                               .arg(slab->size)
                               .arg(addressText(slab->address));
            step.link = slab->address;
        }
    }
    // A slab is told by its object.
    if (use && use->kind != kernel::PageKind::Unknown && use->kind != kernel::PageKind::Slab) {
        ProvenanceStep &step = all.emplace_back();
        step.text = QString::fromLatin1(kernel::name(use->kind));
        step.toolTip =
            QStringLiteral("what the page is used for, as struct page at %1 says").arg(addressText(use->page));
        step.link = use->page;
    }
    all.insert(all.end(), steps.begin(), steps.end());
    return all;
}

} // namespace ks::ui
