// The hex view: any byte of 2^64 addresses, named by symbol and member, read only where it is looked at.
//
// The view reads nothing. It says which ranges are visible (visibleRangesChanged) and is given samples (setBlocks); it
// paints what it has and marks the rest. Only rows that changed are painted again, and nothing is painted when idle.
#pragma once

#include "core/base/error.h"
#include "ui/models/copy_format.h"
#include "ui/models/hex_content.h"
#include "ui/models/hex_geometry.h"
#include "ui/models/hex_rows.h"
#include "ui/models/hex_target.h"
#include "ui/models/map_scale.h"
#include "ui/models/navigation_history.h"
#include "ui/models/struct_overlay.h"

#include <QAbstractScrollArea>
#include <QBasicTimer>

#include <functional>

class QMenu;

namespace ks::ui {

class GlyphPainter;

class HexView : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit HexView(QWidget *parent = nullptr);
    ~HexView() override;

    /// What is known of the target. Forgets bytes, overlay and history.
    void setTarget(HexTarget target);
    /// More is known of the same target: symbols of modules that came. Nothing is forgotten.
    void updateTarget(HexTarget target);
    const HexTarget &target() const { return target_; }
    /// Parts of segments that are known to hold nothing (Unmapped, Mmio, Excluded): they are folded.
    void setKnownMissing(std::vector<StatusRun> missing);

    const HexOptions &options() const { return options_; }
    void setOptions(const HexOptions &options);

    // Where.
    VirtAddr cursor() const { return cursor_; }
    AddrRange selection() const;
    /// Moves the cursor and makes it visible; the place that is left goes into the history.
    void goTo(VirtAddr address);
    /// Selects a range, cursor at its first byte. Makes it visible when `reveal`.
    void select(const AddrRange &range, bool reveal = true);
    bool canGoBack() const { return history_.canGoBack(); }
    bool canGoForward() const { return history_.canGoForward(); }
    void goBack();
    void goForward();
    /// The target of the pointer under the cursor (the 8-aligned word that holds it).
    std::optional<VirtAddr> pointerUnderCursor() const;
    bool followPointer();
    /// The first visible row's address, for a saved session.
    VirtAddr topAddress() const;

    // Bytes.
    /// The ranges that are visible now, without folds; sorted, not touching.
    std::vector<AddrRange> visibleRanges() const;
    /// The part of them that no sample has held yet.
    std::vector<AddrRange> unreadRanges() const;
    /// A new sample of visible ranges. Bytes that differ from the sample before glow in the colour of change.
    void setBlocks(const Blocks &blocks, const std::vector<AddrRange> &torn = {});
    /// No new samples come; what is shown is dimmed until the next one.
    void setStale();
    const HexContent &content() const { return content_; }
    /// Reads a range of any size for `copy`, which may reach beyond what is visible, and calls back on the GUI thread.
    using RangeReader = std::function<void(AddrRange, std::function<void(MemoryBlock)>)>;
    void setRangeReader(RangeReader reader) { rangeReader_ = std::move(reader); }
    /// Puts the selection on the clipboard; a refusal is told by message().
    void copy(CopyFormat format);
    /// More is a job for the command line.
    static constexpr std::uint64_t kMaxCopy = std::uint64_t{4} << 20;

    // Change (hex_view_changes.cpp).
    /// What the marks compare with.
    ChangeBase changeBase() const { return content_.changes().base(); }
    void setChangeBase(ChangeBase base);
    /// The last look is now.
    void markSeen();
    /// Keeps the bytes that were read lately, to compare with.
    void keepSnapshot();
    /// Moves the cursor to the next (previous) bytes that are marked, also out of sight; says so when there are none.
    bool goToChange(bool forward);
    std::size_t changedBytes() const { return content_.changes().markedBytes(); }

    // A struct laid over the bytes.
    void setOverlay(VirtAddr base, std::vector<OverlaySpan> spans);
    void clearOverlay();
    const StructOverlay &overlay() const { return overlay_; }
    int hoveredMember() const { return hoveredMember_; }
    int selectedMember() const { return selectedMember_; }
    /// Index into the spans, -1 for none. These do not emit; they are the way from the tree.
    void setHoveredMember(int index);
    void setSelectedMember(int index, bool reveal = true);

    /// What the accessible interface speaks: address, value, symbol, member.
    QString spokenCursor() const;
    /// Where a byte is painted, in viewport coordinates; empty when it is not visible.
    QRect byteRect(VirtAddr address) const;

    QSize sizeHint() const override;

Q_SIGNALS:
    void visibleRangesChanged();
    void cursorMoved(ks::VirtAddr address);
    void selectionChanged();
    /// canGoBack or canGoForward may have changed.
    void historyChanged();
    void optionsChanged();
    /// A sample came in: what shows bytes under the cursor looks again.
    void contentChanged();
    /// Bytes that have another value than at the tick before.
    void bytesChanged(const std::vector<ks::AddrRange> &ranges);
    /// More or fewer bytes are marked, or they are compared with something else.
    void marksChanged();
    void memberHovered(int index);
    void memberSelected(int index);
    /// The person asks from the context menu; whoever owns the dialogs answers.
    void gotoRequested();
    void bookmarkRequested(ks::VirtAddr address);
    void inspectRequested(ks::VirtAddr address);
    void watchRequested(ks::AddrRange range);
    /// One sentence for the status line.
    void message(const QString &text);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    bool viewportEvent(QEvent *event) override;
    void timerEvent(QTimerEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    struct RowStyle;
    enum class Extend : std::uint8_t { No, Yes };
    enum class Reveal : std::uint8_t { Nearest, Comfortable };

    // Rows and pixels (hex_view.cpp).
    void rebuildRows();
    void relayout();
    void useFont();
    void forgetOutOfSight();
    void countMarks();
    std::uint64_t fullRows() const;
    std::uint64_t shownRows() const;
    std::uint64_t lastTopRow() const;
    void setTopRow(std::uint64_t row);
    void scrollRows(std::uint64_t count, bool down);
    /// What was painted moves with the rows; the rest is painted.
    void showFrom(std::uint64_t row);
    void updateScrollBars();
    void reveal(VirtAddr address, Reveal how);
    void moveCursor(VirtAddr address, Extend extend);
    void updateRange(const AddrRange &range);
    void announceCursor();
    QRect rowRect(std::uint64_t row) const;
    /// The byte at a place of the viewport; a fold gives its first byte.
    std::optional<VirtAddr> addressAt(const QPoint &position) const;

    // Painting (hex_view_paint.cpp).
    struct Batches;
    struct PaintTime {
        HexContent::Clock::time_point now;
        int sharedDigits = 0;
    };
    struct MarkLook {
        double tint = 0; ///< of the background, in parts of the colour of change; 0: not marked
        double ink = 0;  ///< of the text
    };
    int sharedDigits() const;
    double baselineOf(int y) const;
    void paintRow(QPainter &painter, std::uint64_t row, int y, const PaintTime &time);
    void paintText(QPainter &painter, GlyphPainter &glyphs, double x, int y, double width, const QString &text,
                   const QColor &color);
    void paintFold(QPainter &painter, const HexRow &row, int y);
    void paintGutter(QPainter &painter, const AddrRange &row, int y);
    void paintBands(QPainter &painter, const AddrRange &row, int y);
    void paintCells(QPainter &painter, const AddrRange &row, int y, HexContent::Clock::time_point now);
    struct Cell {
        VirtAddr row;
        unsigned first; ///< byte of the row
        int y;
        bool bare; ///< nothing but the background is behind it
    };
    void paintNumber(QPainter &painter, const Cell &cell, const MarkLook *looks, const QColor *colors, bool pointer);
    void underline(double x, double baseline, double width, const MarkLook &look, bool pointer, const QColor &color);
    MarkLook lookOf(const ChangeTracker::Mark &mark) const;
    QColor tintOf(const MarkLook &look, bool bare) const;
    QColor faded(const QColor &color) const;
    QString foldText(const HexRow &row) const;
    QRect foldLinkRect(const HexRow &row, int y) const;

    // Input (hex_view_input.cpp).
    bool moveByKey(QKeyEvent *event);
    void moveRows(std::uint64_t count, bool down, Extend extend);
    void setHover(VirtAddr address);
    void dragTo(const QPoint &position);
    void fillMenu(QMenu &menu);
    void addFormatMenus(QMenu &menu);

    HexTarget target_;
    std::vector<StatusRun> missing_;
    HexOptions options_;
    HexRows rows_;
    MapScale scale_;
    HexGeometry geometry_;
    HexContent content_;
    StructOverlay overlay_;
    NavigationHistory history_;
    RangeReader rangeReader_;

    std::uint64_t topRow_ = 0;
    VirtAddr cursor_;
    VirtAddr anchor_;
    std::size_t marked_ = 0; ///< bytes, as marksChanged() told
    bool movingBar_ = false;
    bool selecting_ = false;
    int hoveredMember_ = -1;
    int selectedMember_ = -1;
    int ascent_ = 0;
    double lineHeight_ = 0;
    int sharedDigits_ = 0; ///< as they were painted last
    int wheelRest_ = 0;    ///< of high-resolution wheels, in eighths of a degree
    int pixelRest_ = 0;    ///< of touchpads
    std::unique_ptr<Batches> batches_;
    QBasicTimer fadeTimer_;
    QBasicTimer dragTimer_; ///< scrolls while the mouse is held beyond an edge
    QPoint dragPosition_;
};

} // namespace ks::ui
