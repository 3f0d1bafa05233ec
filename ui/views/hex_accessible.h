// The hex view for screen readers: it speaks the cursor's address, symbol, member and value.
#pragma once

#include <QAccessible>
#include <QAccessibleWidget>

namespace ks::ui {

class HexView;

class HexAccessible : public QAccessibleWidget {
public:
    explicit HexAccessible(HexView *view);
    QAccessible::State state() const override;
    QString text(QAccessible::Text kind) const override;
};

/// Tells Qt how to make the interface; harmless when called again.
void installHexAccessibility();

} // namespace ks::ui
