// How the window looks: colours, fonts and spacing, in one place. Views paint with Theme::tokens() and never name a
// colour of their own.
#pragma once

#include "core/memory/segment_map.h"

#include <QColor>
#include <QFont>
#include <QObject>

class QApplication;

namespace ks::ui {

enum class ThemeMode { System, Dark, Light };

struct ThemeTokens {
    bool dark = true;
    QColor background; ///< of content: hex, text, tables
    QColor panel;      ///< of docks
    QColor header;     ///< of bars and titles
    QColor line;       ///< between parts
    QColor text;
    QColor dim;    ///< names beside values, prefixes, stale data
    QColor zero;   ///< zero bytes
    QColor accent; ///< links and pointers
    QColor change; ///< change, and nothing else
    QColor string;
    QColor field; ///< member names
    QColor selection;
    QColor good; ///< the live lamp
};

/// The theme of the application. One instance; GUI thread only.
class Theme : public QObject {
    Q_OBJECT
public:
    static Theme &instance();

    /// Takes the application over: style, palette, style sheet. Call once, after QApplication was made.
    void install(QApplication &application);

    const ThemeTokens &tokens() const { return tokens_; }
    ThemeMode mode() const { return mode_; }
    void setMode(ThemeMode mode);
    bool isDark() const { return tokens_.dark; }

    /// One colour for a kind of segment, everywhere.
    QColor color(SegmentKind kind) const;
    /// A colour of the tokens mixed into another one; `amount` of `over` from 0 to 1.
    static QColor mix(const QColor &under, const QColor &over, qreal amount);

    /// For text of the interface; the platform's own unless setFonts named another one.
    QFont uiFont() const;
    QFont smallFont() const;
    /// For bytes, addresses, names and values: fixed pitch.
    QFont dataFont() const;
    /// Families and point sizes that replace the platform's; empty or 0 keeps it.
    void setFonts(const QString &uiFamily, const QString &dataFamily, qreal pointSize = 0);

    /// The grid: every distance is a multiple of it. Device-independent pixels.
    static constexpr int kGrid = 4;

Q_SIGNALS:
    /// Colours or fonts changed; views repaint.
    void changed();

private:
    Theme();
    void apply();
    bool systemIsDark() const;

    QApplication *application_ = nullptr;
    ThemeTokens tokens_;
    ThemeMode mode_ = ThemeMode::System;
    bool systemDark_ = false;
    QString uiFamily_;
    QString dataFamily_;
    qreal pointSize_ = 0;
};

/// "Text", "Direct map", ... as the docks and the provenance line call a kind.
QString displayName(SegmentKind kind);

} // namespace ks::ui
