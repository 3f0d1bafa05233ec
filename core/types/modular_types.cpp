#include "core/types/modular_types.h"

#include "core/types/known_variables.h"

#include <algorithm>
#include <set>
#include <string>

namespace ks {

namespace {

bool isThing(NameClass nameClass) { return nameClass == NameClass::Variable || nameClass == NameClass::Function; }

bool defines(const std::vector<Type> &types)
{
    return std::ranges::any_of(types, [](const Type &type) { return !type.node().isDeclaration; });
}

} // namespace

ModuleTypes::ModuleTypes(std::string name, VirtAddr address, Open openShort, Open openFull)
    : name_(std::move(name)), address_(address), openShort_(std::move(openShort)), openFull_(std::move(openFull))
{
}

const TypeSource *ModuleTypes::shortTypes() const
{
    std::call_once(shortOnce_, [this] {
        Progress progress;
        if (!openShort_)
            return;
        if (auto opened = openShort_(progress))
            short_ = std::move(*opened);
    });
    return short_.get();
}

const TypeSource *ModuleTypes::types() const
{
    if (!isOpened_) {
        const std::lock_guard opening(openMutex_);
        if (!isOpened_)
            open();
    }
    return opened().get();
}

const TypeSource *ModuleTypes::typesAtLast() const
{
    {
        const std::lock_guard opening(openMutex_);
        const auto before = problem();
        if (!isOpened_ || (before && before->code == ErrorCode::Cancelled))
            open();
    }
    return opened().get();
}

void ModuleTypes::open() const
{
    if (openFull_) {
        const auto progress = std::make_shared<Progress>();
        {
            const std::lock_guard lock(mutex_);
            opening_ = progress;
        }
        auto opened = openFull_(*progress);
        const std::lock_guard lock(mutex_);
        opening_.reset();
        problem_.reset();
        if (opened)
            full_ = std::move(*opened);
        else
            problem_ = std::move(opened.error());
    }
    if (problem_ || !openFull_)
        shortTypes();
    isOpened_ = true;
}

std::shared_ptr<Progress> ModuleTypes::opening() const
{
    const std::lock_guard lock(mutex_);
    return opening_;
}

bool ModuleTypes::mayHave(NameClass nameClass, std::string_view name) const
{
    const TypeSource *quick = shortTypes();
    if (!quick)
        quick = types();
    if (!quick)
        return false;
    // BTF lists functions, but no variables other than per-CPU ones.
    if (nameClass == NameClass::Variable && quick->format() == "BTF")
        return true;
    return isThing(nameClass) ? !quick->findDeclarations(nameClass, name).empty()
                              : !quick->findTypes(nameClass, name).empty();
}

std::shared_ptr<const TypeSource> ModuleTypes::opened() const
{
    if (!isOpened_)
        return nullptr;
    const std::lock_guard lock(mutex_);
    return full_ ? full_ : short_;
}

std::optional<Error> ModuleTypes::problem() const
{
    const std::lock_guard lock(mutex_);
    return problem_;
}

ModularTypes::ModularTypes(std::shared_ptr<const TypeSource> kernel,
                           std::vector<std::shared_ptr<const ModuleTypes>> modules)
    : kernel_(std::move(kernel)), modules_(std::move(modules))
{
}

std::vector<Type> ModularTypes::findTypes(NameClass nameClass, std::string_view name) const
{
    auto found = kernel_->findTypes(nameClass, name);
    if (defines(found))
        return found;
    std::vector<Type> defined;
    for (const auto &module : modules_) {
        if (!module->mayHave(nameClass, name))
            continue;
        const TypeSource *types = module->types();
        for (Type &type : types->findTypes(nameClass, name))
            if (!type.node().isDeclaration)
                defined.push_back(std::move(type));
    }
    found.insert(found.begin(), defined.begin(), defined.end());
    return found;
}

std::vector<Declaration> ModularTypes::findDeclarations(NameClass nameClass, std::string_view name) const
{
    auto found = kernel_->findDeclarations(nameClass, name);
    if (found.empty() && nameClass == NameClass::Variable)
        if (auto known = knownVariable(*kernel_, name))
            found.push_back(std::move(*known));
    return found;
}

Type ModularTypes::resolve(const Type &type) const
{
    Type own = type.definition();
    const auto nameClass = nameClassOf(own.kind());
    if (!own.node().isDeclaration || !nameClass)
        return own.node().isDeclaration || type.node().isDeclaration ? own : type;
    for (Type &other : findTypes(*nameClass, own.name()))
        if (!other.node().isDeclaration)
            return other;
    return own;
}

void ModularTypes::forEachTypeName(const std::function<bool(NameClass, std::string_view)> &visit) const
{
    bool wantsMore = true;
    kernel_->forEachTypeName(
        [&](NameClass nameClass, std::string_view name) { return wantsMore = visit(nameClass, name); });
    std::set<std::pair<NameClass, std::string>> seen; // modules share types that the kernel does not have
    for (const auto &module : modules_) {
        const TypeSource *types = wantsMore ? module->shortTypes() : nullptr;
        if (!types)
            continue;
        types->forEachOwnTypeName([&](NameClass nameClass, std::string_view name) {
            // A module may have a type of its own under a name that the kernel has, too.
            if (kernel_->findTypes(nameClass, name).empty() && seen.emplace(nameClass, name).second)
                wantsMore = visit(nameClass, name);
            return wantsMore;
        });
    }
}

const TypeSource *ModularTypes::module(std::string_view name) const
{
    const auto found =
        std::ranges::find_if(modules_, [&](const std::shared_ptr<const ModuleTypes> &m) { return m->name() == name; });
    return found == modules_.end() ? nullptr : (*found)->types();
}

} // namespace ks
