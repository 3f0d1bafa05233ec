// The inspector: the tree of an object, and below it whatever the window puts there.
#pragma once

#include "ui/views/struct_tree_view.h"

#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace ks::ui {

class InspectorPanel : public QWidget {
    Q_OBJECT

public:
    explicit InspectorPanel(StructTreeModel *model, QWidget *parent = nullptr);

    StructTreeView *tree() const { return tree_; }
    /// "struct task_struct @ init_task"
    void setSubject(const QString &type, const QString &name);
    QString subject() const { return subject_; }
    /// While nothing is shown: whether that is because it is being looked up.
    void setBusy(bool busy);
    /// The panel takes `widget` and shows it below the tree.
    void setFooter(QWidget *widget);

Q_SIGNALS:
    void subjectChanged(const QString &subject);

private:
    void restyle();
    void updateHint();

    QString subject_;
    QLabel *hint_;
    StructTreeView *tree_;
    QVBoxLayout *layout_;
};

} // namespace ks::ui
