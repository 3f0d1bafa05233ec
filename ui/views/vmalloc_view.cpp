#include "ui/views/vmalloc_view.h"

#include "ui/views/theme.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QMenu>

namespace ks::ui {

VmallocView::VmallocView(VmallocModel *model, QWidget *parent)
    : TableView(
          QStringLiteral("vmalloc"), QStringLiteral("Areas of vmalloc"),
          [](const QModelIndex &index) {
              const ThemeTokens &tokens = Theme::instance().tokens();
              switch (index.column()) {
              case VmallocModel::StartColumn: return tokens.accent;
              case VmallocModel::SizeColumn:
              case VmallocModel::PagesColumn:
              case VmallocModel::CallerColumn: return tokens.text;
              default: return tokens.dim;
              }
          },
          parent),
      model_(model)
{
    setEmptyText(QStringLiteral("Nothing is mapped in vmalloc, or the kernel's types do not tell what is."));
    sorted_.setSourceModel(model);
    sorted_.setSortRole(VmallocModel::SortRole);
    setModel(&sorted_);
    setSortingEnabled(true);
    sortByColumn(VmallocModel::StartColumn, Qt::AscendingOrder);
    connect(this, &TableView::rowChosen, this,
            [this](const QModelIndex &index) { Q_EMIT addressChosen(areaAt(index).range.first); });
}

const kernel::VmapArea &VmallocView::areaAt(const QModelIndex &index) const
{
    return model_->at(sorted_.mapToSource(index).row());
}

void VmallocView::addActions(QMenu &menu, const QModelIndex &index)
{
    const kernel::VmapArea &area = areaAt(index);
    menu.addAction(QStringLiteral("&Go there"), this,
                   [this, start = area.range.first] { Q_EMIT addressChosen(start); });
    if (area.vm.value != 0)
        menu.addAction(QStringLiteral("&Inspect its struct vm_struct"), this,
                       [this, vm = area.vm] { Q_EMIT structChosen(vm); });
    if (area.caller.value != 0)
        menu.addAction(QStringLiteral("Go to the &code that mapped it"), this,
                       [this, caller = area.caller] { Q_EMIT addressChosen(caller); });
    menu.addAction(QStringLiteral("&Copy its address"), this, [start = area.range.first] {
        QGuiApplication::clipboard()->setText(QString::fromStdString(hex(start)));
    });
}

void VmallocView::fitColumns()
{
    const int character = QFontMetrics(Theme::instance().dataFont()).horizontalAdvance(u'0');
    static constexpr int kWidths[] = {22, 12, 10, 28, 18}; // in characters; who mapped it gets the rest
    for (int column = 0; column < static_cast<int>(std::size(kWidths)); ++column)
        header()->resizeSection(column, kWidths[column] * character + 20);
}

} // namespace ks::ui
