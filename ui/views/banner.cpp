#include "ui/views/banner.h"

#include "ui/views/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

namespace ks::ui {

Banner::Banner(QWidget *parent) : QFrame(parent), text_(new QLabel(this)), action_(new QToolButton(this))
{
    setObjectName(QStringLiteral("banner"));
    text_->setObjectName(QStringLiteral("bannerText"));
    text_->setWordWrap(true);
    text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    action_->setObjectName(QStringLiteral("bannerAction"));
    auto *close = new QToolButton(this);
    close->setObjectName(QStringLiteral("bannerClose"));
    close->setText(QStringLiteral("×"));
    close->setToolTip(QStringLiteral("Close this message"));
    close->setAccessibleName(QStringLiteral("Close this message"));

    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 4, 8, 4);
    layout->setSpacing(3 * Theme::kGrid);
    layout->addWidget(text_, 1);
    layout->addWidget(action_);
    layout->addWidget(close);
    connect(action_, &QToolButton::clicked, this, [this] {
        // It may say something else, and so take the place of what runs.
        if (const auto act = act_)
            act();
    });
    connect(close, &QToolButton::clicked, this, &QWidget::hide);

    const auto restyle = [this] {
        const ThemeTokens &tokens = Theme::instance().tokens();
        setStyleSheet(
            QStringLiteral("#banner { background: %1; border-bottom: 1px solid %2; }"
                           "#bannerText { background: transparent; }"
                           "#bannerClose { background: transparent; border: 0; color: %3; padding: 4px 8px; }")
                .arg(Theme::mix(tokens.header, tokens.accent, 0.08).name(), tokens.line.name(), tokens.dim.name()));
    };
    connect(&Theme::instance(), &Theme::changed, this, restyle);
    restyle();
    hide();
}

void Banner::say(const QString &sentence, const QString &action, std::function<void()> act)
{
    act_ = std::move(act);
    text_->setText(sentence);
    action_->setText(action);
    action_->setVisible(!action.isEmpty());
    show();
}

} // namespace ks::ui
