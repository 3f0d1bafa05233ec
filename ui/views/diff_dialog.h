// Asks for the snapshot to compare with, and how.
#pragma once

#include "ui/views/file_field.h"

#include <QDialog>

class QCheckBox;
class QPushButton;

namespace ks::ui {

class DiffDialog : public QDialog {
    Q_OBJECT

public:
    DiffDialog(const QString &file, QWidget *parent);

    FileField *file() const { return file_; }
    QCheckBox *byTypes() const { return byTypes_; }
    QCheckBox *byBytes() const { return byBytes_; }

private:
    void update();

    FileField *file_;
    QCheckBox *byTypes_;
    QCheckBox *byBytes_;
    QPushButton *compare_;
};

} // namespace ks::ui
