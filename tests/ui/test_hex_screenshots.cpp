// Pictures of the hex view with its companions, in both themes and at both scales: written when
// KERNOSCOPE_SCREENSHOTS names a folder, and looked at by the program itself in any case.
#include "tests/ui/hex_fixture.h"
#include "ui/views/address_space_panel.h"
#include "ui/views/hex_view.h"
#include "ui/views/provenance_line.h"
#include "ui/views/readings_panel.h"
#include "ui/views/theme.h"
#include "ui/workers/live_reader.h"

#include <QFontDatabase>
#include <QHBoxLayout>
#include <QPainter>
#include <QSignalSpy>
#include <QTest>
#include <QVBoxLayout>

#include <set>

using namespace ks;
using namespace ks::ui;

namespace {

// The middle of the window as the main window puts it together.
struct Scene {
    Scene()
    {
        auto *centre = new QWidget;
        auto *column = new QVBoxLayout(centre);
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(0);
        column->addWidget(hex, 1);
        column->addWidget(provenance);
        auto *row = new QHBoxLayout(&window);
        row->setContentsMargins(0, 0, 0, 0);
        row->setSpacing(0);
        space->setFixedWidth(240);
        readings->setFixedWidth(280);
        row->addWidget(space);
        row->addWidget(centre, 1);
        row->addWidget(readings);
        sampling->setFrozen(true);
        window.resize(1280, 800);

        QObject::connect(hex, &HexView::visibleRangesChanged, &reader, &LiveReader::visibleChanged);
        QObject::connect(&reader, &LiveReader::sampled, hex, &HexView::setBlocks);
        QObject::connect(hex, &HexView::cursorMoved, space, &AddressSpacePanel::setCursor);
        hex->setTarget(fixture.target());
        space->setTarget(fixture.target(), worker);
        provenance->follow(hex, [this]() -> const std::vector<AddressSpaceNode> & { return space->model().nodes(); });
        readings->follow(hex);
        window.show();
        hex->goTo(VirtAddr(test::kInitTask));
        hex->setOverlay(VirtAddr(test::kInitTask), test::HexFixture::members());
        hex->goTo(VirtAddr(test::kInitTask + 0x20));
        settle();
    }

    void settle()
    {
        sampling->readNow();
        QTRY_VERIFY(!worker.isBusy() && !sampling->worker().isBusy());
        QCoreApplication::processEvents();
    }

    QImage picture(double scale)
    {
        QImage image(window.size() * scale, QImage::Format_ARGB32_Premultiplied);
        image.setDevicePixelRatio(scale);
        window.render(&image);
        return image;
    }

    test::HexFixture fixture;
    Worker worker;
    std::shared_ptr<Sampling> sampling =
        std::make_shared<Sampling>(fixture.source, EvalContext{.memory = fixture.source.get()});
    QWidget window;
    HexView *hex = new HexView;
    LiveReader reader{sampling, [this](LiveReader::Want want) {
                          return want == LiveReader::Want::Unread ? hex->unreadRanges() : hex->visibleRanges();
                      }};
    AddressSpacePanel *space = new AddressSpacePanel;
    ProvenanceLine *provenance = new ProvenanceLine;
    ReadingsPanel *readings = new ReadingsPanel;
};

std::set<QRgb> colorsIn(const QImage &image, const QRect &area)
{
    std::set<QRgb> colors;
    for (int y = area.top(); y <= area.bottom(); ++y)
        for (int x = area.left(); x <= area.right(); ++x)
            colors.insert(image.pixel(x, y));
    return colors;
}

} // namespace

class TestHexScreenshots : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void looks_data();
    void looks();
    void looksAtWhatIsNotThere();

private:
    static void save(const QImage &image, const QString &name);
};

void TestHexScreenshots::initTestCase()
{
    Theme::instance().install(*qApp);
    // The fonts of the drawings where they are installed, so that pictures of two machines are alike.
    const QStringList families = QFontDatabase::families();
    const auto have = [&](const char *family) {
        return families.contains(QLatin1String(family)) ? QString::fromLatin1(family) : QString();
    };
    Theme::instance().setFonts(have("Inter"), have("JetBrains Mono"), 9.5);
}

void TestHexScreenshots::looks_data()
{
    QTest::addColumn<ThemeMode>("mode");
    QTest::addColumn<double>("scale");
    QTest::newRow("dark-1x") << ThemeMode::Dark << 1.0;
    QTest::newRow("dark-2x") << ThemeMode::Dark << 2.0;
    QTest::newRow("light-1x") << ThemeMode::Light << 1.0;
    QTest::newRow("light-2x") << ThemeMode::Light << 2.0;
}

void TestHexScreenshots::looks()
{
    QFETCH(ThemeMode, mode);
    QFETCH(double, scale);
    Theme::instance().setMode(mode);
    Scene scene;
    // Two counters move between two samples.
    scene.fixture.source->put(VirtAddr(test::kInitTask + 0x50), 0xff448e);
    scene.fixture.source->put(VirtAddr(test::kInitTask + 0xc0), 0x89f9786);
    scene.settle();
    scene.hex->select({VirtAddr(test::kInitTask + 0x20), VirtAddr(test::kInitTask + 0x27)});
    QCoreApplication::processEvents();
    const QImage image = scene.picture(scale);

    const auto area = [&](std::uint64_t offset) {
        const QRect rect = scene.hex->byteRect(VirtAddr(test::kInitTask + offset));
        const QPoint origin = scene.hex->viewport()->mapTo(&scene.window, rect.topLeft());
        const QRect inside = rect.adjusted(1, 3, -1, -3).translated(origin - rect.topLeft());
        return QRect(inside.topLeft() * scale, inside.size() * scale);
    };
    const ThemeTokens &t = Theme::instance().tokens();
    QVERIFY(colorsIn(image, area(0x21)).contains(t.selection.rgb()));
    QVERIFY(!colorsIn(image, area(0x90)).contains(t.text.rgb()));
    // What changed does not look like its neighbours.
    QVERIFY(!colorsIn(image, area(0xc0)).contains(t.background.rgb()));
    QVERIFY(colorsIn(image, area(0xd0)).contains(t.background.rgb()));

    save(image, QStringLiteral("hex-") + QLatin1String(QTest::currentDataTag()));
}

void TestHexScreenshots::save(const QImage &image, const QString &name)
{
    if (const QByteArray folder = qgetenv("KERNOSCOPE_SCREENSHOTS"); !folder.isEmpty())
        QVERIFY(image.save(QStringLiteral("%1/%2.png").arg(QString::fromLocal8Bit(folder), name)));
}

// A fold between two segments, a page that cannot be read, words as symbols.
void TestHexScreenshots::looksAtWhatIsNotThere()
{
    Theme::instance().setMode(ThemeMode::Dark);
    Scene scene;
    const AddrRange text = scene.fixture.segments->find(VirtAddr(test::kText))->range();
    scene.fixture.source->pages[text.last.alignedDown(4096)] = {PageStatus::Error, 5};
    scene.fixture.source->put(VirtAddr(0xffffffffc0000010), test::kInitTask + 0x20);
    scene.hex->clearOverlay();
    scene.hex->goTo(text.last - 0x9f);
    scene.settle();
    const QImage plain = scene.picture(1);
    save(plain, QStringLiteral("hex-holes"));
    scene.hex->setOptions({16, 8, HexFormat::Pointer, false});
    scene.hex->goTo(VirtAddr(0xffffffffc0000010));
    scene.settle();
    const QImage words = scene.picture(1);
    save(words, QStringLiteral("hex-pointers"));
    QVERIFY(plain != words);
    // The fold stands on the colour of panels, from edge to edge.
    const ThemeTokens &t = Theme::instance().tokens();
    const QRect last = scene.hex->byteRect(text.last);
    QVERIFY(!last.isEmpty());
    const QPoint fold = scene.hex->viewport()->mapTo(&scene.window, QPoint(2, last.bottom() + last.height() / 2));
    QCOMPARE(words.pixelColor(fold), t.panel);
}

QTEST_MAIN(TestHexScreenshots)
#include "test_hex_screenshots.moc"
