// One opened kernel in the window: its tabs, its inspector, its worker and its pulse, and how they light each other.
#pragma once

#include "core/kernel/vmap_areas.h"
#include "ui/models/palette_search.h"
#include "ui/models/saved_state.h"
#include "ui/views/top_bar.h"
#include "ui/windows/hex_tabs.h"
#include "ui/windows/inspector.h"
#include "ui/windows/live_loop.h"

#include <QElapsedTimer>
#include <QTime>
#include <QWidget>

namespace ks::ui {

class AddressSpacePanel;
class ProvenanceLine;
class ReadingsPanel;
class SessionGrowth;

class KernelBrowser : public QWidget {
    Q_OBJECT

public:
    /// `sampling` samples this kernel; null when it has no memory.
    KernelBrowser(std::shared_ptr<const Session> session, std::shared_ptr<Sampling> sampling, QWidget *parent);
    ~KernelBrowser() override;

    const Session &session() const { return *session_; }
    const std::shared_ptr<const Session> &sharedSession() const { return session_; }
    SessionGrowth *growth() const { return growth_; }
    InspectorPanel *inspectorPanel() const { return inspector_->panel(); }
    QWidget *mapPanel() const;
    HexTabs *tabs() const { return tabs_; }
    Inspector *inspector() const { return inspector_; }
    LiveLoop *live() const { return live_; }
    const std::shared_ptr<Sampling> &sampling() const { return sampling_; }

    /// Where a person would begin: init_task, else the start of the text, else the first segment.
    void goHome();
    void goTo(VirtAddr address);
    /// Evaluates, shows the object in the inspector and goes to its bytes.
    void goToExpression(const QString &expression);
    void goBack();
    void goForward();
    void choose(const PaletteItem &item);
    /// Answers with paletteFound(); only the newest question is answered.
    void searchPalette(const QString &text, const std::vector<QString> &commands);

    // Change, in all tabs and in the inspector.
    void setChangeBase(ChangeBase base);
    ChangeBase changeBase() const { return changeBase_; }
    void markSeen();
    /// Keeps the bytes and values that were read lately, to compare with.
    void keepSnapshot();
    void goToChange(bool forward);
    /// "12 bytes changed since last tick", "3 bytes differ from bytes kept at 12:03:04"
    QString changesText() const;

    void refreshNow();
    /// The innermost member of what the inspector shows that holds this byte, as an expression; empty when none does.
    QString shownMember(VirtAddr address) const;
    /// Opens the debug information of a module in the background, then says what it is.
    void openModuleTypes(const QString &module);
    /// Whether somebody looks at the areas of vmalloc: then they are read now, and every few seconds of a live kernel.
    void setWantsAreas(bool wants);
    /// What is visible has been read, and the inspector shows what it was asked for.
    bool isSettled() const;
    TopBar::Pulse pulse() const;
    QString pulseDetail() const;
    /// "init_task+0x20 · 8 bytes selected", "little endian · groups of 1 · 16 columns", "119 042 symbols · 95 246
    /// types"
    QString whereText() const;
    QString layoutText() const;
    QString countsText() const;

    void save(SavedState &state) const;
    void restore(const SavedState &state);

Q_SIGNALS:
    /// More is known of the kernel: other types serve, or modules came or went.
    void sessionGrown(const std::shared_ptr<const ks::Session> &session);
    void moduleTypesOpened();
    void areasRead(const std::vector<ks::kernel::VmapArea> &areas);
    void statusChanged();
    void pulseChanged();
    /// changesText() says something else.
    void changesChanged();
    void paletteFound(const std::vector<ks::ui::PaletteItem> &items, const QString &note);
    void bookmarkRequested(ks::VirtAddr address);
    void gotoRequested();
    void watchRequested(const QString &expression);
    void watchBytesRequested(ks::AddrRange bytes);
    /// A sentence for the status line; failures also go to the log.
    void message(const QString &text);
    void failed(const ks::Error &error);

protected:
    void showEvent(QShowEvent *event) override;

private:
    void connectView(HexView *view);
    void connectInspector();
    void connectChanges();
    void warmMap(const std::vector<AddrRange> &changed);
    void connectGrowth();
    /// The same kernel, of which more is known.
    void adopt(const std::shared_ptr<const Session> &session);
    void readPaletteNames();
    void readAreas();
    /// Asks the page tables about the page under the cursor, for the provenance line.
    void askPage();
    void viewChanged(HexView *view);
    std::vector<AddrRange> rangesToRead(LiveReader::Want want) const;
    void showSample(const Blocks &blocks, const std::vector<AddrRange> &torn);

    std::shared_ptr<const Session> session_;
    std::shared_ptr<Sampling> sampling_; ///< of all that is visible or watched
    SessionWorker *worker_;              ///< the inspector's: the first look at a large vmlinux's types takes seconds
    SessionWorker *pager_;               ///< of what the kernel says of a page, which may wait for types
    SessionWorker *finder_;              ///< the palette's own, so that neither holds up the typing
    Channel names_;
    Channel find_;
    Channel areas_;
    Channel pageChannel_;
    SessionGrowth *growth_;
    Inspector *inspector_;
    HexTabs *tabs_;
    ProvenanceLine *provenance_;
    ReadingsPanel *readings_;
    AddressSpacePanel *map_;
    LiveLoop *live_;
    std::shared_ptr<const PaletteNames> paletteNames_;
    StructOverlay overlay_;
    ChangeBase changeBase_ = ChangeBase::Tick;
    QTime lastLook_ = QTime::currentTime();
    QTime snapshot_;          ///< null: none was taken
    QElapsedTimer pageAsked_; ///< when
    bool linking_ = false;    ///< the tree moves the hex view, or the other way round
    bool goWhenShown_ = false;
    bool wantsAreas_ = false;
};

} // namespace ks::ui
