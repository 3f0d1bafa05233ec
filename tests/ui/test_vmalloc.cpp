// The table of vmalloc areas.
#include "resources/demo/demo_session.h"
#include "ui/models/vmalloc_model.h"
#include "ui/views/vmalloc_view.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QSortFilterProxyModel>
#include <QTest>

using namespace ks;
using namespace ks::ui;

class TestVmalloc : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        Progress progress;
        session_ = demo::openSession({}, progress, 5).value();
        areas_ = kernel::listVmapAreas(session_->context()).value().entries;
        QVERIFY(areas_.size() > 10);
    }
    void rowsTellOwnersAndDevices();
    void everyColumnSorts();
    void onlyWhatChangedMoves();
    void aRowLeadsToItsArea();

private:
    std::shared_ptr<const Session> session_;
    std::vector<kernel::VmapArea> areas_;
};

void TestVmalloc::rowsTellOwnersAndDevices()
{
    VmallocModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(model.rowCount(), 0);
    model.setAreas(session_, areas_);
    QCOMPARE(model.rowCount(), static_cast<int>(areas_.size()));
    const auto text = [&](int row, int column) { return model.index(row, column).data().toString(); };
    bool sawDevice = false;
    for (int row = 0; row < model.rowCount(); ++row) {
        QCOMPARE(text(row, VmallocModel::StartColumn),
                 QString::fromStdString(hex(areas_[static_cast<std::size_t>(row)].range.first)));
        if (text(row, VmallocModel::PhysColumn) != QStringLiteral("0xfed00000"))
            continue;
        sawDevice = true;
        QCOMPARE(text(row, VmallocModel::FlagsColumn), QStringLiteral("ioremap"));
        QCOMPARE(text(row, VmallocModel::CallerColumn), QStringLiteral("ioremap"));
        QCOMPARE(text(row, VmallocModel::PagesColumn), QStringLiteral("–"));
        QCOMPARE(text(row, VmallocModel::SizeColumn), QStringLiteral("8 KiB"));
        const QString details = model.index(row, 0).data(Qt::ToolTipRole).toString();
        QVERIFY2(details.contains(QString::fromStdString(hex(model.at(row).vm))), qPrintable(details));
    }
    QVERIFY(sawDevice);
    for (int column = 0; column < model.columnCount(); ++column)
        QVERIFY(!model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString().isEmpty());
    model.setAreas(nullptr, {});
    QCOMPARE(model.rowCount(), 0);
}

void TestVmalloc::everyColumnSorts()
{
    VmallocModel model;
    model.setAreas(session_, areas_);
    QSortFilterProxyModel sorted;
    sorted.setSourceModel(&model);
    sorted.setSortRole(VmallocModel::SortRole);
    const QAbstractItemModelTester tester(&sorted, QAbstractItemModelTester::FailureReportingMode::QtTest);
    for (int column = 0; column < model.columnCount(); ++column) {
        sorted.sort(column, Qt::DescendingOrder);
        for (int row = 1; row < sorted.rowCount(); ++row) {
            const QVariant before = sorted.index(row - 1, column).data(VmallocModel::SortRole);
            const QVariant now = sorted.index(row, column).data(VmallocModel::SortRole);
            QVERIFY(QVariant::compare(before, now) != QPartialOrdering::Less);
        }
    }
}

void TestVmalloc::onlyWhatChangedMoves()
{
    VmallocModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    std::vector<kernel::VmapArea> fewer = areas_;
    fewer.erase(fewer.begin() + 3);
    fewer.erase(fewer.begin());
    fewer.pop_back();
    model.setAreas(session_, fewer);
    QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
    QSignalSpy removed(&model, &QAbstractItemModel::rowsRemoved);
    const QPersistentModelIndex kept = model.index(1, 0);
    const QString start = kept.data().toString();
    model.setAreas(session_, areas_);
    QCOMPARE(inserted.count(), 3);
    QCOMPARE(removed.count(), 0);
    QCOMPARE(kept.data().toString(), start);
    // Another area at an address of one that has gone.
    std::vector<kernel::VmapArea> other = areas_;
    other[2].area += 64;
    other[5].flags = 0x40;
    model.setAreas(session_, other);
    QCOMPARE(inserted.count(), 4);
    QCOMPARE(removed.count(), 1);
    QCOMPARE(model.rowCount(), static_cast<int>(areas_.size()));
    QCOMPARE(model.index(5, VmallocModel::FlagsColumn).data().toString(), QStringLiteral("no_guard"));
    for (int row = 0; row < model.rowCount(); ++row)
        QCOMPARE(model.at(row).range.first, other[static_cast<std::size_t>(row)].range.first);
}

void TestVmalloc::aRowLeadsToItsArea()
{
    VmallocModel model;
    model.setAreas(session_, areas_);
    VmallocView view(&model);
    QSignalSpy chosen(&view, &VmallocView::addressChosen);
    view.setCurrentIndex(view.model()->index(2, 0));
    QTest::keyClick(&view, Qt::Key_Return);
    QCOMPARE(chosen.count(), 1);
    QCOMPARE(chosen.at(0).at(0).value<VirtAddr>(), areas_[2].range.first);
}

QTEST_MAIN(TestVmalloc)
#include "test_vmalloc.moc"
