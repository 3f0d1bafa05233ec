// All that is in sight is read in one batch, and what is of two moments says so.
#include "resources/demo/demo_session.h"
#include "ui/views/struct_tree_view.h"
#include "ui/views/theme.h"
#include "ui/windows/kernel_browser.h"
#include "ui/windows/main_window.h"
#include "ui/windows/watch_desk.h"

#include <QSignalSpy>
#include <QTest>

#include <cstring>
#include <mutex>
#include <set>

using namespace ks;
using namespace ks::ui;

namespace {

constexpr int kPatience = 30000;

/// Another source, in which a number is another one each time it is read; and what was asked of it.
class RestlessSource : public MemorySource {
public:
    explicit RestlessSource(const MemorySource &inner) : inner_(inner) {}

    std::string description() const override { return inner_.description(); }
    Machine machine() const override { return inner_.machine(); }
    bool isLive() const override { return true; }
    std::vector<LoadSegment> segments() const override { return inner_.segments(); }
    std::vector<Note> notes() const override { return inner_.notes(); }
    ReadCost cost() const override { return inner_.cost(); }
    std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const override
    {
        auto blocks = inner_.readBatch(ranges);
        const std::lock_guard lock(mutex_);
        batches_.emplace_back(ranges.begin(), ranges.end());
        if (!restless_)
            return blocks;
        ++reads_;
        for (MemoryBlock &block : blocks) {
            const auto whole = AddrRange::sized(block.address(), block.size());
            if (!whole || !whole->contains(*restless_) || whole->last - *restless_ < 3)
                continue;
            std::vector<std::byte> bytes(block.bytes().begin(), block.bytes().end());
            std::memcpy(bytes.data() + (*restless_ - block.address()), &reads_, sizeof reads_);
            const auto time = block.time;
            block = MemoryBlock(block.address(), std::move(bytes), {block.runs().begin(), block.runs().end()});
            block.time = time;
        }
        return blocks;
    }

    void move(std::optional<VirtAddr> restless)
    {
        const std::lock_guard lock(mutex_);
        restless_ = restless;
    }
    std::vector<std::vector<AddrRange>> takeBatches()
    {
        const std::lock_guard lock(mutex_);
        return std::exchange(batches_, {});
    }

private:
    const MemorySource &inner_;
    mutable std::mutex mutex_; ///< guards all below
    mutable std::vector<std::vector<AddrRange>> batches_;
    mutable std::uint32_t reads_ = 0;
    std::optional<VirtAddr> restless_;
};

std::shared_ptr<const Session> openDemo(std::uint64_t seed)
{
    Progress progress;
    SessionOptions options;
    options.useCache = false;
    return demo::openSession(options, progress, seed).value();
}

} // namespace

class TestLiveViews : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(*qApp); }
    void everythingInSightIsOneBatch();
    void aRowOfTwoMomentsSaysSo();
    void whatIsOpenedWhileFrozenIsReadOnce();
    void aSecondViewOfTheSameBytesIsFilledWhileFrozen();
};

void TestLiveViews::everythingInSightIsOneBatch()
{
    Openers openers;
    openers.demo = [](const SessionOptions &options, Progress &progress) {
        return demo::openSession(options, progress, 1);
    };
    MainWindow window(std::move(openers), QString());
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QSignalSpy opened(&window, &MainWindow::kernelOpened);
    window.open({TargetRequest::Kind::Demo, {}, false});
    QVERIFY(opened.wait(kPatience));
    KernelBrowser &browser = *window.browser();
    QTRY_VERIFY_WITH_TIMEOUT(browser.inspector()->range().has_value(), kPatience);
    window.watches()->watch(QStringLiteral("init_task.pid"));
    QTRY_COMPARE_WITH_TIMEOUT(window.watches()->model()->index(0, WatchModel::ValueColumn).data().toString(),
                              QStringLiteral("0"), kPatience);

    // The hex view, the inspector and the watch show the same object: the next tick has all three, and reads its pages
    // (and those of the kernel's name and of the list of modules) twice, to be sure of them.
    SamplePtr sample;
    const auto wait =
        connect(browser.sampling().get(), &Sampling::sampled, this, [&](const SamplePtr &taken) { sample = taken; });
    for (int i = 0; i < 10; ++i) { // of which one or the other may only be for what has just moved
        sample = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT(sample, kPatience);
        if (std::ranges::count_if(sample->results, &live::WatchResult::sampled) == 3)
            break;
    }
    disconnect(wait);
    QCOMPARE(sample->results.size(), std::size_t(3));
    for (const live::WatchResult &result : sample->results)
        QVERIFY(result.sampled);
    QVERIFY(sample->passes >= 2);
    std::set<std::uint64_t> pages;
    const auto add = [&](const AddrRange &range) {
        for (VirtAddr page = range.first.alignedDown(kPageSize); page <= range.last; page += kPageSize)
            pages.insert(page.value);
    };
    for (const AddrRange &range : browser.tabs()->currentView()->visibleRanges())
        add(range);
    add(*browser.inspector()->range());
    constexpr std::size_t kOwnPages = 4; // of the sampler itself, and what pointers in the rows lead to
    QVERIFY2(sample->pages <= pages.size() + kOwnPages,
             qPrintable(QStringLiteral("%1 of %2").arg(sample->pages).arg(pages.size())));
}

void TestLiveViews::aRowOfTwoMomentsSaysSo()
{
    const auto session = openDemo(1);
    RestlessSource memory(session->memory());
    EvalContext context = session->context();
    context.memory = &memory;
    SessionWorker worker(session);
    const auto sampling = std::make_shared<Sampling>(session, context);
    QWidget parent;
    Inspector inspector(&worker, sampling, &parent);
    inspector.panel()->resize(500, 800);
    inspector.panel()->show();
    QSignalSpy shown(&inspector, &Inspector::shown);
    inspector.inspectExpression(QStringLiteral("init_task"));
    QVERIFY(shown.wait(kPatience));
    const auto cell = [&](const char *member) {
        return inspector.model()
            ->indexOfPath({QString::fromLatin1(member)})
            .siblingAtColumn(StructTreeModel::ValueColumn);
    };
    QTRY_VERIFY_WITH_TIMEOUT(cell("pid").isValid(), kPatience);
    const QModelIndex pid = cell("pid");
    QVERIFY(inspector.panel()->tree()->visibleRows().contains(pid.siblingAtColumn(0)));
    const auto isTorn = [](const QModelIndex &index) { return index.data(StructTreeModel::TornRole).toBool(); };
    sampling->readNow();
    QTRY_COMPARE_WITH_TIMEOUT(pid.data().toString(), QStringLiteral("0"), kPatience);
    QVERIFY(!isTorn(pid));

    memory.move(inspector.model()->rowAt(pid)->address);
    sampling->readNow();
    QTRY_VERIFY_WITH_TIMEOUT(isTorn(pid), kPatience);
    QVERIFY(pid.data(Qt::ToolTipRole).toString().contains(QLatin1String("torn")));
    // So do the readings of the bytes.
    const VirtAddr at = *inspector.model()->rowAt(pid)->address;
    HexContent content;
    LiveReader reader(sampling, [&](LiveReader::Want) { return std::vector<AddrRange>{{at - 8, at + 15}}; });
    bool wasSampled = false;
    connect(&reader, &LiveReader::sampled, this, [&](const Blocks &blocks, const std::vector<AddrRange> &torn) {
        content.store(blocks, {});
        content.setTorn(torn);
        wasSampled = true;
    });
    sampling->readNow();
    QTRY_VERIFY_WITH_TIMEOUT(wasSampled, kPatience);
    QVERIFY(content.isTorn({at, at + 3}) && !content.isTorn({at - 8, at - 1}) && !content.isTorn({at + 4, at + 15}));
    QVERIFY(pid.siblingAtColumn(0).data(Qt::AccessibleTextRole).toString().endsWith(QLatin1String("torn")));
    QVERIFY(!isTorn(cell("tgid")) && !isTorn(cell("comm")));
    QVERIFY(!isTorn(inspector.model()->index(0, StructTreeModel::ValueColumn)));

    memory.move(std::nullopt);
    sampling->readNow();
    QTRY_VERIFY_WITH_TIMEOUT(!isTorn(pid), kPatience);
    // Now that all is known, each pass is one batch, in which no page is read twice.
    sampling->setFrozen(true);
    QTRY_VERIFY_WITH_TIMEOUT(!sampling->worker().isBusy(), kPatience);
    memory.takeBatches();
    SamplePtr sample;
    connect(sampling.get(), &Sampling::sampled, this, [&](const SamplePtr &taken) { sample = taken; });
    sampling->readNow();
    QTRY_VERIFY_WITH_TIMEOUT(sample, kPatience);
    const auto batches = memory.takeBatches();
    QCOMPARE(batches.size(), std::size_t(sample->passes));
    QVERIFY(sample->passes >= 2);
    for (const std::vector<AddrRange> &batch : batches)
        for (std::size_t i = 1; i < batch.size(); ++i)
            QVERIFY(batch[i - 1].last < batch[i].first);
    QCOMPARE(pid.data().toString(), QStringLiteral("0"));
}

void TestLiveViews::whatIsOpenedWhileFrozenIsReadOnce()
{
    const auto session = openDemo(1);
    RestlessSource memory(session->memory());
    EvalContext context = session->context();
    context.memory = &memory;
    const auto sampling = std::make_shared<Sampling>(session, context);
    sampling->setFrozen(true);
    const VirtAddr at = session->symbols().findFirst("init_task")->address;
    std::vector<AddrRange> visible{{at, at + 63}}, unread = visible;
    LiveReader reader(sampling,
                      [&](LiveReader::Want want) { return want == LiveReader::Want::Unread ? unread : visible; });
    QSignalSpy sampled(&reader, &LiveReader::sampled);
    reader.visibleChanged();
    QVERIFY(sampled.wait(kPatience));
    unread.clear();
    memory.takeBatches();
    reader.visibleChanged();
    QTest::qWait(300);
    QCOMPARE(sampled.size(), 1);
    QVERIFY(memory.takeBatches().empty());
    sampling->readNow();
    QVERIFY(sampled.wait(kPatience));
    QVERIFY(sampling->isFrozen());
}

// As when a tab is opened that shows the bytes of the one before.
void TestLiveViews::aSecondViewOfTheSameBytesIsFilledWhileFrozen()
{
    const auto session = openDemo(1);
    const auto sampling = std::make_shared<Sampling>(session, session->context());
    sampling->setFrozen(true);
    const VirtAddr at = session->symbols().findFirst("init_task")->address;
    const std::vector<AddrRange> visible{{at, at + 63}};
    LiveReader reader(sampling, [&](LiveReader::Want) { return visible; });
    QSignalSpy sampled(&reader, &LiveReader::sampled);
    reader.visibleChanged();
    QVERIFY(sampled.wait(kPatience));
    reader.visibleChanged();
    QVERIFY(sampled.wait(kPatience));
}

QTEST_MAIN(TestLiveViews)
#include "test_live_views.moc"
