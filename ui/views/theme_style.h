// The parts of the look that Qt draws: a proxy over Fusion and a style sheet. Used by Theme alone.
#pragma once

#include "ui/views/theme.h"

#include <QProxyStyle>
#include <QString>

namespace ks::ui {

/// Fusion with quiet branch marks, no focus rectangles around rows and tight frames.
class ThemeStyle : public QProxyStyle {
public:
    ThemeStyle();
    void drawPrimitive(PrimitiveElement element, const QStyleOption *option, QPainter *painter,
                       const QWidget *widget) const override;
    int pixelMetric(PixelMetric metric, const QStyleOption *option, const QWidget *widget) const override;
    int styleHint(StyleHint hint, const QStyleOption *option, const QWidget *widget,
                  QStyleHintReturn *result) const override;
};

QString themeStyleSheet(const ThemeTokens &tokens);

} // namespace ks::ui
