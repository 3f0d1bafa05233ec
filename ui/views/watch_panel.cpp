#include "ui/views/watch_panel.h"

#include <QVBoxLayout>

namespace ks::ui {

WatchPanel::WatchPanel(WatchModel *model, QWidget *parent)
    : QWidget(parent),
      model_(model),
      view_(new WatchView(model, this)),
      bar_(new LineBar(view_, QStringLiteral("watchEdit"), QStringLiteral("watchCost"),
                       QStringLiteral("Expression to watch"),
                       QStringLiteral("Watch an expression: jiffies · init_task.comm · list init_task.tasks, struct "
                                      "task_struct, tasks"),
                       this))
{
    setObjectName(QStringLiteral("watchPanel"));
    edit()->setToolTip(QStringLiteral("A C expression, or a list as its head, the type of its members and the member "
                                      "that links them. Enter adds it."));
    edit()->setMaxLength(static_cast<int>(kMaxExpression));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(view_, 1);
    layout->addWidget(bar_);
    setFocusProxy(view_);
    connect(edit(), &QLineEdit::returnPressed, this, &WatchPanel::add);
}

void WatchPanel::startAdding() { edit()->setFocus(Qt::ShortcutFocusReason); }

void WatchPanel::add()
{
    const QModelIndex current = view_->currentIndex();
    // Into the group that the cursor is in.
    const QModelIndex group = model_->isGroup(current) ? current : current.parent();
    const QModelIndex added = model_->add({edit()->text()}, group);
    if (!added.isValid())
        return;
    edit()->clear();
    view_->setCurrentIndex(added);
    view_->scrollTo(added);
}

} // namespace ks::ui
