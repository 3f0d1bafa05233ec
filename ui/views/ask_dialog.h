// Asks for a line or two of text. What was given is judged elsewhere, and an error is shown in place.
#pragma once

#include <QDialog>

class QLabel;
class QLineEdit;

namespace ks::ui {

class AskDialog : public QDialog {
    Q_OBJECT

public:
    struct Field {
        QString label;
        QString text;
        QString placeholder;
    };
    AskDialog(const QString &title, const QList<Field> &fields, QWidget *parent);

    QStringList answers() const;
    /// Shows why the answers do not do; the dialog stays open.
    void showError(const QString &sentence);

Q_SIGNALS:
    /// The person is done; whoever asked calls accept() or showError().
    void submitted(const QStringList &answers);

private:
    QList<QLineEdit *> edits_;
    QLabel *error_;
};

} // namespace ks::ui
