// Asks what to save, and where. It knows no kernel: whoever asks gives the choices, and says what a choice would take.
#pragma once

#include "core/live/snapshot.h"
#include "ui/views/file_field.h"

#include <QDialog>

class QButtonGroup;
class QLabel;
class QPushButton;

namespace ks::ui {

class SnapshotDialog : public QDialog {
    Q_OBJECT

public:
    struct Choice {
        QString text;   ///< "All RAM"; may have a mnemonic
        QString detail; ///< "what crash, drgn and GDB need"
        bool isThere = true;
    };
    SnapshotDialog(const QList<Choice> &choices, int chosen, const QString &file, QWidget *parent);

    int choice() const;
    FileField *file() const { return file_; }
    /// What it would take, once that is known. An existing file is to be replaced, or another name to be given.
    void showSpace(const Result<SnapshotSpace> &space);
    QString spaceText() const;

Q_SIGNALS:
    /// Something else is chosen: what would that take?
    void changed();
    /// `replace`: the person has said that an existing file is to go.
    void submitted(bool replace);

private:
    void ask();

    QButtonGroup *choices_;
    FileField *file_ = nullptr;
    QLabel *space_;
    QPushButton *save_;
    bool exists_ = false;
};

} // namespace ks::ui
