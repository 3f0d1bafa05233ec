#include "ui/views/hex_accessible.h"

#include "ui/views/hex_view.h"

namespace ks::ui {

HexAccessible::HexAccessible(HexView *view) : QAccessibleWidget(view, QAccessible::EditableText) {}

QAccessible::State HexAccessible::state() const
{
    QAccessible::State state = QAccessibleWidget::state();
    state.readOnly = true;
    return state;
}

QString HexAccessible::text(QAccessible::Text kind) const
{
    const auto *view = static_cast<const HexView *>(object());
    if (kind == QAccessible::Value)
        return view->spokenCursor();
    return QAccessibleWidget::text(kind);
}

void installHexAccessibility()
{
    static const bool installed = [] {
        QAccessible::installFactory([](const QString &, QObject *object) -> QAccessibleInterface * {
            auto *view = qobject_cast<HexView *>(object);
            return view ? new HexAccessible(view) : nullptr;
        });
        return true;
    }();
    Q_UNUSED(installed);
}

} // namespace ks::ui
