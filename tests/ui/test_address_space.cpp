// The address-space dock: its model, the sections and modules in it, and the strip of the whole map.
#include "tests/ui/hex_fixture.h"
#include "ui/models/address_space_model.h"
#include "ui/views/address_space_panel.h"
#include "ui/views/map_strip.h"
#include "ui/views/theme.h"

#include <QAbstractItemModelTester>
#include <QHelpEvent>
#include <QSignalSpy>
#include <QTest>
#include <QToolTip>
#include <QTreeView>

using namespace ks;
using namespace ks::ui;

class TestAddressSpace : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { Theme::instance().install(*qApp); }
    void kindsAndSizes();
    void sectionsOfTheImage();
    void extentsOfModules();
    void modelKeepsItsPromises();
    void hereFollowsTheCursor();
    void physicalAndAlias();
    void bandsOfTheStrip();
    void stripIsClicked();
    void stripWarmsWhereBytesChange();
    void panel();
    void sizes_data();
    void sizes();

private:
    test::HexFixture fixture;
};

void TestAddressSpace::kindsAndSizes()
{
    const auto nodes = buildAddressSpace(*fixture.segments, *fixture.symbols);
    QStringList names;
    std::uint64_t total = 0;
    for (const AddressSpaceNode &node : nodes) {
        names << node.name;
        total += node.size;
    }
    QCOMPARE(names, (QStringList{QStringLiteral("text"), QStringLiteral("modules"), QStringLiteral("vmalloc"),
                                 QStringLiteral("direct map"), QStringLiteral("vmemmap"), QStringLiteral("vsyscall")}));
    std::uint64_t expected = 0;
    for (const Segment &segment : fixture.segments->all())
        expected += segment.range().size();
    QCOMPARE(total, expected);
    // Two RAM ranges with a hole between them: the hole is no part.
    const AddressSpaceNode &direct = nodes[3];
    QCOMPARE(direct.children.size(), std::size_t{2});
    QVERIFY(direct.contains(VirtAddr(test::kDirect + 0x1000)));
    QVERIFY(direct.range.contains(VirtAddr(test::kDirect + 0xa0000)));
    QVERIFY(!direct.contains(VirtAddr(test::kDirect + 0xa0000)));
    QVERIFY(buildAddressSpace({}, *fixture.symbols).empty());
}

void TestAddressSpace::sectionsOfTheImage()
{
    const auto nodes = buildAddressSpace(*fixture.segments, *fixture.symbols);
    QStringList names;
    for (const AddressSpaceNode &section : nodes[0].children)
        names << section.name;
    QCOMPARE(names, (QStringList{QStringLiteral(".text"), QStringLiteral(".rodata"), QStringLiteral(".data"),
                                 QStringLiteral(".bss")}));
    QCOMPARE(nodes[0].children[0].range, *AddrRange::sized(VirtAddr(test::kText), 0x1100000));
    const auto path = pathTo(nodes, VirtAddr(test::kInitTask));
    QCOMPARE(path.size(), std::size_t{2});
    QCOMPARE(path[1]->name, QStringLiteral(".data"));
    // Between two sections there is still text.
    QCOMPARE(pathTo(nodes, VirtAddr(test::kText + 0x27fffff)).size(), std::size_t{1});
    QVERIFY(pathTo(nodes, VirtAddr(0)).empty());
}

void TestAddressSpace::extentsOfModules()
{
    const auto nodes = buildAddressSpace(*fixture.segments, *fixture.symbols);
    const auto &modules = nodes[1].children;
    QCOMPARE(modules.size(), std::size_t{2});
    QCOMPARE(modules[0].name, QStringLiteral("virtio_net"));
    QCOMPARE(modules[0].range, (AddrRange{VirtAddr(0xffffffffc02f0000), VirtAddr(0xffffffffc0301fff)}));
    QCOMPARE(modules[1].name, QStringLiteral("fuse"));
    QCOMPARE(modules[1].size, 4096U);
}

void TestAddressSpace::modelKeepsItsPromises()
{
    AddressSpaceModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setNodes(buildAddressSpace(*fixture.segments, *fixture.symbols));
    QCOMPARE(model.rowCount(), 6);
    QCOMPARE(model.columnCount(), 2);
    const QModelIndex text = model.index(0, 0);
    QCOMPARE(text.data().toString(), QStringLiteral("text"));
    QCOMPARE(text.siblingAtColumn(1).data().toString(), QStringLiteral("40 MiB"));
    QCOMPARE(model.rowCount(text), 4);
    QCOMPARE(model.index(2, 0, text).parent(), text);
    QCOMPARE(model.rowCount(model.index(2, 0, text)), 0);
    QCOMPARE(text.data(AddressSpaceModel::FirstRole).toULongLong(), test::kText);
    model.setColors([](SegmentKind) { return QColor(Qt::red); }, Qt::gray);
    QCOMPARE(text.data(Qt::ForegroundRole).value<QColor>(), QColor(Qt::red));
    model.setNodes({});
    QCOMPARE(model.rowCount(), 0);
}

void TestAddressSpace::hereFollowsTheCursor()
{
    AddressSpaceModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setNodes(buildAddressSpace(*fixture.segments, *fixture.symbols));
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    const QModelIndex data = model.setHere(VirtAddr(test::kInitTask));
    QCOMPARE(data.data().toString(), QStringLiteral(".data · here"));
    QVERIFY(data.data(AddressSpaceModel::HereRole).toBool());
    QCOMPARE(changed.size(), 1);
    model.setHere(VirtAddr(test::kInitTask + 8));
    QCOMPARE(changed.size(), 1);
    const QModelIndex module = model.setHere(VirtAddr(0xffffffffc0400020));
    QCOMPARE(module.data().toString(), QStringLiteral("fuse · here"));
    QCOMPARE(data.data().toString(), QStringLiteral(".data"));
    QVERIFY(!model.setHere(VirtAddr(0)).isValid());
    QCOMPARE(module.data().toString(), QStringLiteral("fuse"));
}

void TestAddressSpace::physicalAndAlias()
{
    const SegmentMap &map = *fixture.segments;
    QCOMPARE(physicalOf(map, VirtAddr(test::kInitTask)), std::optional(PhysAddr(0x141aa40)));
    QCOMPARE(aliasOf(map, VirtAddr(test::kInitTask)), std::optional(VirtAddr(test::kDirect + 0x141aa40)));
    QCOMPARE(aliasOf(map, VirtAddr(test::kDirect + 0x141aa40)), std::optional(VirtAddr(test::kInitTask)));
    QVERIFY(!physicalOf(map, VirtAddr(0xffffffffc0400020)));
    QVERIFY(!aliasOf(map, VirtAddr(test::kDirect + 0x1000)));
}

void TestAddressSpace::bandsOfTheStrip()
{
    const auto bands = mapBands(*fixture.segments);
    QCOMPARE(bands.size(), std::size_t{6});
    QCOMPARE(bands[0].kind, SegmentKind::DirectMap);
    QCOMPARE(bands[0].range, (AddrRange{VirtAddr(test::kDirect + 0x1000), VirtAddr(test::kDirect + 0x13ffffff)}));
    QCOMPARE(bands[3].kind, SegmentKind::Text);
}

void TestAddressSpace::stripIsClicked()
{
    MapStrip strip;
    strip.resize(strip.sizeHint().width(), 600);
    strip.setSegments(*fixture.segments);
    strip.show();
    QSignalSpy chosen(&strip, &MapStrip::addressChosen);
    for (const MapBand &band : mapBands(*fixture.segments)) {
        // Every band can be hit, and hitting it goes into it.
        const int y = (strip.yOf(band.range.first) + strip.yOf(band.range.last)) / 2 + 1;
        QVERIFY(strip.yOf(band.range.last) - strip.yOf(band.range.first) >= 4);
        QTest::mouseClick(&strip, Qt::LeftButton, {}, QPoint(8, y));
        QVERIFY2(band.range.contains(chosen.back()[0].value<VirtAddr>()), name(band.kind));
        // In the colour of its kind.
        const QColor painted = strip.grab().toImage().pixelColor(8, y);
        const QColor expected = Theme::mix(Theme::instance().tokens().background, Theme::instance().color(band.kind),
                                           Theme::instance().isDark() ? 0.85 : 0.6);
        QVERIFY(std::abs(painted.red() - expected.red()) + std::abs(painted.green() - expected.green()) < 6);
    }
    strip.setCursor(VirtAddr(test::kInitTask));
    QTest::keyClick(&strip, Qt::Key_Down);
    QCOMPARE(chosen.back()[0].value<VirtAddr>(), VirtAddr(0xffffffffc0000000));
    QTest::keyClick(&strip, Qt::Key_Up);
    QCOMPARE(chosen.back()[0].value<VirtAddr>(), VirtAddr(test::kText));
}

void TestAddressSpace::stripWarmsWhereBytesChange()
{
    for (const ThemeMode mode : {ThemeMode::Dark, ThemeMode::Light}) {
        Theme::instance().setMode(mode);
        MapStrip strip;
        strip.resize(strip.sizeHint().width(), 600);
        strip.setSegments(*fixture.segments);
        strip.setCursor(VirtAddr(test::kDirect + 0x1000));
        strip.show();
        const QImage cold = strip.grab().toImage();
        strip.addChanges({*AddrRange::sized(VirtAddr(test::kInitTask), 64)});
        const QImage warm = strip.grab().toImage();
        const int y = strip.yOf(VirtAddr(test::kInitTask));
        const int edge = strip.width() - 2;
        const auto differs = [&](int row) { return warm.pixel(edge, row) != cold.pixel(edge, row); };
        QVERIFY(differs(y));
        // In grey, too, and nowhere else.
        QVERIFY(std::abs(qGray(warm.pixel(edge, y)) - qGray(cold.pixel(edge, y))) > 30);
        QVERIFY(!differs(y - 12) && !differs(y + 12));
        QHelpEvent help(QEvent::ToolTip, QPoint(edge, y), strip.mapToGlobal(QPoint(edge, y)));
        QCoreApplication::sendEvent(&strip, &help);
        QVERIFY2(QToolTip::text().contains(QStringLiteral("64 byte changes seen here")), qPrintable(QToolTip::text()));
        QToolTip::hideText();
    }
    Theme::instance().setMode(ThemeMode::System);
}

void TestAddressSpace::panel()
{
    Worker worker;
    AddressSpacePanel panel;
    panel.resize(240, 600);
    panel.show();
    QSignalSpy ready(&panel, &AddressSpacePanel::ready);
    QSignalSpy chosen(&panel, &AddressSpacePanel::addressChosen);
    panel.setCursor(VirtAddr(test::kInitTask)); // before there is a tree
    panel.setTarget(fixture.target(), worker);
    QTRY_COMPARE(ready.size(), 1);
    auto *tree = panel.findChild<QTreeView *>();
    QCOMPARE(tree->currentIndex().data().toString(), QStringLiteral(".data · here"));
    QVERIFY(chosen.isEmpty()); // following the cursor is no choice
    const QModelIndex modules = tree->model()->index(1, 0);
    QTest::mouseClick(tree->viewport(), Qt::LeftButton, {},
                      tree->visualRect(modules.model()->index(1, 0, modules)).center());
    QCOMPARE(chosen.size(), 1);
    QCOMPARE(chosen[0][0].value<VirtAddr>(), VirtAddr(0xffffffffc0400000));
    // A closed kind stays closed.
    tree->collapse(modules);
    panel.setCursor(VirtAddr(0xffffffffc0400020));
    QVERIFY(!tree->isExpanded(modules));
    QCOMPARE(tree->currentIndex(), modules);
}

void TestAddressSpace::sizes_data()
{
    QTest::addColumn<quint64>("bytes");
    QTest::addColumn<QString>("text");
    QTest::newRow("0") << quint64{0} << QStringLiteral("0 B");
    QTest::newRow("page") << quint64{4096} << QStringLiteral("4 KiB");
    QTest::newRow("3.6M") << quint64{0x3a0000} << QStringLiteral("3.6 MiB");
    QTest::newRow("1020K") << quint64{1020 * 1024} << QStringLiteral("1020 KiB");
    QTest::newRow("320M") << quint64{320} * 1024 * 1024 << QStringLiteral("320 MiB");
    QTest::newRow("32T") << (quint64{1} << 45) << QStringLiteral("32 TiB");
    QTest::newRow("32T less 1") << (quint64{1} << 45) - 1 << QStringLiteral("32 TiB");
    QTest::newRow("most") << ~quint64{0} << QStringLiteral("16 EiB");
}

void TestAddressSpace::sizes()
{
    QFETCH(quint64, bytes);
    QTEST(sizeText(bytes), "text");
}

QTEST_MAIN(TestAddressSpace)
#include "test_address_space.moc"
