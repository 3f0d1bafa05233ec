#include "ui/views/top_bar.h"

#include "ui/views/theme.h"

#include <QAction>
#include <QActionGroup>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QStyleOptionToolButton>
#include <QStylePainter>
#include <QToolButton>

namespace ks::ui {

namespace {

/// A button with its key beside it, as a small keycap.
class KeyButton : public QToolButton {
public:
    KeyButton(QString key, bool wide, QWidget *parent) : QToolButton(parent), key_(std::move(key)), wide_(wide) {}

    QSize sizeHint() const override
    {
        ensurePolished();
        const QFontMetrics metrics(font());
        const int key = QFontMetrics(Theme::instance().smallFont()).horizontalAdvance(key_) + 12;
        return {wide_ ? 360 : metrics.horizontalAdvance(text()) + key + 32, metrics.height() + 11};
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        const ThemeTokens &tokens = Theme::instance().tokens();
        QStylePainter painter(this);
        QStyleOptionToolButton option;
        initStyleOption(&option);
        option.text.clear();
        option.toolButtonStyle = Qt::ToolButtonTextOnly;
        painter.drawComplexControl(QStyle::CC_ToolButton, option);

        painter.setRenderHint(QPainter::Antialiasing);
        const QFont small = Theme::instance().smallFont();
        const QFontMetrics keyMetrics(small);
        const int keyWidth = keyMetrics.horizontalAdvance(key_) + 10;
        QRect inner = rect().adjusted(11, 0, -9, 0);
        const QRectF cap(inner.right() - keyWidth + 1, (height() - keyMetrics.height() - 2) / 2.0, keyWidth,
                         keyMetrics.height() + 2);
        if (cap.left() > inner.left() + 24) {
            painter.setPen(Theme::mix(tokens.line, tokens.dim, 0.3));
            painter.setBrush(tokens.background);
            painter.drawRoundedRect(cap.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
            painter.setPen(tokens.dim);
            painter.setFont(small);
            painter.drawText(cap, Qt::AlignCenter, key_);
            inner.setRight(static_cast<int>(cap.left()) - 8);
        }
        painter.setFont(font());
        painter.setPen(wide_ ? tokens.dim : isEnabled() ? tokens.text : tokens.zero);
        painter.drawText(inner, Qt::AlignLeft | Qt::AlignVCenter,
                         QFontMetrics(font()).elidedText(text(), Qt::ElideRight, inner.width()));
    }

private:
    QString key_;
    bool wide_;
};

QString rateText(double hz) { return QStringLiteral("%1 Hz").arg(hz); }

} // namespace

TopBar::TopBar(QAction *freeze, QAction *palette, QMenu *menu, QWidget *parent)
    : QWidget(parent),
      menuButton_(new QToolButton(this)),
      name_(new QLabel(this)),
      pulseLabel_(new QLabel(this)),
      facts_(new QLabel(this)),
      rate_(new QToolButton(this)),
      freezeButton_(new KeyButton(QStringLiteral("Space"), false, this)),
      palette_(new KeyButton(QStringLiteral("Ctrl P"), true, this)),
      layout_(new QHBoxLayout(this))
{
    setObjectName(QStringLiteral("topBar"));
    setAttribute(Qt::WA_StyledBackground);
    menuButton_->setObjectName(QStringLiteral("menuButton"));
    menuButton_->setText(QStringLiteral("☰"));
    menuButton_->setToolTip(QStringLiteral("Menu (F10)"));
    menuButton_->setAccessibleName(QStringLiteral("Menu"));
    menuButton_->setMenu(menu);
    menuButton_->setPopupMode(QToolButton::InstantPopup);
    name_->setObjectName(QStringLiteral("targetName"));
    pulseLabel_->setObjectName(QStringLiteral("pulse"));
    facts_->setObjectName(QStringLiteral("facts"));

    auto *rates = new QMenu(this);
    auto *group = new QActionGroup(rates);
    for (const double hz : kRates) {
        QAction *action = rates->addAction(rateText(hz));
        action->setCheckable(true);
        action->setData(hz);
        group->addAction(action);
        connect(action, &QAction::triggered, this, [this, hz] { Q_EMIT rateChosen(hz); });
    }
    rate_->setObjectName(QStringLiteral("rate"));
    rate_->setMenu(rates);
    rate_->setPopupMode(QToolButton::InstantPopup);
    rate_->setToolTip(QStringLiteral("How often what is visible is read again"));
    rate_->setAccessibleName(QStringLiteral("Refresh rate"));

    freezeButton_->setObjectName(QStringLiteral("freeze"));
    freezeButton_->setDefaultAction(freeze);
    palette_->setObjectName(QStringLiteral("paletteField"));
    palette_->setText(QStringLiteral("Go to symbol, type, address or C expression"));
    palette_->setToolTip(palette->toolTip());
    palette_->setAccessibleName(QStringLiteral("Go to"));
    palette_->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    palette_->setMinimumWidth(120);
    connect(palette_, &QToolButton::clicked, palette, &QAction::trigger);
    for (QToolButton *button : {menuButton_, rate_, freezeButton_, palette_})
        button->setFocusPolicy(Qt::TabFocus);

    layout_->setContentsMargins(8, 6, 12, 6);
    layout_->setSpacing(3 * Theme::kGrid);
    layout_->addWidget(menuButton_);
    layout_->addWidget(name_);
    layout_->addWidget(pulseLabel_);
    layout_->addWidget(facts_);
    layout_->addSpacing(Theme::kGrid);
    layout_->addWidget(rate_);
    layout_->addWidget(freezeButton_);
    layout_->addStretch(1);
    layout_->addWidget(palette_, 2);
    palette_->setMaximumWidth(420);

    connect(&Theme::instance(), &Theme::changed, this, &TopBar::restyle);
    restyle();
    setTarget(nullptr, false);
}

void TopBar::restyle()
{
    const ThemeTokens &tokens = Theme::instance().tokens();
    setStyleSheet(
        QStringLiteral("#topBar { background: %1; border-bottom: 1px solid %2; }"
                       "#topBar QLabel { background: transparent; }"
                       "#facts { color: %3; }"
                       "#menuButton { background: transparent; border: 1px solid transparent; padding: 4px 8px; }"
                       "#menuButton:focus, #menuButton:hover { border-color: %2; }"
                       "#paletteField { background: %4; }")
            .arg(tokens.header.name(), tokens.line.name(), tokens.dim.name(), tokens.background.name()));
    QFont font = Theme::instance().uiFont();
    font.setWeight(QFont::DemiBold);
    name_->setFont(font);
    updatePulse();
}

void TopBar::addButton(QAction *action, const QString &text)
{
    auto *button = new QToolButton(this);
    button->setText(text);
    button->setToolTip(action->toolTip());
    button->setAccessibleName(action->text().remove(QLatin1Char('&')).remove(QStringLiteral("…")));
    button->setFocusPolicy(Qt::TabFocus);
    button->hide();
    connect(button, &QToolButton::clicked, action, &QAction::trigger);
    layout_->insertWidget(layout_->indexOf(buttons_.isEmpty() ? freezeButton_ : buttons_.last()) + 1, button);
    buttons_ << button;
}

void TopBar::setTarget(const Session *session, bool demo)
{
    demo_ = demo;
    const bool open = session != nullptr;
    for (QWidget *widget : {static_cast<QWidget *>(rate_), static_cast<QWidget *>(freezeButton_)})
        widget->setVisible(open && session->hasMemory() && session->memory().isLive());
    for (QToolButton *button : buttons_)
        button->setVisible(open && session->hasMemory());
    palette_->setEnabled(open);
    if (!open) {
        name_->setText(QStringLiteral("Kernoscope"));
        facts_->clear();
        setPulse(Pulse::None);
        return;
    }
    const KernelInfo &info = session->info();
    name_->setText(info.release.empty() ? QStringLiteral("Linux")
                                        : QStringLiteral("Linux %1").arg(QString::fromStdString(info.release)));
    QStringList facts;
    if (info.kaslrOffset)
        facts << (*info.kaslrOffset ? QStringLiteral("KASLR +%1").arg(QString::fromStdString(hex(*info.kaslrOffset)))
                                    : QStringLiteral("no KASLR"));
    if (info.pageLevels)
        facts << QStringLiteral("%1 levels").arg(*info.pageLevels);
    if (const TypeSource *types = session->types())
        facts << QString::fromUtf8(types->format().data(), static_cast<qsizetype>(types->format().size())) +
                     (info.typesPending.empty()
                          ? QString()
                          : QStringLiteral(" (%1 to come)")
                                .arg(QString::fromStdString(info.typesPending.substr(0, info.typesPending.find(' ')))));
    else
        facts << QStringLiteral("no types");
    facts_->setText(facts.join(QStringLiteral(" · ")));
    QStringList tips;
    const auto tip = [&](const char *what, const std::string &value) {
        if (!value.empty())
            tips << QStringLiteral("%1: %2").arg(QLatin1String(what), QString::fromStdString(value));
    };
    tip("build-id", info.buildId);
    tip("architecture", info.architecture);
    tip("symbols from", info.symbolsFrom);
    tip("types from", info.typesFrom);
    tip("command line", info.commandLine);
    facts_->setToolTip(tips.join(QLatin1Char('\n')));
    name_->setToolTip(facts_->toolTip());
}

void TopBar::setPulse(Pulse pulse, const QString &detail)
{
    if (pulse == pulse_ && detail == pulseDetail_)
        return;
    pulse_ = pulse;
    pulseDetail_ = detail;
    updatePulse();
}

void TopBar::updatePulse()
{
    const ThemeTokens &tokens = Theme::instance().tokens();
    QColor color = tokens.dim;
    QString text;
    switch (pulse_) {
    case Pulse::None: break;
    case Pulse::Live:
        color = tokens.good;
        text = QStringLiteral("live");
        break;
    case Pulse::Frozen:
        color = tokens.accent;
        text = QStringLiteral("frozen");
        break;
    case Pulse::Still: text = QStringLiteral("saved"); break;
    case Pulse::Lost:
        color = Theme::instance().color(SegmentKind::Text);
        text = QStringLiteral("lost");
        break;
    }
    if (!text.isEmpty() && !pulseDetail_.isEmpty())
        text += QStringLiteral(" · ") + pulseDetail_;
    pulseLabel_->setText(
        text.isEmpty()
            ? QString()
            : QStringLiteral("<span style='color:%1'>●</span>&nbsp; %2").arg(color.name(), text.toHtmlEscaped()));
    pulseLabel_->setAccessibleName(text);
    pulseLabel_->setVisible(!text.isEmpty());
}

void TopBar::setRate(double hz)
{
    rate_->setText(QStringLiteral("%1 ▾").arg(rateText(hz)));
    for (QAction *action : rate_->menu()->actions())
        action->setChecked(action->data().toDouble() == hz);
}

void TopBar::openMenu() { menuButton_->showMenu(); }

void TopBar::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    // On a narrow window the facts go first; they stay in the tooltip of the name.
    facts_->setVisible(width() > 900);
}

} // namespace ks::ui
