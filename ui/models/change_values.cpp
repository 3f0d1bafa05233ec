#include "ui/models/change_values.h"

#include <algorithm>
#include <vector>

namespace ks::ui {

void ChangeValues::store(const QString &key, const QString &value)
{
    const auto found = rows_.find(key);
    if (found == rows_.end()) {
        rows_.insert(key, {value, value, {}, false, ++stores_});
        if (rows_.size() > kMaxRows)
            forgetOldest();
        return;
    }
    found->touched = found->touched || found->now != value;
    found->now = value;
    found->used = ++stores_;
}

void ChangeValues::forgetOldest()
{
    std::vector<std::uint64_t> ages;
    for (const Row &row : std::as_const(rows_))
        ages.push_back(row.used);
    // Many at once, so that the next rows that come need not ask again.
    const auto limit = ages.begin() + kMaxRows / 4;
    std::ranges::nth_element(ages, limit);
    rows_.removeIf([&](const auto &entry) { return entry.value().used < *limit; });
}

bool ChangeValues::isMarked(const QString &key) const
{
    const auto row = rows_.constFind(key);
    if (row == rows_.cend())
        return false;
    return base_ == ChangeBase::Look ? row->touched
                                     : base_ == ChangeBase::Snapshot && row->kept && *row->kept != row->now;
}

std::optional<QString> ChangeValues::baseValue(const QString &key) const
{
    const auto row = rows_.constFind(key);
    if (row == rows_.cend() || base_ == ChangeBase::Tick)
        return std::nullopt;
    return base_ == ChangeBase::Look ? std::optional(row->seen) : row->kept;
}

void ChangeValues::markSeen()
{
    for (Row &row : rows_) {
        row.seen = row.now;
        row.touched = false;
    }
}

void ChangeValues::keepSnapshot()
{
    for (Row &row : rows_)
        row.kept = row.now;
}

} // namespace ks::ui
