// Asks for the snapshot to compare with, and how.
#pragma once

#include "ui/views/file_field.h"

#include <QDialog>

class QCheckBox;
class QLineEdit;
class QPushButton;

namespace ks::ui {

class DiffDialog : public QDialog {
    Q_OBJECT

public:
    static constexpr std::size_t kMaxLimit = 100'000;

    DiffDialog(const QString &file, std::size_t limit, QWidget *parent);

    FileField *file() const { return file_; }
    QCheckBox *byTypes() const { return byTypes_; }
    QCheckBox *byBytes() const { return byBytes_; }
    /// How many differences of each kind are to be shown: 1 to kMaxLimit; 0 while none is typed.
    std::size_t limit() const;
    QLineEdit *limitLine() const { return limit_; }

private:
    void update();

    FileField *file_;
    QCheckBox *byTypes_;
    QCheckBox *byBytes_;
    QLineEdit *limit_;
    QPushButton *compare_;
};

} // namespace ks::ui
