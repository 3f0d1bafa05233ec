// The window: bar, docks, actions, and what is remembered. One kernel at a time is open in it (KernelBrowser).
#pragma once

#include "ui/models/bookmarks_model.h"
#include "ui/models/change_base.h"
#include "ui/models/log_model.h"
#include "ui/models/modules_model.h"
#include "ui/models/saved_state.h"
#include "ui/models/vmalloc_model.h"
#include "ui/views/theme.h"
#include "ui/windows/target_follower.h"
#include "ui/windows/target_opener.h"

#include <QMainWindow>

class QLabel;
class QStackedWidget;
class QToolButton;

namespace ks::ui {

class Banner;
class DockTitle;
class KernelBrowser;
class OpenPage;
class PalettePopup;
class SearchDesk;
class SnapshotDesk;
class TopBar;
class WatchDesk;
struct DiffEntry;
struct PaletteItem;

class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    /// `statePath` is the session file; empty: nothing is remembered.
    MainWindow(Openers openers, const QString &statePath, QWidget *parent = nullptr);
    ~MainWindow() override;

    void open(const TargetRequest &request);
    /// What was open when the program ended, or this machine's kernel, or the demo. Files that `given` names count
    /// more.
    void openRemembered(const SessionOptions &given = {});
    /// Goes there as soon as a kernel is open.
    void goToWhenOpen(const QString &expression);
    void setTheme(ThemeMode mode);

    /// Null while no kernel is open.
    KernelBrowser *browser() const { return browser_; }
    BookmarksModel *bookmarks() const { return bookmarks_; }
    LogModel *log() const { return log_; }
    PalettePopup *palette() const { return palette_; }
    WatchDesk *watches() const { return watches_; }
    SearchDesk *search() const { return search_; }
    SnapshotDesk *snapshots() const { return snapshots_; }
    bool save();

Q_SIGNALS:
    void kernelOpened();
    void openFailed(const ks::Error &error);

protected:
    void showEvent(QShowEvent *event) override;
    void closeEvent(QCloseEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void createActions();
    void createMenu();
    void createChangeMenu();
    void createDocks();
    void createStatusLine();
    void layOutDocks();
    QAction *addAction(const QString &text, const QList<QKeySequence> &keys, std::function<void()> what);
    QDockWidget *addSideDock(const QString &name, const QString &title, Qt::DockWidgetArea area);
    QDockWidget *addBottomDock(const QString &name, const QString &title, QWidget *content);
    void createModulesDock();
    void createVmallocDock();
    void createBookmarksDock();
    void createWatchDocks();
    void createWatchMenu();
    void createSearchDock();
    void createSearchMenu();
    void createSnapshotDock();
    void createSnapshotMenu();
    void showOpened(const OpenedTarget &target);
    void showFailure(const TargetRequest &request, const Error &error);
    void sayDemo(const OpenedTarget &target);
    enum class Watches : std::uint8_t { Closed, Kept };
    void closeKernel(Watches watches = Watches::Closed);
    void followTarget(const OpenedTarget &target);
    void targetChanged(const QString &problem);
    void targetSettled();
    void goOn();
    /// Whether it is the kernel that is open, out of the file that took the place of its own.
    bool goesOnWith(const OpenedTarget &target) const;
    void sayGoingOn(const OpenedTarget &target, bool isSameKernel);
    void openPalette(const QString &text);
    void searchPalette(const QString &text);
    void choose(const PaletteItem &item);
    void addBookmark(VirtAddr address);
    void goToBookmark(int row);
    /// What has the focus: the bytes or the row there.
    void watchFocused();
    void watchBookmark(int row);
    void watchPaletteItem(const PaletteItem &item);
    void exportWatches(const QString &suffix);
    void exportFound(const QString &suffix);
    void exportDiff(const QString &suffix);
    void goToDifference(const DiffEntry &entry);
    void chooseFile();
    void askForRights();
    void showKeys();
    void updateStatus();
    void updatePulse();
    void updateChanges();
    void compareWith(ChangeBase base);
    void showGrowth(const QString &what, int percent);
    void complain(const Error &error);
    void note(const QString &sentence);

    QString statePath_;
    SavedState remembered_;
    TargetOpener opener_;
    BookmarksModel *bookmarks_;
    LogModel *log_;
    ModulesModel *modules_;
    VmallocModel *vmalloc_;
    QDockWidget *vmallocDock_ = nullptr;
    TargetRequest request_; ///< what was asked to be opened last
    TargetRequest opened_;  ///< of what is open
    TargetFollower follower_;
    QJsonObject openTarget_; ///< what is open, for the session file
    QString goTo_;
    bool laidOut_ = false;

    QMenu *menu_ = nullptr;
    QMenu *viewMenu_ = nullptr; ///< themes and docks
    TopBar *topBar_ = nullptr;
    Banner *banner_ = nullptr;
    QStackedWidget *stack_ = nullptr;
    OpenPage *openPage_ = nullptr;
    KernelBrowser *browser_ = nullptr;
    PalettePopup *palette_ = nullptr;
    QDockWidget *mapDock_ = nullptr;
    QDockWidget *inspectorDock_ = nullptr;
    DockTitle *inspectorTitle_ = nullptr;
    WatchDesk *watches_ = nullptr;
    QDockWidget *watchDock_ = nullptr;
    QDockWidget *plotDock_ = nullptr;
    SearchDesk *search_ = nullptr;
    SnapshotDesk *snapshots_ = nullptr;
    QDockWidget *diffDock_ = nullptr;
    QList<QAction *> snapshotButtons_; ///< that the bar has as well
    QList<QDockWidget *> bottomDocks_; ///< one stack of tabs, in the order of the tabs
    QLabel *where_ = nullptr;
    QLabel *layout_ = nullptr;
    QLabel *counts_ = nullptr;
    QLabel *growth_ = nullptr; ///< what goes on in the background, with a way to stop it

    QMenu *changeMenu_ = nullptr;
    QToolButton *changes_ = nullptr; ///< in the status line: what the marks compare with
    QList<QAction *> changeBases_;   ///< in the order of ChangeBase

    QAction *freeze_ = nullptr;
    QAction *paletteAction_ = nullptr;
    QList<QAction *> commands_; ///< what the palette and the key list offer
};

} // namespace ks::ui
