// The course of values: as plain data, as a line in a cell, as a plot.
#include "ui/models/plot_series.h"
#include "ui/views/plot_view.h"
#include "ui/views/sparkline.h"
#include "ui/views/theme.h"

#include <QApplication>
#include <QImage>
#include <QPainter>
#include <QSignalSpy>
#include <QTest>

using namespace ks;
using namespace ks::ui;
using namespace std::chrono_literals;

namespace {

constexpr auto kStart = std::chrono::steady_clock::time_point(1000s);

/// One point a second.
live::History historyOf(const std::vector<std::optional<std::uint64_t>> &values, bool isSigned = false)
{
    live::History history;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto passed = std::chrono::seconds(i);
        history.add({kStart + passed, std::chrono::system_clock::time_point(50000s + passed), values[i]}, isSigned);
    }
    return history;
}

/// Columns of the image in which a colour is near to this one; "near" includes the faint edges of a line.
int columnsWith(const QImage &image, const QColor &color, int from, int to, int near = 60)
{
    int columns = 0;
    for (int x = from; x < to; ++x)
        for (int y = 0; y < image.height(); ++y) {
            const QColor pixel = image.pixelColor(x, y);
            if (std::abs(pixel.red() - color.red()) + std::abs(pixel.green() - color.green()) +
                    std::abs(pixel.blue() - color.blue()) <
                near) {
                ++columns;
                break;
            }
        }
    return columns;
}

} // namespace

class TestPlot : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(*qApp); }
    void pointsAreExactAndSigned();
    void gapsBreakTheLine();
    void ratesAreOfNeighbours();
    void axesHaveRoundNumbers();
    void sparksFitTheirRange();
    void aSparklineLeavesGapsOpen();
    void thePlotDrawsWhatThereIs();
    void keysReadTheValues();
    void theMouseReadsWhatPasses();
    void optionsChangeTheAxes();
};

void TestPlot::pointsAreExactAndSigned()
{
    const std::uint64_t large = 0xffffffffffffff01;
    const PlotSeries plain = seriesOf(QStringLiteral("p"), historyOf({large, large + 1}));
    QCOMPARE(plotNumber(plain.points.at(1).value, true), QString::number(large + 1));
    QVERIFY(plain.points.at(1).value != plain.points.at(0).value);
    QCOMPARE(plain.points.at(0).time, 1000.0);
    QCOMPARE(plain.wallOffset, 49000.0);
    const PlotSeries negative = seriesOf(QStringLiteral("n"), historyOf({std::uint64_t(-3), 4}, true));
    QCOMPARE(plotNumber(negative.points.at(0).value, true), QStringLiteral("-3"));
    const auto range = valuesOf({negative}, 0);
    QVERIFY(range && range->first == -3 && range->last == 4);
    QVERIFY(seriesOf(QStringLiteral("e"), live::History()).points.empty());
    QVERIFY(!valuesOf({}, 0));
}

void TestPlot::gapsBreakTheLine()
{
    live::History history = historyOf({1, 2, std::nullopt, 4});
    history.breakHere();
    history.add({kStart + 10s, {}, 5}, false);
    const PlotSeries series = seriesOf(QStringLiteral("x"), history);
    QCOMPARE(series.points.size(), std::size_t{4});
    QVERIFY(series.points[0].afterGap && !series.points[1].afterGap);
    QVERIFY(series.points[2].afterGap && series.points[3].afterGap);
    QVERIFY(!series.at(999));
    QCOMPARE(series.at(1000)->value, 1.0L);
    QCOMPARE(series.at(1000.5)->value, 1.0L);
    QCOMPARE(series.at(1001)->value, 2.0L); // the sample itself, not what follows
    QVERIFY(!series.at(1001.5));
    QVERIFY(!series.at(1005));
    QCOMPARE(series.at(2000)->value, 5.0L);
}

void TestPlot::ratesAreOfNeighbours()
{
    const PlotSeries rates = ratesOf(seriesOf(QStringLiteral("x"), historyOf({10, 30, std::nullopt, 5, 4})));
    QCOMPARE(rates.points.size(), std::size_t{2});
    QCOMPARE(rates.points[0].value, 20.0L);
    QCOMPARE(rates.points[1].value, -1.0L);
    QVERIFY(rates.points[1].afterGap);
    QVERIFY(!rates.isInteger);
}

void TestPlot::axesHaveRoundNumbers()
{
    const auto ticks = [](long double first, long double last, int most, bool integer) {
        QStringList texts;
        for (const long double tick : roundTicks({first, last}, most, integer))
            texts << plotNumber(tick, integer);
        return texts.join(QLatin1Char(' '));
    };
    QCOMPARE(ticks(0, 10, 5, true), QStringLiteral("0 2 4 6 8 10"));
    QCOMPARE(ticks(-7, 7, 3, true), QStringLiteral("-5 0 5"));
    QCOMPARE(ticks(0, 1, 2, false), QStringLiteral("0 0.5 1"));
    QCOMPARE(ticks(0, 1, 5, true), QStringLiteral("0 1"));
    QCOMPARE(ticks(4294945288, 4294945298, 2, true), QStringLiteral("4294945290 4294945295"));
    QVERIFY(roundTicks({5, 5}, 4, true).empty());
    QVERIFY(roundTicks({0, 1}, 0, true).empty());
    const auto flat = valuesOf({seriesOf(QStringLiteral("x"), historyOf({7, 7}))}, 0);
    QVERIFY(flat && flat->first < 7 && flat->last > 7);
}

void TestPlot::sparksFitTheirRange()
{
    using Points = std::vector<std::optional<double>>;
    QCOMPARE(sparkPoints(historyOf({2, 4, 3}), 64), (Points{0.0, 1.0, 0.5}));
    QCOMPARE(sparkPoints(historyOf({9, 2, 4, 3}), 3), (Points{0.0, 1.0, 0.5})); // only the newest count
    QCOMPARE(sparkPoints(historyOf({5, 5}), 64), (Points{0.5, 0.5}));
    QCOMPARE(sparkPoints(historyOf({0, std::nullopt, 1}), 64), (Points{0.0, std::nullopt, 1.0}));
    QVERIFY(sparkPoints(live::History(), 64).empty());
}

void TestPlot::aSparklineLeavesGapsOpen()
{
    QImage image(100, 20, QImage::Format_RGB32);
    image.fill(Qt::black);
    std::vector<std::optional<double>> points(11, 0.5);
    for (std::size_t i = 4; i <= 6; ++i)
        points[i] = std::nullopt;
    {
        QPainter painter(&image);
        paintSparkline(painter, image.rect(), points, 11, Qt::white, true);
    }
    QVERIFY(columnsWith(image, Qt::white, 0, 28, 500) > 25);
    QCOMPARE(columnsWith(image, Qt::white, 34, 66, 500), 0);
    QVERIFY(columnsWith(image, Qt::white, 72, 100, 500) > 25);
}

void TestPlot::thePlotDrawsWhatThereIs()
{
    PlotView plot;
    plot.resize(600, 200);
    plot.setSpan(10);
    const QImage empty = plot.grab().toImage();
    live::History history = historyOf({1, 2, 1, 2});
    history.breakHere();
    history.add({kStart + 8s, std::chrono::system_clock::time_point(50008s), 1}, false);
    history.add({kStart + 10s, std::chrono::system_clock::time_point(50010s), 2}, false);
    plot.setSeries({seriesOf(QStringLiteral("x"), history)}, 1010);
    const QImage drawn = plot.grab().toImage();
    QVERIFY(drawn != empty);
    // The gap from second 3 to second 8 is drawn as one. (Right of the legend, which is of the same colour.)
    const auto column = [&](double second) { return int(600 - 16 - (10 - second) / 10 * (600 - 16 - 44)); };
    const QColor color = PlotView::lineColor(0);
    QCOMPARE(columnsWith(drawn, color, column(3.6), column(7.6)), 0);
    QVERIFY(columnsWith(drawn, color, column(8.3), column(9.9)) > 50);
    // Nothing came: nothing changes.
    plot.setSeries({seriesOf(QStringLiteral("x"), history)}, 1010);
    QCOMPARE(plot.grab().toImage(), drawn);
}

void TestPlot::keysReadTheValues()
{
    PlotView plot;
    plot.resize(600, 200);
    plot.setSpan(10);
    plot.setSeries({seriesOf(QStringLiteral("x"), historyOf({10, 20, 30})),
                    seriesOf(QStringLiteral("y"), historyOf({1, std::nullopt, 3}))},
                   1002);
    QVERIFY(plot.readingText().isEmpty());
    QTest::keyClick(&plot, Qt::Key_Left);
    QVERIFY2(plot.readingText().endsWith(QStringLiteral("x 30 · y 3")), qPrintable(plot.readingText()));
    QCOMPARE(plot.accessibleDescription(), plot.readingText());
    QTest::keyClick(&plot, Qt::Key_Left);
    QVERIFY2(plot.readingText().endsWith(QStringLiteral("x 20 · y ??")), qPrintable(plot.readingText()));
    QTest::keyClick(&plot, Qt::Key_Right);
    QVERIFY(plot.readingText().endsWith(QStringLiteral("x 30 · y 3")));
    QTest::keyClick(&plot, Qt::Key_Home);
    QVERIFY2(plot.readingText().endsWith(QStringLiteral("x 10 · y 1")), qPrintable(plot.readingText()));
    QTest::keyClick(&plot, Qt::Key_Left); // there is no earlier one
    QVERIFY(plot.readingText().endsWith(QStringLiteral("x 10 · y 1")));
    QTest::keyClick(&plot, Qt::Key_Escape);
    QVERIFY(plot.readingText().isEmpty());
    QTest::keyClick(&plot, Qt::Key_Minus);
    QCOMPARE(plot.span(), 30.0);
    QTest::keyClick(&plot, Qt::Key_Plus);
    QTest::keyClick(&plot, Qt::Key_Plus);
    QCOMPARE(plot.span(), 5.0);
}

void TestPlot::theMouseReadsWhatPasses()
{
    PlotView plot;
    plot.resize(600, 200);
    plot.setSpan(10);
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    plot.setSeries({seriesOf(QStringLiteral("x"), historyOf({10, 20, 30}))}, 1002);
    QMouseEvent move(QEvent::MouseMove, QPointF(570, 50), QPointF(570, 50), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
    QApplication::sendEvent(&plot, &move);
    QVERIFY2(plot.readingText().endsWith(QLatin1String("x 20")), qPrintable(plot.readingText()));
    const double before = *plot.reading();
    plot.setSeries({seriesOf(QStringLiteral("x"), historyOf({10, 20, 30, 40}))}, 1003);
    QCOMPARE(*plot.reading(), before + 1);
    QVERIFY(plot.readingText().endsWith(QLatin1String("x 30")));
    QEvent leave(QEvent::Leave);
    QApplication::sendEvent(&plot, &leave);
    QVERIFY(!plot.reading());
}

void TestPlot::optionsChangeTheAxes()
{
    PlotView plot;
    plot.resize(600, 300);
    plot.setSpan(5);
    plot.setSeries({seriesOf(QStringLiteral("small"), historyOf({1, 2, 1})),
                    seriesOf(QStringLiteral("large"), historyOf({1000000, 1000100, 1000200}))},
                   1002);
    QVERIFY(plot.hasOwnScales());
    const QImage own = plot.grab().toImage();
    QTest::keyClick(&plot, Qt::Key_S);
    QVERIFY(!plot.hasOwnScales());
    QVERIFY(plot.grab().toImage() != own);
    QTest::keyClick(&plot, Qt::Key_R);
    QVERIFY(plot.showsRates());
    QCOMPARE(plot.series().at(1).points.at(0).value, 100.0L);
    QTest::keyClick(&plot, Qt::Key_R);
    QTest::keyClick(&plot, Qt::Key_S);
    QCOMPARE(plot.grab().toImage(), own);
}

QTEST_MAIN(TestPlot)
#include "test_plot.moc"
