#include "ui/views/search_panel.h"

#include "ui/views/choice_button.h"
#include "ui/views/theme.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>
#include <QVBoxLayout>

namespace ks::ui {

namespace {

constexpr int kMaxText = 4096;

struct Number {
    const char *text;
    unsigned width;
    bool isSigned;
};
constexpr Number kNumbers[] = {{"u8", 1, false}, {"u16", 2, false}, {"u32", 4, false}, {"u64", 8, false},
                               {"s8", 1, true},  {"s16", 2, true},  {"s32", 4, true},  {"s64", 8, true}};
constexpr ScanTest kTests[] = {ScanTest::Changed, ScanTest::Unchanged, ScanTest::Increased, ScanTest::Decreased,
                               ScanTest::Matching};

QStringList numberTexts()
{
    QStringList texts;
    for (const Number &number : kNumbers)
        texts << QLatin1String(number.text);
    return texts;
}

QString exampleOf(SearchKind kind)
{
    switch (kind) {
    case SearchKind::Text: return QStringLiteral("Text: Linux version");
    case SearchKind::Bytes: return QStringLiteral("Bytes, ? for any digit: de ad ?? e? ef");
    case SearchKind::Integer: return QStringLiteral("A value, LO..HI, or !VALUE for all others: 4096");
    case SearchKind::Pointer: return QStringLiteral("What it points to: init_task · 0xffff… · init_task.tasks");
    case SearchKind::Strings: return QStringLiteral("At least so many characters: 8");
    case SearchKind::AnyValue: return QStringLiteral("Every value of this place, to be narrowed below");
    }
    return {};
}

QString hintOf(SearchKind kind)
{
    if (kind == SearchKind::AnyValue)
        return QStringLiteral("Takes every number of one place. Then let the kernel run, and keep those that have "
                              "changed, grown or stayed.");
    return QStringLiteral("Nothing searched yet. Enter searches the kernel's memory; what is found can be gone to "
                          "(Enter), watched (W) and bookmarked (B).");
}

} // namespace

SearchPanel::SearchPanel(SearchModel *model, QWidget *parent)
    : QWidget(parent),
      model_(model),
      bar_(new QWidget(this)),
      view_(new SearchView(model, this)),
      footer_(new QWidget(this))
{
    setObjectName(QStringLiteral("searchPanel"));
    makeBar();
    makeFooter();
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(bar_);
    layout->addWidget(view_, 1);
    layout->addWidget(footer_);
    setFocusProxy(text_);
    for (QLineEdit *edit : {text_, range_, values_}) {
        edit->setMaxLength(kMaxText);
        edit->installEventFilter(this);
    }
    connect(view_, &SearchView::leaveRequested, this, &SearchPanel::startTyping);
    connect(&Theme::instance(), &Theme::changed, this, &SearchPanel::restyle);
    setForm({});
    setCan(Can::Nothing, false, false);
    restyle();
}

QToolButton *SearchPanel::addToggle(const QString &objectName, const QString &text, const QString &tip)
{
    auto *button = new QToolButton(bar_);
    button->setObjectName(objectName);
    button->setText(text);
    button->setToolTip(tip);
    button->setAccessibleName(tip);
    button->setCheckable(true);
    button->setFocusPolicy(Qt::StrongFocus);
    return button;
}

void SearchPanel::makeBar()
{
    bar_->setObjectName(QStringLiteral("searchBar"));
    bar_->setAttribute(Qt::WA_StyledBackground);
    kind_ =
        new ChoiceButton(QStringLiteral("searchKind"), QStringLiteral("What is looked for"),
                         {QStringLiteral("Text"), QStringLiteral("Bytes"), QStringLiteral("Integer"),
                          QStringLiteral("Pointers to"), QStringLiteral("Strings"), QStringLiteral("Unknown value")},
                         bar_);
    text_ = new QLineEdit(bar_);
    text_->setObjectName(QStringLiteral("searchText"));
    text_->setAccessibleName(QStringLiteral("Search memory for"));
    encoding_ = new ChoiceButton(
        QStringLiteral("searchEncoding"), QStringLiteral("Encoding of the text"),
        {QStringLiteral("ASCII"), QStringLiteral("UTF-8"), QStringLiteral("UTF-16 LE"), QStringLiteral("UTF-16 BE")},
        bar_);
    number_ = new ChoiceButton(QStringLiteral("searchNumber"), QStringLiteral("Width and sign of the numbers"),
                               numberTexts(), bar_);
    ignoreCase_ = addToggle(QStringLiteral("searchIgnoreCase"), QStringLiteral("Aa"),
                            QStringLiteral("Ignore case: capitals and small letters are one"));
    bigEndian_ = addToggle(QStringLiteral("searchBigEndian"), QStringLiteral("BE"),
                           QStringLiteral("Big endian: the first byte counts most"));
    aligned_ = addToggle(QStringLiteral("searchAligned"), QStringLiteral("aligned"),
                         QStringLiteral("Aligned: only at multiples of the width"));
    scope_ = new ChoiceButton(QStringLiteral("searchScope"), QStringLiteral("Where to search"),
                              {QStringLiteral("all memory"), QStringLiteral("text"), QStringLiteral("modules"),
                               QStringLiteral("vmalloc"), QStringLiteral("direct map"), QStringLiteral("vmemmap"),
                               QStringLiteral("this segment"), QStringLiteral("a range"),
                               QStringLiteral("around the cursor")},
                              bar_);
    range_ = new QLineEdit(bar_);
    range_->setObjectName(QStringLiteral("searchRange"));
    range_->setAccessibleName(QStringLiteral("Range to search"));
    range_->setPlaceholderText(QStringLiteral("_sdata.._edata, or init_task"));
    start_ = new QToolButton(bar_);
    start_->setObjectName(QStringLiteral("searchStart"));
    start_->setFocusPolicy(Qt::StrongFocus);

    auto *line = new QHBoxLayout(bar_);
    line->setContentsMargins(2 * Theme::kGrid, Theme::kGrid, 2 * Theme::kGrid, Theme::kGrid);
    line->setSpacing(Theme::kGrid);
    line->addWidget(kind_);
    line->addWidget(text_, 3);
    for (QWidget *widget : std::initializer_list<QWidget *>{encoding_, number_, ignoreCase_, bigEndian_, aligned_})
        line->addWidget(widget);
    line->addSpacing(Theme::kGrid);
    line->addWidget(scope_);
    line->addWidget(range_, 2);
    line->addWidget(start_);
    connect(kind_, &ChoiceButton::chosen, this, &SearchPanel::adapt);
    connect(scope_, &ChoiceButton::chosen, this, [this] {
        adapt();
        if (range_->isVisible())
            range_->setFocus(Qt::OtherFocusReason);
    });
    for (QLineEdit *edit : {text_, range_})
        connect(edit, &QLineEdit::returnPressed, this, &SearchPanel::startRequested);
    connect(start_, &QToolButton::clicked, this, &SearchPanel::press);
}

void SearchPanel::makeFooter()
{
    footer_->setObjectName(QStringLiteral("searchFooter"));
    footer_->setAttribute(Qt::WA_StyledBackground);
    status_ = new QLabel(footer_);
    status_->setObjectName(QStringLiteral("searchStatus"));
    status_->setAccessibleName(QStringLiteral("State of the search"));
    // A long sentence must not widen the window; all of it is there on hover.
    status_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    test_ = new ChoiceButton(QStringLiteral("searchTest"), QStringLiteral("Keep the values that"),
                             {QStringLiteral("changed"), QStringLiteral("unchanged"), QStringLiteral("increased"),
                              QStringLiteral("decreased"), QStringLiteral("equal to, or in")},
                             footer_);
    values_ = new QLineEdit(footer_);
    values_->setObjectName(QStringLiteral("searchValues"));
    values_->setAccessibleName(QStringLiteral("Values to keep"));
    values_->setPlaceholderText(QStringLiteral("VALUE or LO..HI"));
    scan_ = new QToolButton(footer_);
    scan_->setObjectName(QStringLiteral("searchScan"));
    scan_->setText(QStringLiteral("Next scan"));
    scan_->setToolTip(QStringLiteral("Reads all that was found again and keeps the values that pass"));
    undo_ = new QToolButton(footer_);
    undo_->setObjectName(QStringLiteral("searchUndo"));
    undo_->setText(QStringLiteral("Undo scan"));
    undo_->setToolTip(QStringLiteral("Back to what was left before the last scan"));
    for (QToolButton *button : {scan_, undo_})
        button->setFocusPolicy(Qt::StrongFocus);
    auto *line = new QHBoxLayout(footer_);
    line->setContentsMargins(3 * Theme::kGrid, Theme::kGrid, 2 * Theme::kGrid, Theme::kGrid);
    line->setSpacing(Theme::kGrid);
    line->addWidget(status_, 3);
    line->addWidget(test_);
    line->addWidget(values_, 1);
    line->addWidget(scan_);
    line->addWidget(undo_);
    connect(test_, &ChoiceButton::chosen, this, [this](int choice) {
        values_->setVisible(kTests[choice] == ScanTest::Matching);
        if (values_->isVisible())
            values_->setFocus(Qt::OtherFocusReason);
    });
    connect(values_, &QLineEdit::returnPressed, this, &SearchPanel::scan);
    connect(scan_, &QToolButton::clicked, this, &SearchPanel::scan);
    connect(undo_, &QToolButton::clicked, this, &SearchPanel::undoRequested);
}

SearchForm SearchPanel::form() const
{
    SearchForm form;
    form.kind = static_cast<SearchKind>(kind_->current());
    form.text = text_->text();
    form.encoding = static_cast<TextEncoding>(encoding_->current());
    form.width = kNumbers[number_->current()].width;
    form.isSigned = kNumbers[number_->current()].isSigned;
    form.bigEndian = bigEndian_->isChecked();
    form.aligned = aligned_->isChecked();
    form.ignoreCase = ignoreCase_->isChecked();
    form.scope = static_cast<SearchScope>(scope_->current());
    form.range = range_->text();
    return form;
}

void SearchPanel::setForm(const SearchForm &form)
{
    kind_->setCurrent(static_cast<int>(form.kind));
    text_->setText(form.text);
    encoding_->setCurrent(static_cast<int>(form.encoding));
    for (std::size_t i = 0; i < std::size(kNumbers); ++i)
        if (kNumbers[i].width == form.width && kNumbers[i].isSigned == form.isSigned)
            number_->setCurrent(static_cast<int>(i));
    bigEndian_->setChecked(form.bigEndian);
    aligned_->setChecked(form.aligned);
    ignoreCase_->setChecked(form.ignoreCase);
    scope_->setCurrent(static_cast<int>(form.scope));
    range_->setText(form.range);
    adapt();
}

void SearchPanel::adapt()
{
    const auto kind = static_cast<SearchKind>(kind_->current());
    const bool isNumber = kind == SearchKind::Integer || kind == SearchKind::AnyValue;
    text_->setEnabled(kind != SearchKind::AnyValue);
    text_->setPlaceholderText(exampleOf(kind));
    encoding_->setVisible(kind == SearchKind::Text || kind == SearchKind::Strings);
    ignoreCase_->setVisible(kind == SearchKind::Text);
    for (QWidget *widget : std::initializer_list<QWidget *>{number_, bigEndian_, aligned_})
        widget->setVisible(isNumber);
    range_->setVisible(static_cast<SearchScope>(scope_->current()) == SearchScope::Range);
    if (!model_->isSearched())
        view_->setEmptyText(hintOf(kind));
}

void SearchPanel::startTyping()
{
    if (!text_->isEnabled())
        return start_->setFocus(Qt::ShortcutFocusReason);
    text_->setFocus(Qt::ShortcutFocusReason);
    text_->selectAll();
}

void SearchPanel::setStatus(const QString &text, const QString &detail, bool isWarning)
{
    if (status_->text() != text)
        status_->setText(text);
    const QString tip = detail.isEmpty() ? text : detail;
    if (status_->toolTip() != tip)
        status_->setToolTip(tip);
    if (std::exchange(isWarning_, isWarning) != isWarning)
        restyle();
}

void SearchPanel::setCan(Can can, bool scan, bool undo)
{
    can_ = can;
    start_->setText(can == Can::Cancel ? QStringLiteral("Cancel") : QStringLiteral("Search"));
    start_->setToolTip(can == Can::Cancel ? QStringLiteral("Stop and keep what was found (Esc)")
                                          : QStringLiteral("Search (Enter)"));
    start_->setEnabled(can != Can::Nothing);
    for (QWidget *widget : std::initializer_list<QWidget *>{test_, scan_})
        widget->setVisible(scan);
    values_->setVisible(scan && kTests[test_->current()] == ScanTest::Matching);
    undo_->setVisible(undo);
    view_->setEmptyText(can == Can::Cancel     ? QStringLiteral("Searching…")
                        : model_->isSearched() ? QStringLiteral("Nothing was found.")
                                               : hintOf(static_cast<SearchKind>(kind_->current())));
}

void SearchPanel::press()
{
    if (can_ == Can::Cancel)
        Q_EMIT cancelRequested();
    else
        Q_EMIT startRequested();
}

void SearchPanel::scan() { Q_EMIT scanRequested({kTests[test_->current()], values_->text()}); }

bool SearchPanel::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::KeyPress && qobject_cast<QLineEdit *>(watched)) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        if (key == Qt::Key_Escape && can_ == Can::Cancel) {
            Q_EMIT cancelRequested();
            return true;
        }
        // From the line into the table below it.
        if ((key == Qt::Key_Escape || key == Qt::Key_Down) && model_->rowCount() > 0) {
            view_->setFocus(Qt::OtherFocusReason);
            // A view that gets the keyboard has a current row, which nobody has chosen yet.
            const QModelIndex current = view_->currentIndex();
            view_->setCurrentIndex(current.isValid() ? current : model_->index(0, 0));
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void SearchPanel::restyle()
{
    const ThemeTokens &tokens = Theme::instance().tokens();
    setStyleSheet(QStringLiteral("#searchBar { background: %1; border-bottom: 1px solid %2; }"
                                 "#searchFooter { background: %1; border-top: 1px solid %2; }"
                                 "#searchBar QToolButton, #searchFooter QToolButton { padding: 2px 8px; }"
                                 "#searchBar QToolButton:checked { color: %3; }"
                                 "#searchBar QLineEdit, #searchFooter QLineEdit { padding: 2px 6px; }"
                                 "#searchStatus { color: %4; background: transparent; }")
                      .arg(tokens.panel.name(), tokens.line.name(), tokens.accent.name(),
                           (isWarning_ ? Theme::instance().color(SegmentKind::Text) : tokens.dim).name()));
    for (QLineEdit *edit : {text_, range_, values_})
        edit->setFont(Theme::instance().dataFont());
    status_->setFont(Theme::instance().smallFont());
}

} // namespace ks::ui
