// What stands in the middle of the window while no kernel is open: how far the opening is, or why it did not work.
#pragma once

#include "core/base/error.h"

#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace ks::ui {

class OpenPage : public QWidget {
    Q_OBJECT

public:
    explicit OpenPage(QWidget *parent = nullptr);

    void showProgress(const QString &stage, quint64 done, quint64 total);
    void showFailure(const Error &error, bool canAskForRights);

Q_SIGNALS:
    void cancelRequested();
    void retryRequested();
    void demoRequested();
    void rightsRequested();
    void otherRequested();

private:
    QLabel *title_;
    QLabel *detail_;
    QProgressBar *bar_;
    QPushButton *cancel_;
    QPushButton *retry_;
    QPushButton *rights_;
    QPushButton *other_;
    QPushButton *demo_;
};

} // namespace ks::ui
