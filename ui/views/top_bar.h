// The bar above everything: which kernel, whether it is alive, how often it is read, and the way to the palette.
#pragma once

#include "core/session/session.h"

#include <QWidget>

class QAction;
class QHBoxLayout;
class QLabel;
class QMenu;
class QToolButton;

namespace ks::ui {

class TopBar : public QWidget {
    Q_OBJECT

public:
    enum class Pulse { None, Live, Frozen, Still, Lost };

    /// `freeze` and `palette` are the window's own actions; `menu` is the compact main menu.
    TopBar(QAction *freeze, QAction *palette, QMenu *menu, QWidget *parent = nullptr);

    /// One more button beside that which freezes; it is there while memory can be read.
    void addButton(QAction *action, const QString &text);
    void setTarget(const Session *session, bool demo);
    void setPulse(Pulse pulse, const QString &detail = {});
    void setRate(double hz);
    void openMenu();

    static constexpr double kRates[] = {0.2, 0.5, 1, 2, 5, 10, 20, 30, 60};

Q_SIGNALS:
    void rateChosen(double hz);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void restyle();
    void updatePulse();

    QToolButton *menuButton_;
    QLabel *name_;
    QLabel *pulseLabel_;
    QLabel *facts_;
    QToolButton *rate_;
    QToolButton *freezeButton_;
    QToolButton *palette_;
    QHBoxLayout *layout_;
    QList<QToolButton *> buttons_; ///< those of addButton()
    Pulse pulse_ = Pulse::None;
    QString pulseDetail_;
    bool demo_ = false;
};

} // namespace ks::ui
