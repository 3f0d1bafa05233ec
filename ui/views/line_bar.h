// A line to type in below a table, with a quiet note at its right.
#pragma once

#include <QLabel>
#include <QLineEdit>

namespace ks::ui {

class LineBar : public QWidget {
    Q_OBJECT

public:
    /// Up and Escape lead from the line into `table`. The names are those of the line and of the note; `title` is for
    /// screen readers, `hint` stands in the empty line.
    LineBar(QWidget *table, const QString &lineName, const QString &noteName, const QString &title, const QString &hint,
            QWidget *parent = nullptr);

    QLineEdit *line() const { return line_; }
    const QLabel *note() const { return note_; }
    /// `detail` on hover.
    void setNote(const QString &text, const QString &detail, bool isWarning = false);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void restyle();

    QWidget *table_;
    QLineEdit *line_;
    QLabel *note_;
    bool isWarning_ = false;
};

} // namespace ks::ui
