// Change in the struct tree on the screen: what is marked, what is painted, a target that is lost, and an array of ten
// million elements.
#include "core/values/context.h"
#include "tests/support/fake_source.h"
#include "tests/support/fake_types.h"
#include "tests/ui/hex_view_fixture.h"
#include "ui/views/struct_tree_view.h"
#include "ui/views/theme.h"

#include <QApplication>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>

using namespace ks;
using namespace ks::ui;
using namespace std::chrono_literals;
using ks::ui::test::PaintSpy;
using ks::ui::test::spin;

namespace {

constexpr VirtAddr kCounters{0xffffffff82a00000};
constexpr VirtAddr kBig{0xffffc90000000000};
constexpr std::uint64_t kElements = 10'000'000;

/// Counts the bytes that were asked for.
class CountingSource : public ks::test::FakeSource {
public:
    std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const override
    {
        for (const AddrRange &range : ranges)
            bytes += range.size();
        return FakeSource::readBatch(ranges);
    }
    mutable std::uint64_t bytes = 0;
};

} // namespace

class TestStructChanges : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void marksFollowTheBase();
    void comesBackMarked();
    void whatComesBackAsItWasHasNotChanged();
    void fadesAndStops();
    void paintsOnlyWhatChanged();
    void underlinesChange();
    void lostKeepsTheLastSample();
    void opensTenMillionElements();
    void closedPagesAreForgotten();

private:
    void open(const QString &name, const Type &type, VirtAddr address);
    QModelIndex row(const QStringList &path, int column = StructTreeModel::ValueColumn) const
    {
        return model_->indexOfPath(path).siblingAtColumn(column);
    }
    bool marked(const QString &name) const { return row({name}).data(StructTreeModel::ChangedRole).toBool(); }
    void refresh();
    QModelIndex expand(const QModelIndex &index);
    int loadedRows() const;

    ks::test::FakeTypes types_;
    CountingSource memory_;
    Type counters_;
    Type big_;
    std::unique_ptr<StructTreeModel> model_;
    std::unique_ptr<StructTreeView> view_;
};

void TestStructChanges::initTestCase()
{
    Theme::instance().install(*qApp);
    auto counters = types_.structure("counters");
    for (const char *name : {"ticks", "reads", "writes"})
        counters.member(name, types_.base("long unsigned int"));
    counters_ = types_.type(counters);
    auto big = types_.structure("big");
    big.member("values", types_.array(types_.base("unsigned int"), kElements));
    big_ = types_.type(big);
    memory_.addZeros(kCounters, 4096);
    memory_.addZeros(kBig, kElements * 4);
}

void TestStructChanges::init()
{
    memory_.mark(kCounters, 4096, {PageStatus::Present});
    memory_.set<std::uint64_t>(kCounters, 1);
    memory_.set<std::uint64_t>(kCounters + 8, 10);
    model_ = std::make_unique<StructTreeModel>([this](StructTreeModel::Lane, const StructTreeModel::Job &job) {
        QTimer::singleShot(0, model_.get(), [this, job] {
            const EvalContext context{&memory_, nullptr, &types_, 0, {}};
            if (const auto deliver = job(context))
                deliver();
        });
    });
    view_ = std::make_unique<StructTreeView>(model_.get());
    view_->resize(420, 500);
    view_->show();
}

void TestStructChanges::cleanup()
{
    view_.reset();
    model_.reset();
}

void TestStructChanges::open(const QString &name, const Type &type, VirtAddr address)
{
    QSignalSpy shown(model_.get(), &StructTreeModel::rootShown);
    model_->setRoot({name, type, address, {}});
    QVERIFY(shown.wait());
    spin(30ms);
}

void TestStructChanges::refresh()
{
    QSignalSpy done(model_.get(), &StructTreeModel::refreshed);
    QVERIFY(model_->refresh(view_->visibleRows()));
    QVERIFY(done.wait());
}

QModelIndex TestStructChanges::expand(const QModelIndex &index)
{
    view_->expand(index.siblingAtColumn(0));
    for (int i = 0; i < 100 && model_->rowCount(index.siblingAtColumn(0)) == 0; ++i)
        spin(5ms);
    return index;
}

int TestStructChanges::loadedRows() const
{
    const std::function<int(const QModelIndex &)> count = [&](const QModelIndex &index) {
        int rows = 1;
        for (int i = 0; i < model_->rowCount(index); ++i)
            rows += count(model_->index(i, 0, index));
        return rows;
    };
    return count(model_->index(0, 0));
}

void TestStructChanges::marksFollowTheBase()
{
    open("counters", counters_, kCounters);
    QVERIFY(!marked("ticks"));
    memory_.set<std::uint64_t>(kCounters, 2);
    refresh();
    QVERIFY(marked("ticks") && !marked("reads"));
    QVERIFY(row({"ticks"}).data(StructTreeModel::HeatRole).toDouble() > 0.8);
    model_->keepSnapshot();
    model_->setChangeBase(ChangeBase::Snapshot);
    QVERIFY(!marked("ticks"));
    memory_.set<std::uint64_t>(kCounters, 3);
    refresh();
    QVERIFY(marked("ticks"));
    QVERIFY(row({"ticks"}).data(Qt::ToolTipRole).toString().contains("2 at the snapshot"));
    memory_.set<std::uint64_t>(kCounters, 2);
    refresh();
    QVERIFY(!marked("ticks")); // as it was
    model_->setChangeBase(ChangeBase::Look);
    QVERIFY(marked("ticks"));
    model_->markSeen();
    QVERIFY(!marked("ticks"));
    refresh();
    QVERIFY(!marked("ticks"));
}

// Another object was looked at in between: since the last look, the value has changed all the same.
void TestStructChanges::comesBackMarked()
{
    open("counters", counters_, kCounters);
    model_->setChangeBase(ChangeBase::Look);
    open("big", big_, kBig);
    memory_.set<std::uint64_t>(kCounters + 8, 11);
    open("counters", counters_, kCounters);
    QVERIFY(marked("reads") && !marked("writes"));
}

void TestStructChanges::whatComesBackAsItWasHasNotChanged()
{
    open(QStringLiteral("c"), counters_, kCounters);
    QTRY_COMPARE(row({QStringLiteral("ticks")}).data().toString(), QStringLiteral("1"));
    // One read fails, as when memory is moved under it; the next ones give the same, but for one value.
    memory_.mark(kCounters, 4096, {PageStatus::Unmapped});
    refresh();
    QCOMPARE(row({QStringLiteral("ticks")}).data().toString(), QStringLiteral("??"));
    QVERIFY(!marked(QStringLiteral("ticks")));
    memory_.mark(kCounters, 4096, {PageStatus::Present});
    memory_.set<std::uint64_t>(kCounters + 8, 11);
    refresh();
    QCOMPARE(row({QStringLiteral("ticks")}).data().toString(), QStringLiteral("1"));
    QVERIFY(!marked(QStringLiteral("ticks")));
    QVERIFY(marked(QStringLiteral("reads")));
}

void TestStructChanges::fadesAndStops()
{
    open("counters", counters_, kCounters);
    memory_.set<std::uint64_t>(kCounters, 5);
    refresh();
    QSignalSpy changed(model_.get(), &QAbstractItemModel::dataChanged);
    spin(kChangeFade + 300ms); // frozen: nothing is read any more, and yet it fades
    QVERIFY(!marked("ticks"));
    QVERIFY2(changed.size() >= 2 && changed.size() <= kChangeSteps + 1, qPrintable(QString::number(changed.size())));
    for (const auto &signal : changed) {
        QCOMPARE(signal[0].value<QModelIndex>(), row({"ticks"}));
        QCOMPARE(signal[1].value<QModelIndex>(), row({"ticks"}));
    }
    changed.clear();
    spin(500ms);
    QCOMPARE(changed.size(), 0);
}

void TestStructChanges::paintsOnlyWhatChanged()
{
    open("counters", counters_, kCounters);
    spin(100ms);
    PaintSpy paints(view_->viewport());
    for (int i = 0; i < 10; ++i) {
        refresh();
        spin(10ms);
    }
    QCOMPARE(paints.paints, 0);
    memory_.set<std::uint64_t>(kCounters + 8, 12);
    refresh();
    spin(20ms);
    const QRect line = view_->visualRect(row({"reads"}));
    QVERIFY(paints.paints > 0);
    QCOMPARE(paints.region.boundingRect().top(), line.top());
    QCOMPARE(paints.region.boundingRect().height(), line.height());
}

// In grey as well: below the value of a changed row runs a line.
void TestStructChanges::underlinesChange()
{
    open("counters", counters_, kCounters);
    memory_.set<std::uint64_t>(kCounters + 8, 123456789);
    refresh();
    const QImage grey = view_->viewport()->grab().toImage().convertToFormat(QImage::Format_Grayscale8);
    const int background = qGray(Theme::instance().tokens().panel.rgb());
    const auto longestLine = [&](const QString &name) {
        const QRect box = view_->visualRect(row({name}));
        int longest = 0;
        for (int y = box.top(); y <= box.bottom(); ++y) {
            int run = 0;
            for (int x = box.left(); x <= box.right(); ++x) {
                run = std::abs(qGray(grey.pixel(x, y)) - background) > 50 ? run + 1 : 0;
                longest = std::max(longest, run);
            }
        }
        return longest;
    };
    QVERIFY(longestLine("reads") > 40);
    QVERIFY(longestLine("ticks") < 12);
}

void TestStructChanges::lostKeepsTheLastSample()
{
    open("counters", counters_, kCounters);
    const QImage before = view_->viewport()->grab().toImage();
    const QString value = row({"reads"}).data().toString();
    QSignalSpy lost(model_.get(), &StructTreeModel::lostChanged);
    memory_.mark(kCounters, 4096, {PageStatus::Error, 5});
    refresh();
    QCOMPARE(lost.size(), 1);
    QVERIFY(model_->lostReason().contains("Input/output"));
    QCOMPARE(row({"reads"}).data().toString(), value);
    QVERIFY(row({"reads"}).data(Qt::ToolTipRole).toString().contains("Input/output"));
    QVERIFY(view_->viewport()->grab().toImage() != before); // dimmed
    memory_.mark(kCounters, 4096, {PageStatus::Present});
    memory_.set<std::uint64_t>(kCounters + 8, 77);
    refresh();
    QCOMPARE(lost.size(), 2);
    QVERIFY(model_->lostReason().isEmpty());
    QCOMPARE(row({"reads"}).data().toString(), "77");
    // A page that is not mapped is an answer.
    memory_.mark(kCounters, 4096, {PageStatus::Unmapped});
    refresh();
    QCOMPARE(row({"reads"}).data().toString(), "??");
}

void TestStructChanges::opensTenMillionElements()
{
    memory_.set<std::uint32_t>(kBig + 4 * 9'999'999, 4711);
    memory_.bytes = 0;
    open("big", big_, kBig);
    expand(row({"values"}, 0));
    QCOMPARE(model_->rowCount(row({"values"}, 0)), 10);
    QVERIFY2(memory_.bytes <= 4096, qPrintable(QString::number(memory_.bytes)));
    // Down to the last element, through the last page of each level.
    QModelIndex page = row({"values"}, 0);
    for (int level = 0; level < 3; ++level) {
        page = model_->index(model_->rowCount(page) - 1, 0, page);
        expand(page);
        QCOMPARE(model_->rowCount(page), 100);
    }
    const QModelIndex last = model_->index(99, 0, page);
    QCOMPARE(last.data().toString(), "[9999999]");
    QCOMPARE(last.siblingAtColumn(StructTreeModel::ValueColumn).data().toString(), "4711");
    QVERIFY2(memory_.bytes <= 64 * 1024, qPrintable(QString::number(memory_.bytes)));
    QVERIFY(loadedRows() <= 2 + 10 + 3 * 100);
    // Scrolling from end to end reads nothing, and what is read again is what is seen.
    const std::uint64_t before = memory_.bytes;
    QScrollBar *bar = view_->verticalScrollBar();
    QVERIFY(bar->maximum() > 0);
    for (int value = 0; value <= bar->maximum(); value += std::max(1, bar->maximum() / 50)) {
        bar->setValue(value);
        QCoreApplication::processEvents();
    }
    QCOMPARE(memory_.bytes, before);
    bar->setValue(bar->maximum());
    refresh();
    QVERIFY(memory_.bytes - before <= 4096);
}

void TestStructChanges::closedPagesAreForgotten()
{
    open("big", big_, kBig);
    expand(row({"values"}, 0));
    const int few = loadedRows();
    const QModelIndex values = row({"values"}, 0);
    for (int i = 0; i < model_->rowCount(values); ++i) {
        const QModelIndex million = expand(model_->index(i, 0, values));
        const QModelIndex tenThousand = expand(model_->index(50, 0, million));
        expand(model_->index(50, 0, tenThousand));
        QVERIFY(loadedRows() >= few + 300);
        view_->collapse(million);
        QCOMPARE(loadedRows(), few);
    }
    expand(model_->index(0, 0, values)); // and opens again
    QCOMPARE(model_->rowCount(model_->index(0, 0, values)), 100);
}

QTEST_MAIN(TestStructChanges)
#include "test_struct_changes.moc"
