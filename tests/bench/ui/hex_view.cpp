// What a frame of the hex view costs, in milliseconds of the processor: a whole screen, a scroll by one row, one row
// that changed, a screen on which every byte changed, and a window that is pulled wider. The bytes are the hardest
// there are: every other word a pointer, the rest printable or not at random, and a member named every eight bytes.
// Without arguments it runs on the demo kernel; --core FILE and --vmlinux FILE name another, whose own bytes are shown
// then. Each scale factor runs in a process of its own, because Qt reads it when it starts.
#include "ui/views/hex_view.h"
#include "core/values/expression.h"
#include "resources/demo/demo_session.h"
#include "ui/models/type_spans.h"
#include "ui/views/theme.h"

#include <QApplication>
#include <QProcess>
#include <QScrollBar>
#include <QWindow>

#include <algorithm>
#include <cstdio>
#include <ctime>

using namespace ks;
using namespace ks::ui;

namespace {

constexpr int kRounds = 60;

// Time of the processor: others may be at work on the machine.
double milliseconds() { return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Runs the event loop until the viewport has been painted; says how many pixels of it were.
class Frame : public QObject {
public:
    explicit Frame(HexView &view) : view_(view) { view.viewport()->installEventFilter(this); }
    bool eventFilter(QObject *, QEvent *event) override
    {
        painted_ = painted_ || event->type() == QEvent::Paint;
        return false;
    }
    void finish()
    {
        for (painted_ = false; !painted_;)
            QCoreApplication::processEvents();
    }

private:
    HexView &view_;
    bool painted_ = false;
};

struct Bench {
    Bench(const Session &opened, HexView &shown, bool hard) : session(opened), view(shown), frame(shown), dense(hard) {}

    std::vector<MemoryBlock> read() const
    {
        std::vector<MemoryBlock> blocks = session.memory().readBatch(view.visibleRanges());
        if (dense)
            for (MemoryBlock &block : blocks)
                block = MemoryBlock(block.address(), denseBytes(block.address(), block.size()),
                                    {{*AddrRange::sized(block.address(), block.size()), {PageStatus::Present}}});
        return blocks;
    }
    /// A word's bytes follow from its address, so that they stand still while the view scrolls.
    std::vector<std::byte> denseBytes(VirtAddr address, std::size_t size) const
    {
        std::vector<std::byte> bytes(size);
        const std::uint64_t symbols = session.symbols().size();
        for (std::size_t i = 0; i < size; ++i) {
            const std::uint64_t word = (address + i).value / 8;
            std::uint64_t value = (word + 1) * 0x9e3779b97f4a7c15;
            if (word % 2 == 0)
                value = session.symbols().at(value % symbols).address.value + value % 64;
            bytes[i] = std::byte(value >> 8 * ((address + i).value % 8));
        }
        return bytes;
    }
    void feed(std::vector<MemoryBlock> blocks)
    {
        view.setBlocks(std::make_shared<const std::vector<MemoryBlock>>(std::move(blocks)));
    }
    /// The same bytes with `flip` of them changed.
    static std::vector<MemoryBlock> changed(const std::vector<MemoryBlock> &blocks, std::size_t flip)
    {
        std::vector<MemoryBlock> next;
        for (const MemoryBlock &block : blocks) {
            std::vector<std::byte> bytes(block.bytes().begin(), block.bytes().end());
            for (std::size_t i = 0; i < bytes.size() && flip > 0; ++i, --flip)
                bytes[i] ^= std::byte{0xff};
            next.emplace_back(block.address(), std::move(bytes),
                              std::vector<StatusRun>(block.runs().begin(), block.runs().end()));
        }
        return next;
    }
    template <class Prepare, class Run>
    void measure(const char *what, Prepare prepare, Run run)
    {
        std::vector<double> times;
        for (int i = 0; i < kRounds; ++i) {
            auto prepared = prepare();
            const double begin = milliseconds();
            run(std::move(prepared));
            times.push_back(milliseconds() - begin);
        }
        std::ranges::sort(times);
        std::printf("  %-28s %7.2f ms  (95 of 100 within %.2f)\n", what, times[times.size() / 2],
                    times[times.size() * 95 / 100]);
    }

    void run()
    {
        feed(read());
        frame.finish();
        const auto nothing = [] { return 0; };
        measure("full paint", nothing, [&](int) { view.viewport()->repaint(); });
        // The row that comes into view is painted as not read first, and once more when its bytes are there.
        QScrollBar *bar = view.verticalScrollBar();
        measure("scroll by a row", nothing, [&](int) {
            bar->triggerAction(QAbstractSlider::SliderSingleStepAdd);
            frame.finish();
        });
        feed(read());
        frame.finish();
        std::vector<MemoryBlock> blocks = read();
        const auto flip = [&](std::size_t count) { return [&, count] { return blocks = changed(blocks, count); }; };
        const auto show = [&](std::vector<MemoryBlock> sample) {
            feed(std::move(sample));
            frame.finish();
        };
        measure("one changed row", flip(1), show);
        measure("all bytes changed", flip(~std::size_t{0}), show);
        const QSize size = view.size();
        measure("resize", nothing, [&, wide = false](int) mutable {
            wide = !wide;
            view.resize(size.width() + (wide ? 8 : 0), size.height());
            frame.finish();
        });
    }

    const Session &session;
    HexView &view;
    Frame frame;
    bool dense;
};

void overlayEverything(HexView &view)
{
    std::vector<OverlaySpan> spans;
    for (std::uint64_t offset = 0; offset < 1 << 16; offset += 8)
        spans.push_back({offset, 8, QStringLiteral("member_%1").arg(offset / 8)});
    view.setOverlay(view.topAddress(), std::move(spans));
}

void overlayInitTask(const Session &session, HexView &view)
{
    const auto task = evaluate(session.context(), "init_task");
    if (!task || !task->address())
        return;
    view.goTo(*task->address());
    view.setOverlay(*task->address(), typeSpans(task->type()));
}

int measureAll(const SessionOptions &options)
{
    Progress progress;
    const auto session =
        options.core.empty() ? demo::openSession(options, progress, 1) : Session::open(options, progress);
    if (!session) {
        std::fprintf(stderr, "%s\n", session.error().message().c_str());
        return 1;
    }
    const auto target = HexTarget::of(*session);
    struct Shape {
        const char *name;
        int width, rows, height;
        HexOptions options;
    };
    const Shape shapes[] = {{"64 rows of 16", 1100, 64, 0, {16, 1, HexFormat::Hex, false}},
                            {"2560 x 1440, 32 columns", 2560, 0, 1440, {32, 1, HexFormat::Hex, false}},
                            {"2560 x 1440, pointers", 2560, 0, 1440, {32, 8, HexFormat::Pointer, false}}};
    for (const Shape &shape : shapes) {
        HexView view;
        view.setTarget(target);
        view.setOptions(shape.options);
        view.resize(shape.width, shape.height ? shape.height : 800);
        view.show();
        overlayInitTask(**session, view);
        const bool dense = options.core.empty();
        if (dense)
            overlayEverything(view);
        if (shape.rows)
            view.resize(shape.width, shape.rows * view.byteRect(view.cursor()).height());
        QCoreApplication::processEvents();
        std::printf("%s at %.1f: %d x %d pixels\n", shape.name, view.devicePixelRatioF(),
                    static_cast<int>(view.viewport()->width() * view.devicePixelRatioF()),
                    static_cast<int>(view.viewport()->height() * view.devicePixelRatioF()));
        Bench(**session, view, dense).run();
    }
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    if (qEnvironmentVariableIsEmpty("QT_SCALE_FACTOR")) {
        QStringList arguments;
        for (int i = 1; i < argc; ++i)
            arguments << QString::fromLocal8Bit(argv[i]);
        for (const char *scale : {"1", "2"}) {
            qputenv("QT_SCALE_FACTOR", scale);
            if (const int code = QProcess::execute(QString::fromLocal8Bit(argv[0]), arguments); code != 0)
                return code;
        }
        return 0;
    }
    QApplication application(argc, argv);
    Theme::instance().install(application);
    SessionOptions options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        if (name == "--core")
            options.core = argv[i + 1];
        else if (name == "--vmlinux")
            options.vmlinux = argv[i + 1];
    }
    return measureAll(options);
}
