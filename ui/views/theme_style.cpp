#include "ui/views/theme_style.h"

#include <QPainter>
#include <QPainterPath>
#include <QStyleFactory>
#include <QStyleOption>

namespace ks::ui {

ThemeStyle::ThemeStyle() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}

void ThemeStyle::drawPrimitive(PrimitiveElement element, const QStyleOption *option, QPainter *painter,
                               const QWidget *widget) const
{
    switch (element) {
    case PE_IndicatorBranch: {
        if (!(option->state & State_Children))
            return;
        const QPointF centre = QRectF(option->rect).center();
        QPainterPath mark;
        if (option->state & State_Open) {
            mark.moveTo(centre + QPointF(-3.5, -2));
            mark.lineTo(centre + QPointF(3.5, -2));
            mark.lineTo(centre + QPointF(0, 2.5));
        } else {
            mark.moveTo(centre + QPointF(-2, -3.5));
            mark.lineTo(centre + QPointF(-2, 3.5));
            mark.lineTo(centre + QPointF(2.5, 0));
        }
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->fillPath(mark, Theme::instance().tokens().dim);
        painter->restore();
        return;
    }
    case PE_FrameTabBarBase: return; // the tabs' own borders are enough
    case PE_FrameFocusRect:
        // The row's selection shows where the focus is.
        if (widget && widget->inherits("QAbstractItemView"))
            return;
        break;
    default: break;
    }
    QProxyStyle::drawPrimitive(element, option, painter, widget);
}

int ThemeStyle::pixelMetric(PixelMetric metric, const QStyleOption *option, const QWidget *widget) const
{
    switch (metric) {
    case PM_DockWidgetSeparatorExtent:
    case PM_SplitterWidth: return 1;
    case PM_TreeViewIndentation: return 16;
    case PM_TabBarTabShiftVertical:
    case PM_TabBarTabShiftHorizontal:
    case PM_TabBarBaseOverlap: return 0;
    default: return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

int ThemeStyle::styleHint(StyleHint hint, const QStyleOption *option, const QWidget *widget,
                          QStyleHintReturn *result) const
{
    switch (hint) {
    case SH_ToolTip_WakeUpDelay: return 400;
    case SH_ItemView_ShowDecorationSelected: return 1;
    case SH_DialogButtonBox_ButtonsHaveIcons: return 0;
    default: return QProxyStyle::styleHint(hint, option, widget, result);
    }
}

QString themeStyleSheet(const ThemeTokens &t)
{
    QString sheet = QStringLiteral(R"(
QMainWindow, QDialog { background: @panel; }
QMainWindow::separator { background: @line; width: 1px; height: 1px; }
QSplitter::handle { background: @line; }
QToolBar { background: @header; border: 0; border-bottom: 1px solid @line; spacing: 8px; padding: 4px 12px; }
QToolBar::separator { background: transparent; width: 8px; }
QStatusBar { background: @header; border-top: 1px solid @line; color: @dim; }
QStatusBar::item { border: 0; }
QStatusBar QLabel { color: @dim; padding: 0 8px; }
QDockWidget { color: @text; font-weight: 600; }
QDockWidget::title { background: @panel; padding: 8px 12px; border-bottom: 1px solid @line; }
QTabWidget::pane { border: 0; }
QTabBar { background: @panel; }
QTabBar::tab { background: @panel; color: @dim; padding: 8px 16px; border: 0; border-right: 1px solid @line;
  border-bottom: 1px solid @line; }
QTabBar::tab:hover { color: @text; }
QTabBar::tab:selected { background: @background; color: @text; border-bottom: 2px solid @accent; }
QAbstractScrollArea { border: 0; }
QAbstractScrollArea::corner { background: transparent; border: 0; }
QTreeView, QTableView, QListView { background: @panel; color: @text; selection-background-color: @selection;
  selection-color: @text; outline: 0; border: 0; }
QTreeView::item, QListView::item { padding: 2px 0; border: 0; }
QTreeView::item:hover, QListView::item:hover { background: @hover; }
QTreeView::item:selected, QListView::item:selected { background: @selection; color: @text; }
QHeaderView { background: @panel; border: 0; }
QHeaderView::section { background: @panel; color: @dim; border: 0; padding: 4px 8px; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: @handle; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::handle:hover { background: @dim; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QLineEdit { background: @background; color: @text; border: 1px solid @line; border-radius: 4px; padding: 4px 8px;
  selection-background-color: @selection; selection-color: @text; }
QLineEdit:focus { border-color: @accent; }
QToolButton, QPushButton { background: @button; color: @text; border: 1px solid @line; border-radius: 4px;
  padding: 4px 12px; }
QToolButton:hover, QPushButton:hover { background: @hover; }
QToolButton:checked, QToolButton:pressed, QPushButton:pressed, QPushButton:default { background: @selection; }
QToolButton:focus, QPushButton:focus { border-color: @accent; }
QToolButton:disabled, QPushButton:disabled { color: @zero; }
QToolButton::menu-indicator { image: none; }
QMenu { background: @header; color: @text; border: 1px solid @line; padding: 4px 0; }
QMenu::item { padding: 4px 24px 4px 16px; }
QMenu::item:selected { background: @selection; }
QMenu::item:disabled { color: @zero; }
QMenu::separator { height: 1px; background: @line; margin: 4px 0; }
QMenuBar { background: @header; color: @text; }
QMenuBar::item:selected { background: @selection; }
QToolTip { background: @header; color: @text; border: 1px solid @line; padding: 4px; }
)");
    const QColor button = Theme::mix(t.header, t.background, 0.6);
    const std::pair<const char *, QColor> values[] = {
        // Longer names first where one begins with another.
        {"@background", t.background},
        {"@selection", t.selection},
        {"@header", t.header},
        {"@handle", Theme::mix(t.panel, t.dim, 0.35)},
        {"@hover", Theme::mix(t.panel, t.text, 0.06)},
        {"@panel", t.panel},
        {"@line", t.line},
        {"@accent", t.accent},
        {"@button", button},
        {"@zero", t.zero},
        {"@text", t.text},
        {"@dim", t.dim},
    };
    for (const auto &[token, color] : values)
        sheet.replace(QLatin1String(token), color.name());
    return sheet;
}

} // namespace ks::ui
