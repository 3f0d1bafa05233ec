// What the page tables say of a byte, for the line that tells where it comes from.
#pragma once

#include "core/memory/page_tables.h"
#include "ui/models/provenance.h"

namespace ks::ui {

/// The page: its flags and size, the entries of all levels as the tool tip. With `tellsPhysical` its physical address
/// as well. Empty where nothing is mapped: the status says so.
std::vector<ProvenanceStep> pageSteps(const Translation &page, bool tellsPhysical);

} // namespace ks::ui
