// The docks around the tabs: what is in them, and what a click in them does.
#include "ui/views/dock_title.h"
#include "ui/views/list_views.h"
#include "ui/views/vmalloc_view.h"
#include "ui/windows/kernel_browser.h"
#include "ui/windows/main_window.h"
#include "ui/windows/watch_desk.h"

#include <QDockWidget>
#include <QMenu>

namespace ks::ui {

QDockWidget *MainWindow::addSideDock(const QString &name, const QString &title, Qt::DockWidgetArea area)
{
    auto *dock = new QDockWidget(title, this);
    dock->setObjectName(name);
    addDockWidget(area, dock);
    viewMenu_->addAction(dock->toggleViewAction());
    return dock;
}

QDockWidget *MainWindow::addBottomDock(const QString &name, const QString &title, QWidget *content)
{
    QDockWidget *dock = addSideDock(name, title, Qt::BottomDockWidgetArea);
    dock->setWidget(content);
    dock->setTitleBarWidget(new QWidget(dock)); // its tab is its title
    if (!bottomDocks_.isEmpty())
        tabifyDockWidget(bottomDocks_.last(), dock);
    bottomDocks_ << dock;
    return dock;
}

void MainWindow::createDocks()
{
    mapDock_ = addSideDock(QStringLiteral("mapDock"), QStringLiteral("Address space"), Qt::LeftDockWidgetArea);
    mapDock_->setTitleBarWidget(new DockTitle(mapDock_->windowTitle(), mapDock_));
    inspectorDock_ = addSideDock(QStringLiteral("inspectorDock"), QStringLiteral("Inspector"), Qt::RightDockWidgetArea);
    inspectorTitle_ = new DockTitle(inspectorDock_->windowTitle(), inspectorDock_);
    inspectorDock_->setTitleBarWidget(inspectorTitle_);
    createWatchDocks();
    createSearchDock();
    createBookmarksDock();
    createModulesDock();
    createVmallocDock();
    createSnapshotDock();
    addBottomDock(QStringLiteral("logDock"), QStringLiteral("Log"), new LogView(log_));
    connect(log_, &LogModel::added, this, [this] { updateStatus(); });
    bottomDocks_.first()->raise();
}

void MainWindow::createBookmarksDock()
{
    auto *view = new BookmarksView(bookmarks_);
    addBottomDock(QStringLiteral("bookmarksDock"), QStringLiteral("Bookmarks"), view);
    connect(view, &BookmarksView::chosen, this, &MainWindow::goToBookmark);
    connect(view, &BookmarksView::watchRequested, this, &MainWindow::watchBookmark);
}

void MainWindow::createModulesDock()
{
    auto *view = new ModulesView(modules_);
    addBottomDock(QStringLiteral("modulesDock"), QStringLiteral("Modules"), view);
    connect(view, &ModulesView::baseChosen, this, [this](VirtAddr base) { browser_->goTo(base); });
    connect(view, &ModulesView::structChosen, this, [this](VirtAddr address) {
        browser_->goToExpression(QStringLiteral("*(struct module *)%1").arg(QString::fromStdString(hex(address))));
    });
    connect(view, &ModulesView::watchRequested, watches_, &WatchDesk::watch);
    connect(view, &ModulesView::typesRequested, this,
            [this](const QString &module) { browser_->openModuleTypes(module); });
}

void MainWindow::createVmallocDock()
{
    auto *view = new VmallocView(vmalloc_);
    vmallocDock_ = addBottomDock(QStringLiteral("vmallocDock"), QStringLiteral("Vmalloc"), view);
    connect(view, &VmallocView::addressChosen, this, [this](VirtAddr address) { browser_->goTo(address); });
    connect(view, &VmallocView::structChosen, this, [this](VirtAddr vm) {
        browser_->goToExpression(QStringLiteral("*(struct vm_struct *)%1").arg(QString::fromStdString(hex(vm))));
    });
    connect(vmallocDock_, &QDockWidget::visibilityChanged, this, [this](bool isVisible) {
        if (browser_)
            browser_->setWantsAreas(isVisible);
    });
}

} // namespace ks::ui
