// What the palette finds: symbols, types, modules, commands, and the value of an expression. Works in a worker.
#pragma once

#include "core/session/session.h"
#include "core/symbols/name_index.h"

#include <QString>
#include <QStringList>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ks::ui {

struct PaletteItem {
    enum class Kind : std::uint8_t { Value, Symbol, Type, Module, Command, Error };
    Kind kind = Kind::Symbol;
    QString title;                      ///< "init_task"
    QString detail;                     ///< "struct task_struct", "data · 9728 B"
    QString trailer;                    ///< the address, or a command's shortcut
    std::optional<VirtAddr> address;    ///< where to go
    std::optional<SegmentKind> segment; ///< of that address, for its colour
    std::optional<Type> type;           ///< what lies there
    Value value;                        ///< of an expression that has no address
    int command = -1;                   ///< index into the commands
};

/// The names that a session does not hold in a searchable form: of types and of modules. Immutable once built.
class PaletteNames {
public:
    /// Prepares the session's symbols for searching, too, so that the first key is answered as quickly as all others.
    static std::shared_ptr<const PaletteNames> build(const Session &session, Progress &progress);

    struct TypeName {
        NameClass nameClass;
        std::string name;
    };
    struct ModuleName {
        std::string name;
        VirtAddr first; ///< the lowest address of a symbol of it
    };
    const std::vector<TypeName> &types() const { return types_; }
    /// The best `limit` types by their names alone; NameHit::name is the index into types().
    std::vector<NameHit> findTypes(const NamePattern &pattern, std::size_t limit, std::optional<NameClass> only) const;
    const std::vector<ModuleName> &modules() const { return modules_; }

private:
    std::vector<TypeName> types_;
    NameIndex typeIndex_;
    std::vector<ModuleName> modules_;
};

struct PaletteQuery {
    QString text;
    std::vector<QString> commands;
    std::size_t limit = 50;
};

/// The best first. An expression or an address that has a value stands above all names. Names come by how well they
/// match (NameMatch), then the shorter, whatever they name; of equal ones a symbol, a type, a module, a command.
/// `struct `, `union ` and `enum ` in front limit the answer to types, `module::` to its symbols. Empty text: the
/// commands.
std::vector<PaletteItem> searchPalette(const Session &session, const PaletteNames *names, const PaletteQuery &query,
                                       const Progress &progress);

/// What a bare address or an expression stands for; the error says why it stands for nothing.
Result<PaletteItem> evaluateForPalette(const Session &session, const QString &text);

} // namespace ks::ui
