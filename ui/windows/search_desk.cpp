#include "ui/windows/search_desk.h"

#include "core/base/units.h"
#include "ui/models/search_text.h"
#include "ui/windows/kernel_browser.h"

#include <QLocale>
#include <QSaveFile>

#include <algorithm>

namespace ks::ui {

namespace {

/// How often rows come, how many at once, and how much of a frame they may take.
constexpr std::chrono::milliseconds kPause{25};
constexpr std::size_t kBatch = 1'000;
constexpr std::chrono::milliseconds kShare{4};
/// Scans that can be taken back, as long as they do not take more than so many bytes.
constexpr std::size_t kMostSets = 16;
constexpr std::uint64_t kMostSetBytes = std::uint64_t{768} << 20;

QString count(std::uint64_t number) { return QLocale().toString(static_cast<qulonglong>(number)); }
QString size(std::uint64_t bytes) { return QString::fromStdString(sizeText(bytes)); }
QString toQt(const std::string &text) { return QString::fromStdString(text); }

std::vector<kernel::LoadedModule> modulesOf(const Session &session)
{
    std::vector<kernel::LoadedModule> modules;
    for (const kernel::Module &module : session.modules())
        modules.push_back({module.address, module.name});
    return modules;
}

} // namespace

SearchDesk::SearchDesk(QWidget *parent)
    : QObject(parent), model_(new SearchModel(this)), panel_(new SearchPanel(model_, parent))
{
    poll_.setInterval(kPause);
    connect(&poll_, &QTimer::timeout, this, &SearchDesk::poll);
    connect(model_, &SearchModel::orderWanted, this, &SearchDesk::arrange);
    connect(panel_, &SearchPanel::startRequested, this, &SearchDesk::start);
    connect(panel_, &SearchPanel::cancelRequested, this, &SearchDesk::cancel);
    connect(panel_, &SearchPanel::scanRequested, this, &SearchDesk::scan);
    connect(panel_, &SearchPanel::undoRequested, this, &SearchDesk::undo);
    SearchView *view = panel_->view();
    connect(view, &SearchView::addressChosen, this, [this](VirtAddr address) {
        if (!browser_)
            return;
        browser_->goTo(address);
        browser_->inspector()->follow(address);
    });
    connect(view, &SearchView::watchRequested, this, &SearchDesk::watchRequested);
    connect(view, &SearchView::bookmarkRequested, this, &SearchDesk::bookmarkRequested);
    connect(view, &SearchView::exportRequested, this, &SearchDesk::exportRequested);
    connect(view, &SearchView::visibleRowsChanged, this, [this] {
        if (live_)
            live_->visibleChanged();
    });
}

void SearchDesk::setBrowser(KernelBrowser *browser)
{
    poll_.stop();
    delete std::exchange(worker_, nullptr);
    delete std::exchange(reader_, nullptr);
    stream_.reset();
    pending_.clear();
    pendingAt_ = 0;
    outcome_.reset();
    listed_.reset();
    sets_.clear();
    live_.reset();
    browser_ = browser;
    model_->clear();
    setTitle(0);
    panel_->setStatus({});
    if (browser_ && browser_->session().hasMemory()) {
        worker_ = new SessionWorker(browser_->sharedSession(), this);
        reader_ = new SessionWorker(browser_->sharedSession(), this);
        search_ = worker_->newChannel();
        sort_ = reader_->newChannel(); // also while a scan goes on, of which the rows are to come
        export_ = reader_->newChannel();
        live_ = std::make_unique<LiveReader>(browser_->sampling(),
                                             [this](LiveReader::Want want) { return visibleRanges(want); });
        connect(live_.get(), &LiveReader::sampled, this, &SearchDesk::takeVisible);
        connect(browser_->live(), &LiveLoop::stateChanged, worker_, [this] { updateStale(); });
        connect(browser_, &KernelBrowser::sessionGrown, worker_, [this](const auto &session) {
            worker_->setSession(session);
            reader_->setSession(session);
            model_->setSession(session);
            updateStale();
        });
    } else if (browser_) {
        panel_->setStatus(QStringLiteral("This target has types and symbols, and no memory to search"));
    }
    updateCan();
}

void SearchDesk::start()
{
    if (!worker_ || isRunning())
        return;
    const HexView *view = browser_->tabs()->currentView();
    const VirtAddr cursor = view ? view->cursor() : VirtAddr();
    run(panel_->form());
    worker_->post(
        search_,
        [form = asked_, cursor, stream = stream_](const Session &session, Progress &progress) {
            return runSearch(session, form, cursor, *stream, progress);
        },
        this, [this](Result<SearchOutcome> outcome) { take(std::move(outcome)); });
}

void SearchDesk::scan(const SearchPanel::Scan &scan)
{
    if (!worker_ || isRunning() || sets_.empty())
        return;
    run(form_);
    worker_->post(
        search_,
        [set = sets_.back(), scan](const Session &session, Progress &progress) {
            return runScan(session, *set, scan.test, scan.values, progress);
        },
        this, [this](Result<SearchOutcome> outcome) { take(std::move(outcome)); });
}

void SearchDesk::run(const SearchForm &form)
{
    asked_ = form;
    found_ = 0;
    stream_ = std::make_shared<SearchStream>();
    begun_ = false;
    pending_.clear();
    pendingAt_ = 0;
    outcome_.reset();
    began_ = std::chrono::steady_clock::now();
    updateCan();
    panel_->setStatus(QStringLiteral("Searching…"));
    poll_.start();
}

void SearchDesk::beginRows()
{
    begun_ = true;
    listed_.reset();
    form_ = asked_;
    model_->begin(worker_->session(), form_, scanTypeOf(form_));
    modules_ = modulesOf(*worker_->session());
    updateStale();
}

void SearchDesk::take(Result<SearchOutcome> outcome)
{
    if (!outcome) {
        // What was found before stays.
        poll_.stop();
        stream_.reset();
        updateCan();
        panel_->setStatus(toQt(outcome.error().message()), {}, true);
        return;
    }
    outcome_ = std::move(*outcome);
    poll();
}

void SearchDesk::poll()
{
    SearchStream::Batch batch = stream_->take();
    found_ = batch.found;
    if (!begun_ && batch.isAccepted) {
        discard(std::exchange(sets_, {}));
        beginRows();
    } else if (!begun_ && outcome_) {
        // A scan, or the one before it, which has its rows all at once.
        if (const auto known = std::ranges::find(sets_, outcome_->set); known != sets_.end()) {
            discard({known + 1, sets_.end()});
            sets_.erase(known + 1, sets_.end());
        } else {
            sets_.push_back(outcome_->set);
        }
        forgetSets();
        beginRows();
        pending_ = std::move(outcome_->rows);
        pendingAt_ = 0;
    }
    addPending(std::move(batch.rows));
    const auto end = std::chrono::steady_clock::now() + kShare;
    bool isMore = true;
    while (isMore && std::chrono::steady_clock::now() < end)
        isMore = listMore();
    if (!isMore && outcome_)
        return finish();
    showProgress();
}

void SearchDesk::addPending(std::vector<SearchRow> rows)
{
    if (pendingAt_ < pending_.size()) {
        pending_.insert(pending_.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
    } else {
        pending_ = std::move(rows);
        pendingAt_ = 0;
    }
}

/// False when all that is there is listed.
bool SearchDesk::listMore()
{
    const std::size_t now = std::min(kBatch, pending_.size() - pendingAt_);
    const auto from = pending_.begin() + static_cast<std::ptrdiff_t>(pendingAt_);
    const auto to = from + static_cast<std::ptrdiff_t>(now);
    model_->append({std::make_move_iterator(from), std::make_move_iterator(to)});
    pendingAt_ += now;
    return pendingAt_ < pending_.size();
}

void SearchDesk::arrange()
{
    if (!reader_)
        return;
    SearchKeys keys = model_->sortKeys();
    const quint64 generation = keys.generation;
    reader_->post(
        sort_, [keys = std::move(keys)](const Session &session) { return searchOrder(session, keys); }, this,
        [this, generation](const std::vector<std::uint32_t> &order) { model_->setOrder(generation, order); });
}

void SearchDesk::forgetSets()
{
    std::uint64_t bytes = 0;
    std::size_t kept = 0;
    for (auto set = sets_.rbegin(); set != sets_.rend() && kept < kMostSets; ++set, ++kept) {
        bytes += (*set)->memoryUsage();
        if (kept > 0 && bytes > kMostSetBytes)
            break;
    }
    const auto end = sets_.end() - static_cast<std::ptrdiff_t>(kept);
    discard({sets_.begin(), end});
    sets_.erase(sets_.begin(), end);
}

/// To give back hundreds of megabytes takes longer than a frame.
void SearchDesk::discard(std::vector<std::shared_ptr<const ScanSet>> sets)
{
    if (sets.empty())
        return;
    // A channel of its own: one discard must not take the place of another that waits.
    reader_->post(
        reader_->newChannel(),
        [sets = std::move(sets)](const Session &) mutable { return std::exchange(sets, {}).size(); }, this,
        [](std::size_t) {});
}

void SearchDesk::finish()
{
    poll_.stop();
    stream_.reset();
    model_->finish();
    if (sets_.empty() && outcome_->set)
        sets_.push_back(outcome_->set);
    listed_ = std::exchange(outcome_, std::nullopt);
    updateCan();
    showResult();
    if (live_)
        live_->visibleChanged();
}

void SearchDesk::cancel()
{
    if (!isRunning() || outcome_)
        return;
    const auto progress = worker_->progress(search_);
    if (!stream_->close())
        return;
    worker_->cancel(search_);
    SearchStream::Batch batch = stream_->take();
    if (!begun_ && !batch.isAccepted) {
        poll_.stop();
        stream_.reset();
        updateCan();
        return panel_->setStatus(QStringLiteral("Cancelled; what is listed was there before"));
    }
    outcome_.emplace();
    outcome_->summary.hits = batch.found;
    outcome_->summary.searched = progress ? progress->done : 0;
    outcome_->summary.cancelled = true;
    outcome_->summary.time = std::chrono::steady_clock::now() - began_;
    if (!begun_) {
        discard(std::exchange(sets_, {}));
        beginRows();
    }
    if (form_.isNumeric())
        outcome_->set = std::make_shared<const ScanSet>(ScanSet::of(model_->type(), stream_->takeEntries()));
    addPending(std::move(batch.rows));
    poll();
}

void SearchDesk::undo()
{
    if (!worker_ || isRunning() || sets_.size() < 2)
        return;
    run(form_);
    worker_->post(
        search_,
        [set = sets_[sets_.size() - 2]](const Session &session, Progress &) {
            return Result<SearchOutcome>(SearchOutcome{{}, set, rowsOf(session, *set), true});
        },
        this, [this](Result<SearchOutcome> outcome) { take(std::move(outcome)); });
}

std::vector<AddrRange> SearchDesk::visibleRanges(LiveReader::Want want) const
{
    std::vector<AddrRange> ranges;
    if (const auto visible = panel_->view()->visibleRows())
        for (int row = visible->first; row <= visible->second; ++row)
            if (want == LiveReader::Want::Visible || model_->at(row).bytes.empty())
                ranges.push_back(model_->at(row).range());
    return ranges;
}

void SearchDesk::takeVisible(const Blocks &blocks, const std::vector<AddrRange> &torn)
{
    // Rows may have come, gone and changed places since their bytes were asked for.
    const auto visible = panel_->view()->visibleRows();
    if (!visible || browser_->live()->isLost())
        return;
    std::vector<int> rows;
    std::vector<MemoryBlock> found;
    for (int row = visible->first; row <= visible->second; ++row) {
        const AddrRange range = model_->at(row).range();
        const auto block = std::ranges::find_if(*blocks, [&](const MemoryBlock &candidate) {
            return candidate.address() == range.first && candidate.size() == range.size();
        });
        if (block == blocks->end())
            continue;
        rows.push_back(row);
        found.push_back(*block);
    }
    model_->take(rows, found, torn);
}

void SearchDesk::updateCan()
{
    using Can = SearchPanel::Can;
    const bool isIdle = worker_ && !isRunning();
    panel_->setCan(!worker_      ? Can::Nothing
                   : isRunning() ? Can::Cancel
                                 : Can::Start,
                   isIdle && !sets_.empty(), isIdle && sets_.size() > 1);
}

void SearchDesk::updateStale()
{
    QString reason;
    if (browser_->live()->isLost())
        reason = QStringLiteral("The target does not answer: %1").arg(browser_->live()->lostReason());
    else if (model_->isSearched() && modulesOf(browser_->session()) != modules_)
        reason = QStringLiteral("Modules have come or gone since this was found: search again");
    if (reason == model_->staleReason())
        return;
    model_->setStale(reason);
    if (!isRunning() && listed_)
        showResult();
}

void SearchDesk::setTitle(std::uint64_t found)
{
    Q_EMIT titleChanged(found ? QStringLiteral("Search %1").arg(count(found)) : QStringLiteral("Search"));
}

void SearchDesk::showProgress()
{
    QStringList parts;
    if (begun_)
        parts << QStringLiteral("%1 found").arg(count(found_));
    if (const auto state = worker_->progress(search_); state && state->total) {
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - began_;
        parts << QStringLiteral("%1 % of %2").arg(state->done * 100 / state->total).arg(size(state->total))
              << QStringLiteral("%1/s").arg(
                     size(static_cast<std::uint64_t>(static_cast<double>(state->done) / std::max(time.count(), 0.01))));
    }
    if (!parts.isEmpty())
        panel_->setStatus(parts.join(QStringLiteral(" · ")));
}

void SearchDesk::showResult()
{
    const SearchSummary &summary = listed_->summary;
    const std::uint64_t found = sets_.empty() ? summary.hits : sets_.back()->size();
    const auto listed = static_cast<std::uint64_t>(model_->rowCount());
    QStringList parts;
    QStringList details;
    if (!model_->staleReason().isEmpty())
        parts << model_->staleReason();
    parts << (listed_->isScan ? QStringLiteral("%1 left").arg(count(found))
                              : QStringLiteral("%1 found in %2, %3 s")
                                    .arg(count(found), size(summary.searched))
                                    .arg(std::chrono::duration<double>(summary.time).count(), 0, 'f', 2));
    if (summary.cancelled)
        parts << QStringLiteral("cancelled, there may be more");
    else if (summary.limited)
        parts << QStringLiteral("stopped at %1, there may be more").arg(count(found));
    if (listed < found)
        parts << QStringLiteral("the first %1 are listed, scans see all that was found").arg(count(listed));
    if (!sets_.empty() && sets_.back()->lost())
        parts << QStringLiteral("%1 cannot be read any more").arg(count(sets_.back()->lost()));
    std::uint64_t unread = 0;
    for (const UnreadBytes &part : summary.unread) {
        unread += part.bytes;
        details << QStringLiteral("%1 not searched, the first at %2: %3")
                       .arg(size(part.bytes), toQt(hex(part.first)), toQt(part.state.reason()));
    }
    if (unread)
        parts << QStringLiteral("%1 could not be read").arg(size(unread));
    const QString text = parts.join(QStringLiteral(" · "));
    panel_->setStatus(text, details.isEmpty() ? text : text + QLatin1Char('\n') + details.join(QLatin1Char('\n')),
                      !model_->staleReason().isEmpty());
    setTitle(found);
}

void SearchDesk::exportTo(const QString &name)
{
    if (!reader_ || !model_->isSearched())
        return;
    reader_->post(
        export_,
        [name, rows = model_->rows(), form = model_->form(), type = model_->type()](const Session &session) {
            QSaveFile file(name);
            if (!file.open(QIODevice::WriteOnly))
                return file.errorString();
            const bool isCsv = name.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive);
            file.write(isCsv ? searchAsCsv(session, form, type, rows) : searchAsJson(session, form, type, rows));
            return file.commit() ? QString() : file.errorString();
        },
        this,
        [this, name](const QString &problem) {
            if (problem.isEmpty())
                Q_EMIT message(QStringLiteral("Exported %1").arg(name));
            else
                Q_EMIT failed({ErrorCode::Io, name.toStdString(), problem.toStdString(), {}});
        });
}

} // namespace ks::ui
