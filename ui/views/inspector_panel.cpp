#include "ui/views/inspector_panel.h"

#include "ui/views/theme.h"

#include <QLabel>
#include <QVBoxLayout>

namespace ks::ui {

InspectorPanel::InspectorPanel(StructTreeModel *model, QWidget *parent)
    : QWidget(parent), hint_(new QLabel(this)), tree_(new StructTreeView(model, this)), layout_(new QVBoxLayout(this))
{
    setObjectName(QStringLiteral("inspector"));
    setBusy(false);
    hint_->setWordWrap(true);
    hint_->setMargin(12);
    layout_->setContentsMargins(0, 0, 0, 0);
    layout_->setSpacing(0);
    layout_->addWidget(hint_);
    layout_->addWidget(tree_, 1);

    connect(model, &QAbstractItemModel::modelReset, this, &InspectorPanel::updateHint);
    connect(&Theme::instance(), &Theme::changed, this, &InspectorPanel::restyle);
    restyle();
    updateHint();
}

void InspectorPanel::restyle()
{
    hint_->setStyleSheet(QStringLiteral("color: %1").arg(Theme::instance().tokens().dim.name()));
}

void InspectorPanel::updateHint() { hint_->setVisible(tree_->model()->rowCount() == 0); }

void InspectorPanel::setSubject(const QString &type, const QString &name)
{
    subject_ = name.isEmpty() ? type : QStringLiteral("%1 @ %2").arg(type, name);
    Q_EMIT subjectChanged(subject_);
}

void InspectorPanel::setBusy(bool busy)
{
    hint_->setText(busy ? QStringLiteral("Looking at the types…")
                        : QStringLiteral("Press Ctrl+P and type a name, for instance init_task."));
}

void InspectorPanel::setFooter(QWidget *widget)
{
    widget->setParent(this);
    layout_->addWidget(widget);
}

} // namespace ks::ui
