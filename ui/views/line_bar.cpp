#include "ui/views/line_bar.h"

#include "ui/views/theme.h"

#include <QHBoxLayout>
#include <QKeyEvent>

#include <utility>

namespace ks::ui {

LineBar::LineBar(QWidget *table, const QString &lineName, const QString &noteName, const QString &title,
                 const QString &hint, QWidget *parent)
    : QWidget(parent), table_(table), line_(new QLineEdit(this)), note_(new QLabel(this))
{
    setObjectName(QStringLiteral("lineBar"));
    setAttribute(Qt::WA_StyledBackground);
    line_->setObjectName(lineName);
    line_->setAccessibleName(title);
    line_->setPlaceholderText(hint);
    line_->installEventFilter(this);
    note_->setObjectName(noteName);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 3 * Theme::kGrid, 0);
    layout->setSpacing(3 * Theme::kGrid);
    layout->addWidget(line_, 1);
    layout->addWidget(note_);
    connect(&Theme::instance(), &Theme::changed, this, &LineBar::restyle);
    restyle();
}

void LineBar::restyle()
{
    const ThemeTokens &tokens = Theme::instance().tokens();
    setStyleSheet(QStringLiteral("#lineBar { background: %1; border-top: 1px solid %2; }"
                                 "QLineEdit { background: transparent; border: 0; padding: 0 6px; }"
                                 "QLineEdit:focus { background: %3; }"
                                 "QLabel { color: %4; background: transparent; }")
                      .arg(tokens.panel.name(), tokens.line.name(), tokens.background.name(),
                           (isWarning_ ? Theme::instance().color(SegmentKind::Text) : tokens.dim).name()));
    line_->setFont(Theme::instance().dataFont());
    line_->setFixedHeight(QFontMetrics(line_->font()).height() + 3 * Theme::kGrid);
    note_->setFont(Theme::instance().smallFont());
}

void LineBar::setNote(const QString &text, const QString &detail, bool isWarning)
{
    if (note_->text() != text)
        note_->setText(text);
    if (note_->toolTip() != detail)
        note_->setToolTip(detail);
    if (std::exchange(isWarning_, isWarning) != isWarning)
        restyle();
}

bool LineBar::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == line_ && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        if (key == Qt::Key_Escape || key == Qt::Key_Up) {
            table_->setFocus(Qt::OtherFocusReason);
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace ks::ui
