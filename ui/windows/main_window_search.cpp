// The search in the window: its dock, its commands, and where what was found goes.
#include "ui/windows/kernel_browser.h"
#include "ui/windows/main_window.h"
#include "ui/windows/search_desk.h"
#include "ui/windows/watch_desk.h"

#include <QDockWidget>
#include <QFileDialog>
#include <QMenu>

namespace ks::ui {

void MainWindow::createSearchDock()
{
    search_ = new SearchDesk(this);
    auto *dock = addBottomDock(QStringLiteral("searchDock"), QStringLiteral("Search"), search_->panel());
    connect(search_, &SearchDesk::titleChanged, dock, &QWidget::setWindowTitle);
    connect(search_, &SearchDesk::message, this, &MainWindow::note);
    connect(search_, &SearchDesk::failed, this, &MainWindow::complain);
    connect(search_, &SearchDesk::watchRequested, watches_, &WatchDesk::watchBytes);
    connect(search_, &SearchDesk::bookmarkRequested, this, &MainWindow::addBookmark);
    connect(search_, &SearchDesk::exportRequested, this, &MainWindow::exportFound);
    search_->restore(remembered_.search);
}

void MainWindow::createSearchMenu()
{
    QMenu *menu = menu_->addMenu(QStringLiteral("&Search"));
    menu->addAction(addAction(QStringLiteral("&Search memory…"), {{Qt::CTRL | Qt::Key_F}}, [this] {
        auto *dock = findChild<QDockWidget *>(QStringLiteral("searchDock"));
        dock->show();
        dock->raise();
        search_->panel()->startTyping();
    }));
    menu->addAction(addAction(QStringLiteral("Stop the search"), {}, [this] { search_->cancel(); }));
    menu->addAction(addAction(QStringLiteral("Undo the last scan"), {}, [this] { search_->undo(); }));
    menu->addSeparator();
    menu->addAction(addAction(QStringLiteral("Export what was found as &CSV…"), {},
                              [this] { exportFound(QStringLiteral("csv")); }));
    menu->addAction(addAction(QStringLiteral("Export what was found as &JSON…"), {},
                              [this] { exportFound(QStringLiteral("json")); }));
}

void MainWindow::exportFound(const QString &suffix)
{
    if (search_->model()->rowCount() == 0)
        return note(QStringLiteral("Nothing was found that could be exported"));
    auto *dialog = new QFileDialog(this, QStringLiteral("Export what was found"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(suffix);
    dialog->selectFile(QStringLiteral("found.") + suffix);
    connect(dialog, &QFileDialog::fileSelected, search_, &SearchDesk::exportTo);
    dialog->open();
}

} // namespace ks::ui
