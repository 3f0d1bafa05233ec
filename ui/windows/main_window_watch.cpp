// The watch list in the window: its docks, its commands, and what the key for "watch this" means where.
#include "ui/views/dock_title.h"
#include "ui/views/list_views.h"
#include "ui/views/palette_popup.h"
#include "ui/views/search_view.h"
#include "ui/windows/kernel_browser.h"
#include "ui/windows/main_window.h"
#include "ui/windows/watch_desk.h"

#include <QApplication>
#include <QDockWidget>
#include <QFileDialog>
#include <QMenu>

namespace ks::ui {

namespace {

/// The nearest of this class among a widget and those that it lies in.
template <class Widget>
Widget *around(QWidget *widget)
{
    for (; widget; widget = widget->parentWidget())
        if (auto *found = qobject_cast<Widget *>(widget))
            return found;
    return nullptr;
}

} // namespace

void MainWindow::createWatchDocks()
{
    watches_ = new WatchDesk(this);
    watchDock_ = addBottomDock(QStringLiteral("watchDock"), QStringLiteral("Watch"), watches_->panel());
    // Beside the tabs and not one of them: it is looked at together with the list.
    plotDock_ = addSideDock(QStringLiteral("plotDock"), QStringLiteral("Plot"), Qt::BottomDockWidgetArea);
    plotDock_->setTitleBarWidget(new DockTitle(plotDock_->windowTitle(), plotDock_));
    plotDock_->setWidget(watches_->plot());
    plotDock_->hide();
    connect(watches_, &WatchDesk::titleChanged, watchDock_, &QWidget::setWindowTitle);
    connect(watches_, &WatchDesk::message, this, &MainWindow::note);
    connect(watches_, &WatchDesk::listRequested, this, [this] {
        watchDock_->show();
        watchDock_->raise();
    });
    connect(watches_, &WatchDesk::plotRequested, this, [this] {
        if (plotDock_->isVisible())
            return;
        plotDock_->show();
        resizeDocks({watchDock_, plotDock_}, {width() * 62 / 100, width() * 38 / 100}, Qt::Horizontal);
    });
    watches_->restore(remembered_.watches);
}

void MainWindow::createWatchMenu()
{
    QMenu *menu = menu_->addMenu(QStringLiteral("&Watch"));
    menu->addAction(addAction(QStringLiteral("&Watch this"), {{Qt::Key_W}}, [this] { watchFocused(); }));
    menu->addAction(addAction(QStringLiteral("Watch an &expression…"), {{Qt::CTRL | Qt::SHIFT | Qt::Key_W}}, [this] {
        watchDock_->show();
        watchDock_->raise();
        watches_->panel()->startAdding();
    }));
    menu->addSeparator();
    const auto onChosen = [&](const QString &text, void (WatchView::*what)()) {
        menu->addAction(addAction(text, {}, [this, what] { (watches_->panel()->view()->*what)(); }));
    };
    onChosen(QStringLiteral("&Plot the chosen watches"), &WatchView::togglePlot);
    onChosen(QStringLiteral("&Freeze the chosen watches"), &WatchView::toggleFrozen);
    onChosen(QStringLiteral("&Delete the chosen watches"), &WatchView::removeChosen);
    menu->addSeparator();
    menu->addAction(
        addAction(QStringLiteral("Export watches as &CSV…"), {}, [this] { exportWatches(QStringLiteral("csv")); }));
    menu->addAction(
        addAction(QStringLiteral("Export watches as &JSON…"), {}, [this] { exportWatches(QStringLiteral("json")); }));
}

void MainWindow::watchFocused()
{
    if (!browser_)
        return;
    QWidget *focus = QApplication::focusWidget();
    if (around<WatchPanel>(focus))
        return watches_->panel()->startAdding();
    if (const auto *tree = around<StructTreeView>(focus)) {
        const QString expression = tree->structModel()->expression(tree->currentIndex());
        if (expression.isEmpty())
            return note(QStringLiteral("This row has no expression that could be watched"));
        return watches_->watch(expression);
    }
    if (const auto *table = around<BookmarksView>(focus))
        return watchBookmark(table->currentIndex().row());
    if (const auto *table = around<SearchView>(focus)) {
        if (const auto match = table->currentMatch())
            watches_->watchBytes(*match);
        return;
    }
    if (const auto *table = around<ModulesView>(focus)) {
        if (const QString expression = table->watchable(); !expression.isEmpty())
            watches_->watch(expression);
        return;
    }
    if (const HexView *view = browser_->tabs()->currentView())
        watches_->watchBytes(view->selection());
}

void MainWindow::watchBookmark(int row)
{
    const auto address = row >= 0 ? bookmarks_->addressAt(row) : std::nullopt;
    if (address)
        watches_->watchBytes({*address, *address});
    else
        note(QStringLiteral("This bookmark is not in this kernel"));
}

void MainWindow::watchPaletteItem(const PaletteItem &item)
{
    if (item.kind == PaletteItem::Kind::Value)
        watches_->watch(item.title);
    else if (item.kind == PaletteItem::Kind::Symbol)
        watches_->watch(item.address ? item.title : QStringLiteral("per_cpu(%1, 0)").arg(item.title));
    else
        note(QStringLiteral("%1 has no value that could be watched").arg(item.title));
}

void MainWindow::exportWatches(const QString &suffix)
{
    auto *dialog = new QFileDialog(this, QStringLiteral("Export the watch list"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(suffix);
    dialog->selectFile(QStringLiteral("watches.") + suffix);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &file) {
        if (const QString problem = watches_->exportTo(file); !problem.isEmpty())
            complain({ErrorCode::Io, file.toStdString(), problem.toStdString(), {}});
        else
            note(QStringLiteral("Exported %1").arg(file));
    });
    dialog->open();
}

} // namespace ks::ui
