#include "ui/windows/kernel_browser.h"

#include "ui/models/watch_subject.h"
#include "ui/views/address_space_panel.h"
#include "ui/views/provenance_line.h"
#include "ui/views/readings_panel.h"
#include "ui/workers/session_growth.h"

#include <QDateTime>
#include <QLocale>
#include <QScopedValueRollback>
#include <QVBoxLayout>

namespace ks::ui {

KernelBrowser::KernelBrowser(std::shared_ptr<const Session> session, std::shared_ptr<Sampling> sampling,
                             QWidget *parent)
    : QWidget(parent),
      session_(std::move(session)),
      sampling_(std::move(sampling)),
      worker_(new SessionWorker(session_, this)),
      pager_(new SessionWorker(session_, this)),
      finder_(new SessionWorker(session_, this)),
      names_(finder_->newChannel()),
      find_(finder_->newChannel()),
      areas_(finder_->newChannel()),
      pageChannel_(pager_->newChannel()),
      growth_(new SessionGrowth(session_, this)),
      inspector_(new Inspector(worker_, sampling_, this)),
      tabs_(new HexTabs(session_, this)),
      provenance_(new ProvenanceLine(this)),
      readings_(new ReadingsPanel(this)),
      map_(new AddressSpacePanel(this)),
      live_(new LiveLoop(sampling_, [this](LiveReader::Want want) { return rangesToRead(want); }, this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(tabs_, 1);
    layout->addWidget(provenance_);
    inspector_->panel()->setFooter(readings_);
    connect(tabs_, &HexTabs::viewAdded, this, &KernelBrowser::connectView);
    connect(tabs_, &HexTabs::currentViewChanged, this, &KernelBrowser::viewChanged);
    connect(live_, &LiveLoop::sampled, this, &KernelBrowser::showSample);
    connect(live_, &LiveLoop::ticked, this, [this] {
        // The kernel marks pages as accessed and dirty; nobody reads that as fast as memory.
        if (pageAsked_.isValid() && pageAsked_.hasExpired(1000) && !pager_->isBusy(pageChannel_))
            askPage();
    });
    connect(live_, &LiveLoop::stateChanged, this, [this] {
        if (HexView *view = tabs_->currentView(); view && live_->isLost())
            view->setStale();
        Q_EMIT pulseChanged();
    });
    connectInspector();
    connectChanges();
    connectGrowth();
    map_->setTarget(HexTarget::of(session_), *finder_);
    connect(map_, &AddressSpacePanel::addressChosen, this, &KernelBrowser::goTo);
    connect(provenance_, &ProvenanceLine::addressChosen, this, &KernelBrowser::goTo);
    connect(readings_, &ReadingsPanel::addressChosen, this, &KernelBrowser::goTo);
    readPaletteNames();
}

KernelBrowser::~KernelBrowser() = default;

QWidget *KernelBrowser::mapPanel() const { return map_; }

void KernelBrowser::readPaletteNames()
{
    finder_->post(
        names_, [](const Session &opened, Progress &progress) { return PaletteNames::build(opened, progress); }, this,
        [this](std::shared_ptr<const PaletteNames> names) {
            paletteNames_ = std::move(names);
            Q_EMIT statusChanged();
        });
}

void KernelBrowser::connectGrowth()
{
    connect(growth_, &SessionGrowth::failed, this, &KernelBrowser::failed);
    connect(growth_, &SessionGrowth::grown, this,
            [this](const std::shared_ptr<const Session> &session, const QString &news) {
                adopt(session);
                Q_EMIT message(news);
            });
    // A look at the list of modules costs a read or two; people load modules by hand.
    auto *modulesClock = new QTimer(this);
    modulesClock->setInterval(std::chrono::seconds(3));
    connect(modulesClock, &QTimer::timeout, this, [this] {
        if (!isVisible() || pulse() != TopBar::Pulse::Live)
            return;
        growth_->checkModules();
        if (wantsAreas_)
            readAreas();
    });
    modulesClock->start();
    for (const SessionWorker *worker : {worker_, finder_, pager_})
        growth_->watch(worker);
    if (sampling_) {
        growth_->watch(&sampling_->worker());
        connect(sampling_.get(), &Sampling::modulesChanged, growth_, &SessionGrowth::checkModules);
    }
    growth_->start();
}

void KernelBrowser::adopt(const std::shared_ptr<const Session> &session)
{
    const bool otherTypes = session->info().typesFrom != session_->info().typesFrom;
    session_ = session;
    for (SessionWorker *worker : {worker_, finder_, pager_})
        worker->setSession(session);
    if (sampling_)
        sampling_->setContext(session, session->context());
    const QScopedValueRollback linking(linking_, true);
    tabs_->setSession(session);
    map_->setTarget(HexTarget::of(session), *finder_);
    readPaletteNames();
    if (wantsAreas_)
        readAreas();
    if (otherTypes && !inspector_->inspectAgain())
        if (const HexView *view = tabs_->currentView())
            inspector_->follow(view->cursor());
    askPage();
    Q_EMIT sessionGrown(session);
    Q_EMIT statusChanged();
}

void KernelBrowser::connectInspector()
{
    connect(inspector_, &Inspector::failed, this, &KernelBrowser::failed);
    connect(inspector_, &Inspector::goToRequested, this, &KernelBrowser::goTo);
    connect(inspector_, &Inspector::watchRequested, this, &KernelBrowser::watchRequested);
    connect(inspector_, &Inspector::overlayChanged, this, [this](const StructOverlay &overlay) {
        overlay_ = overlay;
        if (HexView *view = tabs_->currentView())
            view->setOverlay(overlay_.base(), overlay_.spans());
    });
    connect(inspector_, &Inspector::shown, this, [this] {
        if (std::exchange(goWhenShown_, false))
            if (const auto range = inspector_->range())
                goTo(range->first);
    });
    connect(inspector_, &Inspector::memberChosen, this, [this](VirtAddr first, quint64 size) {
        HexView *view = tabs_->currentView();
        const auto range = AddrRange::sized(first, size);
        if (!view || !range)
            return;
        const QScopedValueRollback linking(linking_, true);
        view->select(*range);
    });
    StructTreeView *tree = inspector_->panel()->tree();
    connect(tree, &QAbstractItemView::entered, this, [this](const QModelIndex &index) {
        const StructRow *row = inspector_->model()->rowAt(index);
        if (HexView *view = tabs_->currentView(); view && row)
            view->setHoveredMember(row->address ? overlay_.memberAt(*row->address) : -1);
    });
}

void KernelBrowser::connectView(HexView *view)
{
    view->setRangeReader([this](AddrRange range, std::function<void(MemoryBlock)> done) {
        if (sampling_)
            sampling_->readOnce(range, this, std::move(done));
    });
    connect(view, &HexView::visibleRangesChanged, live_, [this, view] {
        if (view == tabs_->currentView())
            live_->visibleChanged();
    });
    connect(view, &HexView::cursorMoved, this, [this, view](VirtAddr address) {
        if (view != tabs_->currentView())
            return;
        map_->setCursor(address);
        if (!provenance_->page().tells(address))
            askPage();
        if (!linking_) {
            const QScopedValueRollback linking(linking_, true);
            inspector_->lightByte(address);
            inspector_->follow(address);
        }
        Q_EMIT statusChanged();
    });
    view->setChangeBase(changeBase_);
    connect(view, &HexView::marksChanged, this, &KernelBrowser::changesChanged);
    connect(view, &HexView::bytesChanged, map_, &AddressSpacePanel::addChanges);
    connect(view, &HexView::selectionChanged, this, &KernelBrowser::statusChanged);
    connect(view, &HexView::optionsChanged, this, &KernelBrowser::statusChanged);
    connect(view, &HexView::message, this, &KernelBrowser::message);
    connect(view, &HexView::bookmarkRequested, this, &KernelBrowser::bookmarkRequested);
    connect(view, &HexView::gotoRequested, this, &KernelBrowser::gotoRequested);
    connect(view, &HexView::watchRequested, this, &KernelBrowser::watchBytesRequested);
    connect(view, &HexView::inspectRequested, inspector_, &Inspector::follow);
}

void KernelBrowser::viewChanged(HexView *view)
{
    if (!view)
        return;
    readings_->follow(view);
    provenance_->follow(view, [this]() -> const std::vector<AddressSpaceNode> & { return map_->model().nodes(); });
    askPage();
    view->setOverlay(overlay_.base(), overlay_.spans());
    map_->setCursor(view->cursor());
    if (live_->isLost())
        view->setStale();
    live_->visibleChanged();
    Q_EMIT changesChanged();
    Q_EMIT statusChanged();
}

void KernelBrowser::askPage()
{
    const HexView *view = tabs_->currentView();
    if (!view)
        return;
    pageAsked_.start();
    const VirtAddr cursor = view->cursor();
    if (!provenance_->page().isOfPage(cursor))
        provenance_->setPage({.asked = cursor}); // one question is enough
    const Segment *segment = session_->segments().find(cursor);
    const bool isKnown = segment && segment->load.phys.has_value(); // the segment tells where it is in RAM
    pager_->post(
        pageChannel_,
        [cursor, isKnown](const Session &session) {
            PageFacts facts{.asked = cursor};
            if (const PageTables *tables = session.pageTables())
                facts.steps = pageSteps(tables->translate(cursor.alignedDown(kPageSize)), !isKnown);
            facts.slab = kernel::findSlabObjects(session.context(), {&cursor, 1}).front();
            facts.use = kernel::findPageUses(session.context(), session.vmcoreInfo(), {&cursor, 1}).front();
            return facts;
        },
        this,
        [this](PageFacts facts) {
            provenance_->setPage(std::move(facts));
            // The cursor may have gone on to another object.
            if (const HexView *current = tabs_->currentView(); current && !provenance_->page().tells(current->cursor()))
                askPage();
        });
}

std::vector<AddrRange> KernelBrowser::rangesToRead(LiveReader::Want want) const
{
    const HexView *view = tabs_->currentView();
    if (!view || !isVisible())
        return {};
    return want == LiveReader::Want::Visible ? view->visibleRanges() : view->unreadRanges();
}

void KernelBrowser::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    live_->visibleChanged();
}

void KernelBrowser::showSample(const Blocks &blocks, const std::vector<AddrRange> &torn)
{
    if (HexView *view = tabs_->currentView())
        view->setBlocks(blocks, torn);
}

void KernelBrowser::goHome()
{
    std::optional<VirtAddr> home;
    bool variable = false;
    if (const auto symbol = session_->symbols().findFirst("init_task")) {
        home = symbol->address;
        variable = true;
    } else if (const auto text = session_->symbols().findFirst("_text")) {
        home = text->address;
    } else if (session_->hasMemory() && !session_->segments().all().empty()) {
        home = session_->segments().all().front().range().first;
    }
    tabs_->addTabAt(home.value_or(VirtAddr(0)));
    if (variable)
        inspector_->follow(*home);
}

void KernelBrowser::goTo(VirtAddr address)
{
    if (HexView *view = tabs_->currentView()) {
        const QScopedValueRollback linking(linking_, true);
        view->goTo(address);
        inspector_->lightByte(address);
    }
}

void KernelBrowser::goToExpression(const QString &expression)
{
    goWhenShown_ = true;
    inspector_->inspectExpression(expression);
}

void KernelBrowser::goBack()
{
    if (HexView *view = tabs_->currentView())
        view->goBack();
}

void KernelBrowser::goForward()
{
    if (HexView *view = tabs_->currentView())
        view->goForward();
}

void KernelBrowser::choose(const PaletteItem &item)
{
    goWhenShown_ = false;
    switch (item.kind) {
    case PaletteItem::Kind::Value:
        if (item.type)
            goToExpression(item.title);
        else if (item.address) {
            goTo(*item.address);
            inspector_->follow(*item.address);
        }
        break;
    case PaletteItem::Kind::Symbol:
        if (item.address) {
            goTo(*item.address);
            inspector_->follow(*item.address);
        } else {
            // A per-CPU variable has an address on each CPU; the first one's is as good as any.
            goToExpression(QStringLiteral("per_cpu(%1, 0)").arg(item.title));
        }
        break;
    case PaletteItem::Kind::Type:
        if (const HexView *view = tabs_->currentView())
            inspector_->inspectExpression(
                QStringLiteral("*(%1 *)%2").arg(item.title, QString::fromStdString(hex(view->cursor()))));
        break;
    case PaletteItem::Kind::Module:
        if (item.address)
            goTo(*item.address);
        break;
    case PaletteItem::Kind::Command:
    case PaletteItem::Kind::Error: break;
    }
}

void KernelBrowser::searchPalette(const QString &text, const std::vector<QString> &commands)
{
    finder_->post(
        find_,
        [names = paletteNames_, query = PaletteQuery{text, commands, 50}](const Session &opened, Progress &progress) {
            return ui::searchPalette(opened, names.get(), query, progress);
        },
        this,
        [this](std::vector<PaletteItem> items) {
            Q_EMIT paletteFound(items,
                                paletteNames_ ? countsText() : QStringLiteral("still reading the names of types"));
        });
}

void KernelBrowser::refreshNow()
{
    live_->readNow();
    growth_->checkModules();
    if (wantsAreas_)
        readAreas();
}

void KernelBrowser::setWantsAreas(bool wants)
{
    if (std::exchange(wantsAreas_, wants) != wants && wants)
        readAreas();
}

void KernelBrowser::readAreas()
{
    if (!session_->hasMemory())
        return;
    finder_->post(
        areas_, [](const Session &session) { return kernel::listVmapAreas(session.context()); }, this,
        [this](const Result<kernel::Listing<kernel::VmapArea>> &listing) {
            // What is read while it changes is better known at the next look.
            if (listing && (listing->incomplete.empty() || !session_->memory().isLive()))
                Q_EMIT areasRead(listing->entries);
        });
}

QString KernelBrowser::shownMember(VirtAddr address) const
{
    const auto range = inspector_->range();
    const QString object = inspector_->inspected();
    if (!range || !range->contains(address) || object.isEmpty())
        return {};
    // The overlay follows what is inspected, and may not be there yet.
    const int member = overlay_.base() == range->first ? overlay_.memberAt(address) : -1;
    return member < 0 ? QString() : memberOf(object, overlay_.spans()[static_cast<std::size_t>(member)].name);
}

void KernelBrowser::openModuleTypes(const QString &module)
{
    const Channel channel = finder_->newChannel();
    finder_->post(
        channel,
        [name = module.toStdString()](const Session &session) {
            session.openModuleTypes(name);
            return session.moduleTypesFrom(name);
        },
        this,
        [this, module](const std::string &from) {
            Q_EMIT message(QStringLiteral("types of %1: %2").arg(module, QString::fromStdString(from)));
            Q_EMIT moduleTypesOpened();
        });
}

bool KernelBrowser::isSettled() const
{
    return (!session_->hasMemory() || live_->lastRead()) && !inspector_->isSearching();
}

TopBar::Pulse KernelBrowser::pulse() const
{
    if (!session_->hasMemory() || !session_->memory().isLive())
        return TopBar::Pulse::Still;
    if (live_->isLost())
        return TopBar::Pulse::Lost;
    return live_->isFrozen() ? TopBar::Pulse::Frozen : TopBar::Pulse::Live;
}

QString KernelBrowser::pulseDetail() const
{
    using namespace std::chrono;
    const QString time =
        live_->lastRead()
            ? QDateTime::fromMSecsSinceEpoch(duration_cast<milliseconds>(live_->lastRead()->time_since_epoch()).count())
                  .toString(QStringLiteral("HH:mm:ss"))
            : QString();
    switch (pulse()) {
    case TopBar::Pulse::Lost:
        return time.isEmpty() ? live_->lostReason()
                              : QStringLiteral("last read %1 · %2").arg(time, live_->lostReason());
    case TopBar::Pulse::Frozen: return QStringLiteral("at %1").arg(time);
    default: return {};
    }
}

QString KernelBrowser::whereText() const
{
    const HexView *view = tabs_->currentView();
    if (!view)
        return {};
    QString text = placeOf(*session_, view->cursor()).text();
    const AddrRange selection = view->selection();
    if (selection.first != selection.last)
        text +=
            QStringLiteral(" · %1 bytes selected").arg(QLocale().toString(static_cast<qulonglong>(selection.size())));
    return text;
}

QString KernelBrowser::layoutText() const
{
    const HexView *view = tabs_->currentView();
    if (!view)
        return {};
    const HexOptions &options = view->options();
    return QStringLiteral("%1 endian · groups of %2 · %3 columns")
        .arg(QLatin1String(options.bigEndian ? "big" : "little"))
        .arg(options.group)
        .arg(options.columns);
}

QString KernelBrowser::countsText() const
{
    const QLocale locale;
    QString text =
        QStringLiteral("%1 symbols").arg(locale.toString(static_cast<qulonglong>(session_->symbols().size())));
    if (paletteNames_)
        text +=
            QStringLiteral(" · %1 types").arg(locale.toString(static_cast<qulonglong>(paletteNames_->types().size())));
    return text;
}

void KernelBrowser::save(SavedState &state) const
{
    state.tabs = tabs_->save();
    state.currentTab = tabs_->currentIndex();
    state.inspected = inspector_->inspected();
    state.expanded = inspector_->panel()->tree()->expandedPaths();
    state.rateHz = live_->rate();
}

void KernelBrowser::restore(const SavedState &state)
{
    live_->setRate(state.rateHz);
    {
        const QScopedValueRollback linking(linking_, true);
        tabs_->restore(state.tabs, state.currentTab);
    }
    if (tabs_->count() == 0)
        return goHome();
    if (!state.inspected.isEmpty())
        inspector_->inspectExpression(state.inspected, state.expanded);
}

} // namespace ks::ui
