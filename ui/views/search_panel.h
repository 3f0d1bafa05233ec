// The search as a person sees it: the line that says what to look for and where, what was found, and how it goes.
#pragma once

#include "ui/models/search_query.h"
#include "ui/views/search_view.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QToolButton;

namespace ks::ui {

class ChoiceButton;

class SearchPanel : public QWidget {
    Q_OBJECT

public:
    explicit SearchPanel(SearchModel *model, QWidget *parent = nullptr);

    SearchView *view() const { return view_; }
    /// What stands in the line now.
    SearchForm form() const;
    void setForm(const SearchForm &form);
    /// Puts the keyboard into the line.
    void startTyping();

    /// Stands below the table; `detail` on hover.
    void setStatus(const QString &text, const QString &detail = {}, bool isWarning = false);
    enum class Can : std::uint8_t { Nothing, Start, Cancel };
    /// What the button does now, and whether what was found can be scanned again or a scan be taken back.
    void setCan(Can can, bool scan, bool undo);

    struct Scan {
        ScanTest test = ScanTest::Changed;
        QString values; ///< of Matching
    };

Q_SIGNALS:
    void startRequested();
    void cancelRequested();
    void scanRequested(const ks::ui::SearchPanel::Scan &scan);
    void undoRequested();

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void makeBar();
    void makeFooter();
    QToolButton *addToggle(const QString &objectName, const QString &text, const QString &tip);
    void adapt();
    void press();
    void scan();
    void restyle();

    SearchModel *model_;
    QWidget *bar_;
    ChoiceButton *kind_;
    QLineEdit *text_;
    ChoiceButton *encoding_;
    ChoiceButton *number_;
    QToolButton *ignoreCase_;
    QToolButton *bigEndian_;
    QToolButton *aligned_;
    ChoiceButton *scope_;
    QLineEdit *range_;
    QToolButton *start_;
    SearchView *view_;
    QWidget *footer_;
    QLabel *status_;
    ChoiceButton *test_;
    QLineEdit *values_;
    QToolButton *scan_;
    QToolButton *undo_;
    Can can_ = Can::Nothing;
    bool isWarning_ = false;
};

} // namespace ks::ui
