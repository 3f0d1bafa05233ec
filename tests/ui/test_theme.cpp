// Both themes have every token, text that can be read, and one colour for each kind of segment.
#include "ui/views/theme.h"

#include <QSignalSpy>
#include <QTest>
#include <cmath>
#include <set>

using namespace ks;
using namespace ks::ui;

namespace {

double luminance(const QColor &color)
{
    const auto linear = [](double c) { return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

// WCAG 2.1, "contrast ratio".
double contrast(const QColor &a, const QColor &b)
{
    const double la = luminance(a), lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

} // namespace

class TestTheme : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { Theme::instance().install(*qApp); }
    void textIsReadable_data();
    void textIsReadable();
    void kindsDiffer();
    void switching();
    void dataFontIsFixed();
};

void TestTheme::textIsReadable_data()
{
    QTest::addColumn<ThemeMode>("mode");
    QTest::newRow("dark") << ThemeMode::Dark;
    QTest::newRow("light") << ThemeMode::Light;
}

void TestTheme::textIsReadable()
{
    QFETCH(ThemeMode, mode);
    Theme::instance().setMode(mode);
    const ThemeTokens &t = Theme::instance().tokens();
    QCOMPARE(t.dark, mode == ThemeMode::Dark);
    QVERIFY(contrast(t.text, t.background) > 7);
    QVERIFY(contrast(t.text, t.selection) > 7);
    for (const QColor &color : {t.dim, t.accent, t.change, t.string, t.field})
        QVERIFY2(contrast(color, t.background) > 4.5, qPrintable(color.name()));
    // Zero bytes recede behind everything that means something.
    QVERIFY(contrast(t.zero, t.background) < contrast(t.dim, t.background));
    QCOMPARE(QGuiApplication::palette().color(QPalette::Base), t.background);
    QVERIFY(!qApp->styleSheet().contains(QLatin1Char('@')));
}

void TestTheme::kindsDiffer()
{
    for (const ThemeMode mode : {ThemeMode::Dark, ThemeMode::Light}) {
        Theme::instance().setMode(mode);
        std::set<QRgb> colors;
        for (const auto kind : {SegmentKind::Text, SegmentKind::Modules, SegmentKind::Vmalloc, SegmentKind::DirectMap,
                                SegmentKind::Vmemmap, SegmentKind::Other})
            colors.insert(Theme::instance().color(kind).rgb());
        QCOMPARE(colors.size(), std::size_t{6});
    }
}

void TestTheme::switching()
{
    Theme::instance().setMode(ThemeMode::Dark);
    QSignalSpy spy(&Theme::instance(), &Theme::changed);
    Theme::instance().setMode(ThemeMode::Light);
    QCOMPARE(spy.size(), 1);
    QVERIFY(!Theme::instance().isDark());
}

void TestTheme::dataFontIsFixed()
{
    const QFontMetricsF metrics(Theme::instance().dataFont());
    QCOMPARE(metrics.horizontalAdvance(QStringLiteral("0000")), metrics.horizontalAdvance(QStringLiteral("ffff")));
    QCOMPARE(metrics.horizontalAdvance(QStringLiteral("->")), metrics.horizontalAdvance(QStringLiteral("00")));
}

QTEST_MAIN(TestTheme)
#include "test_theme.moc"
