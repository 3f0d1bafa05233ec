#include "ui/views/hex_accessible.h"

#include "ui/models/hex_text.h"
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

QString HexView::spokenCursor() const
{
    QString text = addressText(cursor_);
    if (const QString symbol = target_.symbolText(cursor_); !symbol.isEmpty())
        text += QStringLiteral(", ") + symbol;
    if (const int member = overlay_.memberAt(cursor_); member >= 0)
        text += QStringLiteral(", ") + overlay_.spans()[static_cast<std::size_t>(member)].name;
    const auto byte = content_.at(cursor_);
    if (byte.present())
        text += tr(", byte %1").arg(byte.value, 2, 16, QLatin1Char('0')) +
                (content_.changes().isMarked(cursor_)
                     ? tr(", changed since the %1").arg(displayName(content_.changes().base()))
                     : QString());
    else if (byte.read)
        text += tr(", not readable: %1").arg(QString::fromStdString(byte.state.reason()));
    else if (rows_.at(rows_.rowOf(cursor_)).folded)
        text += QStringLiteral(", ") + QString::fromStdString(describeFold(rows_.at(rows_.rowOf(cursor_))));
    else
        text += tr(", not read yet");
    if (const auto pointer = pointerUnderCursor()) {
        const QString symbol = target_.symbolText(*pointer);
        text += tr(", pointer to %1").arg(symbol.isEmpty() ? addressText(*pointer) : symbol);
    }
    return text;
}

void HexView::announceCursor()
{
    QAccessibleValueChangeEvent event(this, spokenCursor());
    QAccessible::updateAccessibility(&event);
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
