#include "ui/views/watch_panel.h"

#include "ui/views/theme.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QVBoxLayout>

namespace ks::ui {

WatchPanel::WatchPanel(WatchModel *model, QWidget *parent)
    : QWidget(parent),
      model_(model),
      view_(new WatchView(model, this)),
      bar_(new QWidget(this)),
      edit_(new QLineEdit(bar_)),
      footer_(new QLabel(bar_))
{
    setObjectName(QStringLiteral("watchPanel"));
    bar_->setObjectName(QStringLiteral("watchBar"));
    bar_->setAttribute(Qt::WA_StyledBackground);
    edit_->setObjectName(QStringLiteral("watchEdit"));
    edit_->setAccessibleName(QStringLiteral("Expression to watch"));
    edit_->setPlaceholderText(QStringLiteral(
        "Watch an expression: jiffies · init_task.comm · list init_task.tasks, struct task_struct, tasks"));
    edit_->setToolTip(QStringLiteral("A C expression, or a list as its head, the type of its members and the member "
                                     "that links them. Enter adds it."));
    edit_->setMaxLength(static_cast<int>(kMaxExpression));
    footer_->setObjectName(QStringLiteral("watchCost"));
    footer_->setAccessibleName(QStringLiteral("Cost of watching"));

    auto *line = new QHBoxLayout(bar_);
    line->setContentsMargins(0, 0, 3 * Theme::kGrid, 0);
    line->setSpacing(3 * Theme::kGrid);
    line->addWidget(edit_, 1);
    line->addWidget(footer_);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(view_, 1);
    layout->addWidget(bar_);
    setFocusProxy(view_);

    edit_->installEventFilter(this);
    connect(edit_, &QLineEdit::returnPressed, this, &WatchPanel::add);
    connect(&Theme::instance(), &Theme::changed, this, &WatchPanel::restyle);
    restyle();
}

void WatchPanel::restyle()
{
    const ThemeTokens &tokens = Theme::instance().tokens();
    bar_->setStyleSheet(QStringLiteral("#watchBar { background: %1; border-top: 1px solid %2; }"
                                       "#watchEdit { background: transparent; border: 0; padding: 0 6px; }"
                                       "#watchEdit:focus { background: %3; }"
                                       "#watchCost { color: %4; background: transparent; }")
                            .arg(tokens.panel.name(), tokens.line.name(), tokens.background.name(),
                                 (isWarning_ ? Theme::instance().color(SegmentKind::Text) : tokens.dim).name()));
    edit_->setFont(Theme::instance().dataFont());
    edit_->setFixedHeight(QFontMetrics(edit_->font()).height() + 3 * Theme::kGrid);
    footer_->setFont(Theme::instance().smallFont());
}

void WatchPanel::startAdding() { edit_->setFocus(Qt::ShortcutFocusReason); }

void WatchPanel::add()
{
    const QModelIndex current = view_->currentIndex();
    // Into the group that the cursor is in.
    const QModelIndex group = model_->isGroup(current) ? current : current.parent();
    const QModelIndex added = model_->add({edit_->text()}, group);
    if (!added.isValid())
        return;
    edit_->clear();
    view_->setCurrentIndex(added);
    view_->scrollTo(added);
}

void WatchPanel::setFooter(const QString &text, const QString &detail, bool isWarning)
{
    if (footer_->text() != text)
        footer_->setText(text);
    if (footer_->toolTip() != detail)
        footer_->setToolTip(detail);
    if (std::exchange(isWarning_, isWarning) != isWarning)
        restyle();
}

bool WatchPanel::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == edit_ && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        // From the line into the list above it.
        if (key == Qt::Key_Escape || (key == Qt::Key_Up && model_->rowCount() > 0)) {
            view_->setFocus(Qt::OtherFocusReason);
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace ks::ui
