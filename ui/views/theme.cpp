#include "ui/views/theme.h"

#include "ui/views/theme_style.h"

#include <QApplication>
#include <QFontDatabase>
#include <QFontInfo>
#include <QGuiApplication>
#include <QPalette>
#include <QStyleHints>
#include <QToolTip>

namespace ks::ui {

namespace {

ThemeTokens darkTokens()
{
    return {.dark = true,
            .background = QColor(0x16181d),
            .panel = QColor(0x1b1e24),
            .header = QColor(0x20242c),
            .line = QColor(0x2a2e37),
            .text = QColor(0xd6d9e0),
            .dim = QColor(0x7d8594),
            .zero = QColor(0x4a515e),
            .accent = QColor(0x58a6ff),
            .change = QColor(0xffb454),
            .string = QColor(0x9ece6a),
            .field = QColor(0x7dcfff),
            .selection = QColor(0x24405f),
            .good = QColor(0x3fb950)};
}

ThemeTokens lightTokens()
{
    return {.dark = false,
            .background = QColor(0xffffff),
            .panel = QColor(0xf6f7f9),
            .header = QColor(0xeceff3),
            .line = QColor(0xdfe3e8),
            .text = QColor(0x1f2328),
            .dim = QColor(0x68717d),
            .zero = QColor(0xb8bfc8),
            .accent = QColor(0x0a5fd1),
            .change = QColor(0xb35900),
            .string = QColor(0x1a7f37),
            .field = QColor(0x0b6a8a),
            .selection = QColor(0xd7e7ff),
            .good = QColor(0x2da44e)};
}

QPalette paletteOf(const ThemeTokens &t)
{
    QPalette p;
    p.setColor(QPalette::Window, t.panel);
    p.setColor(QPalette::WindowText, t.text);
    p.setColor(QPalette::Base, t.background);
    p.setColor(QPalette::AlternateBase, t.panel);
    p.setColor(QPalette::Text, t.text);
    p.setColor(QPalette::PlaceholderText, t.dim);
    p.setColor(QPalette::Button, t.header);
    p.setColor(QPalette::ButtonText, t.text);
    p.setColor(QPalette::BrightText, t.change);
    p.setColor(QPalette::Highlight, t.selection);
    p.setColor(QPalette::HighlightedText, t.text);
    p.setColor(QPalette::Link, t.accent);
    p.setColor(QPalette::LinkVisited, t.accent);
    p.setColor(QPalette::ToolTipBase, t.header);
    p.setColor(QPalette::ToolTipText, t.text);
    p.setColor(QPalette::Light, Theme::mix(t.header, t.text, 0.12));
    p.setColor(QPalette::Midlight, t.header);
    p.setColor(QPalette::Mid, t.line);
    p.setColor(QPalette::Dark, t.line);
    p.setColor(QPalette::Shadow, t.background);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, t.zero);
    return p;
}

} // namespace

Theme::Theme() : tokens_(darkTokens()) {}

Theme &Theme::instance()
{
    static Theme theme;
    return theme;
}

void Theme::install(QApplication &application)
{
    application_ = &application;
    // Before Qt 6.5 nobody says which scheme the system has; the palette that the platform gave tells.
    const QPalette palette = QGuiApplication::palette();
    systemDark_ = palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness();
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, this, [this] {
        if (mode_ == ThemeMode::System)
            apply();
    });
#endif
    application.setStyle(new ThemeStyle);
    apply();
}

bool Theme::systemIsDark() const
{
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    const Qt::ColorScheme scheme = QGuiApplication::styleHints()->colorScheme();
    if (scheme != Qt::ColorScheme::Unknown)
        return scheme == Qt::ColorScheme::Dark;
#endif
    return systemDark_;
}

void Theme::setMode(ThemeMode mode)
{
    mode_ = mode;
    apply();
}

void Theme::setFonts(const QString &uiFamily, const QString &dataFamily, qreal pointSize)
{
    uiFamily_ = uiFamily;
    dataFamily_ = dataFamily;
    pointSize_ = pointSize;
    apply();
}

void Theme::apply()
{
    const bool dark = mode_ == ThemeMode::Dark || (mode_ == ThemeMode::System && systemIsDark());
    tokens_ = dark ? darkTokens() : lightTokens();
    if (application_) {
        const QPalette palette = paletteOf(tokens_);
        QApplication::setPalette(palette);
        QToolTip::setPalette(palette);
        if (!uiFamily_.isEmpty() || pointSize_ > 0)
            QApplication::setFont(uiFont());
        application_->setStyleSheet(themeStyleSheet(tokens_));
    }
    Q_EMIT changed();
}

QColor Theme::mix(const QColor &under, const QColor &over, qreal amount)
{
    const auto channel = [amount](float a, float b) { return static_cast<float>(a + (b - a) * amount); };
    return QColor::fromRgbF(channel(under.redF(), over.redF()), channel(under.greenF(), over.greenF()),
                            channel(under.blueF(), over.blueF()), channel(under.alphaF(), over.alphaF()));
}

QColor Theme::color(SegmentKind kind) const
{
    const bool dark = tokens_.dark;
    switch (kind) {
    case SegmentKind::Text: return QColor(dark ? 0xf7768e : 0xb3263e);
    case SegmentKind::Modules: return QColor(dark ? 0xbb9af7 : 0x6b3fc0);
    case SegmentKind::Vmalloc: return QColor(dark ? 0x7aa2f7 : 0x1f4fbf);
    case SegmentKind::DirectMap: return QColor(dark ? 0x9ece6a : 0x2a7a1f);
    case SegmentKind::Vmemmap: return QColor(dark ? 0xe0af68 : 0x8a5a00);
    case SegmentKind::Vsyscall:
    case SegmentKind::Other: break;
    }
    return tokens_.dim;
}

QFont Theme::uiFont() const
{
    QFont font = QApplication::font();
    if (!uiFamily_.isEmpty())
        font.setFamilies({uiFamily_});
    if (pointSize_ > 0)
        font.setPointSizeF(pointSize_);
#if QT_VERSION >= QT_VERSION_CHECK(6, 7, 0)
    font.setFeature("tnum", 1);
#endif
    return font;
}

QFont Theme::smallFont() const
{
    QFont font = uiFont();
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * 0.9);
    return font;
}

QFont Theme::dataFont() const
{
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    if (!dataFamily_.isEmpty())
        font.setFamilies({dataFamily_});
    font.setStyleHint(QFont::Monospace);
    font.setFixedPitch(true);
    // Ligatures would move the columns: "->" and "!=" are two characters here.
    font.setKerning(false);
    if (pointSize_ > 0)
        font.setPointSizeF(pointSize_);
    else if (QApplication::font().pointSizeF() > 0)
        font.setPointSizeF(QApplication::font().pointSizeF());
    return font;
}

QString displayName(SegmentKind kind)
{
    switch (kind) {
    case SegmentKind::Text: return QStringLiteral("text");
    case SegmentKind::DirectMap: return QStringLiteral("direct map");
    case SegmentKind::Vmalloc: return QStringLiteral("vmalloc");
    case SegmentKind::Modules: return QStringLiteral("modules");
    case SegmentKind::Vmemmap: return QStringLiteral("vmemmap");
    case SegmentKind::Vsyscall: return QStringLiteral("vsyscall");
    case SegmentKind::Other: break;
    }
    return QStringLiteral("other");
}

} // namespace ks::ui
