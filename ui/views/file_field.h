// A line for the name of a file, with a button that looks for it.
#pragma once

#include <QWidget>

#include <filesystem>

class QLineEdit;

namespace ks::ui {

class FileField : public QWidget {
    Q_OBJECT

public:
    enum class Purpose { Open, Save };
    /// `title` is that of the dialog which looks for the file.
    FileField(Purpose purpose, const QString &title, QWidget *parent);

    void setText(const QString &text);
    /// What was given: "~" is the home folder, and what is not absolute lies in it.
    std::filesystem::path path() const;
    QLineEdit *edit() const { return edit_; }

Q_SIGNALS:
    void changed();

private:
    void browse();

    Purpose purpose_;
    QString title_;
    QLineEdit *edit_;
};

} // namespace ks::ui
