#include "ui/views/dock_title.h"

#include "ui/views/theme.h"

#include <QDockWidget>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

namespace ks::ui {

DockTitle::DockTitle(const QString &title, QDockWidget *dock)
    : QWidget(dock), title_(new QLabel(title, this)), detailLabel_(new QLabel(this))
{
    setObjectName(QStringLiteral("dockTitle"));
    setAttribute(Qt::WA_StyledBackground);
    detailLabel_->setObjectName(QStringLiteral("dockDetail"));
    detailLabel_->setTextFormat(Qt::PlainText);
    detailLabel_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    detailLabel_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    auto *close = new QToolButton(this);
    close->setObjectName(QStringLiteral("dockClose"));
    close->setText(QStringLiteral("×"));
    close->setToolTip(QStringLiteral("Close; the menu brings it back"));
    close->setAccessibleName(QStringLiteral("Close %1").arg(title));
    close->setFocusPolicy(Qt::TabFocus);
    connect(close, &QToolButton::clicked, dock, &QWidget::close);

    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 5, 6, 5);
    layout->setSpacing(2 * Theme::kGrid);
    layout->addWidget(title_);
    layout->addWidget(detailLabel_, 1);
    layout->addWidget(close);
    connect(&Theme::instance(), &Theme::changed, this, &DockTitle::restyle);
    restyle();
}

void DockTitle::restyle()
{
    const ThemeTokens &tokens = Theme::instance().tokens();
    setStyleSheet(
        QStringLiteral("#dockTitle { background: %1; border-bottom: 1px solid %2; }"
                       "#dockTitle QLabel { background: transparent; }"
                       "#dockDetail, #dockClose { color: %3; }"
                       "#dockClose { background: transparent; border: 1px solid transparent; padding: 1px 5px; }"
                       "#dockClose:hover { color: %4; } #dockClose:focus { border-color: %2; }")
            .arg(tokens.panel.name(), tokens.line.name(), tokens.dim.name(), tokens.text.name()));
    QFont font = Theme::instance().uiFont();
    font.setWeight(QFont::DemiBold);
    title_->setFont(font);
    showDetail();
}

void DockTitle::setDetail(const QString &text)
{
    detail_ = text;
    detailLabel_->setToolTip(text);
    showDetail();
}

void DockTitle::showDetail()
{
    detailLabel_->setText(detailLabel_->fontMetrics().elidedText(detail_, Qt::ElideRight, detailLabel_->width()));
}

void DockTitle::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    showDetail();
}

} // namespace ks::ui
