#include "core/types/libdwarf_object.h"

#include "core/base/address.h"

#include <array>
#include <dwarf.h>
#include <libdwarf.h>
#include <mutex>

// Releases are 20210528 (Debian 12, Ubuntu 24.04), which has no version macros, and 0.11 (Debian 13).
#ifdef DW_LIBDWARF_VERSION_MAJOR
#define KS_LIBDWARF_NEW 1
#else
#define KS_LIBDWARF_NEW 0
#endif

namespace ks {

namespace {

#if KS_LIBDWARF_NEW
using Interface = Dwarf_Obj_Access_Interface_a;
using Methods = Dwarf_Obj_Access_Methods_a;
using SectionInfo = Dwarf_Obj_Access_Section_a;
using ByteOrder = Dwarf_Small;
constexpr ByteOrder kLittleEndian = DW_END_little;
#else
using Interface = Dwarf_Obj_Access_Interface;
using Methods = Dwarf_Obj_Access_Methods;
using SectionInfo = Dwarf_Obj_Access_Section;
using ByteOrder = Dwarf_Endianness;
constexpr ByteOrder kLittleEndian = DW_OBJECT_LSB;
#endif

struct Section {
    const char *name;
    std::span<const std::byte> bytes;
};

void fill(SectionInfo &info, const Section &section)
{
    info = {};
#if KS_LIBDWARF_NEW
    info.as_name = section.name;
    info.as_size = section.bytes.size();
#else
    info.name = section.name;
    info.size = section.bytes.size();
#endif
}

/// Both settings are of the process, and have to be made before the first use.
void configureOnce()
{
    static std::once_flag once;
    std::call_once(once, [] {
        // Every DIE, attribute and error is freed here by hand; libdwarf need not keep a tree of them.
        dwarf_set_de_alloc_flag(0);
    });
}

} // namespace

struct LibdwarfUnit::Object {
    // libdwarf, like ELF, has nothing at index 0.
    std::array<Section, 7> sections;
    Dwarf_Small addressSize;
    Interface interface;

    static const Object &of(void *object) { return *static_cast<const Object *>(object); }

    // The type of a section index differs between the releases; the table of methods chooses.
    template <class Index>
    static int sectionInfo(void *object, Index index, SectionInfo *info, int *)
    {
        if (index >= of(object).sections.size())
            return DW_DLV_NO_ENTRY;
        fill(*info, of(object).sections[index]);
        return DW_DLV_OK;
    }
    template <class Index>
    static int loadSection(void *object, Index index, Dwarf_Small **data, int *)
    {
        if (index == 0 || index >= of(object).sections.size())
            return DW_DLV_NO_ENTRY;
        // libdwarf does not write to what it loads.
        *data = reinterpret_cast<Dwarf_Small *>(const_cast<std::byte *>(of(object).sections[index].bytes.data()));
        return DW_DLV_OK;
    }
    static ByteOrder byteOrder(void *) { return kLittleEndian; }
    static Dwarf_Small lengthSize(void *) { return 4; }
    static Dwarf_Small pointerSize(void *object) { return of(object).addressSize; }
    static Dwarf_Unsigned sectionCount(void *object) { return of(object).sections.size(); }
#if KS_LIBDWARF_NEW
    static Dwarf_Unsigned fileSize(void *object)
    {
        Dwarf_Unsigned size = 0;
        for (const Section &section : of(object).sections)
            size += section.bytes.size();
        return size;
    }
#endif

    static const Methods *methods()
    {
        static const Methods table = [] {
            Methods m = {};
#if KS_LIBDWARF_NEW
            m.om_get_section_info = sectionInfo;
            m.om_get_byte_order = byteOrder;
            m.om_get_length_size = lengthSize;
            m.om_get_pointer_size = pointerSize;
            m.om_get_filesize = fileSize;
            m.om_get_section_count = sectionCount;
            m.om_load_section = loadSection;
#else
            m.get_section_info = sectionInfo;
            m.get_byte_order = byteOrder;
            m.get_length_size = lengthSize;
            m.get_pointer_size = pointerSize;
            m.get_section_count = sectionCount;
            m.load_section = loadSection;
#endif
            return m;
        }();
        return &table;
    }
};

LibdwarfUnit::LibdwarfUnit(const DwarfUnit &unit, std::unique_ptr<Object> object)
    : unit_(unit), object_(std::move(object))
{
}

LibdwarfUnit::~LibdwarfUnit()
{
    // Not dwarf_finish, which would free an object of its own making.
    if (debug_) {
#if KS_LIBDWARF_NEW
        dwarf_object_finish(debug_);
#else
        Dwarf_Error error = nullptr;
        dwarf_object_finish(debug_, &error);
#endif
    }
}

Result<std::unique_ptr<LibdwarfUnit>> LibdwarfUnit::open(const DwarfSections &sections, const DwarfUnit &unit)
{
    configureOnce();
    auto object = std::make_unique<Object>();
    object->sections = {{{"", {}},
                         {".debug_info", sections.info.subspan(unit.offset, unit.end - unit.offset)},
                         {".debug_abbrev", sections.abbrev},
                         {".debug_str", sections.str},
                         {".debug_line_str", sections.lineStr},
                         {".debug_str_offsets", sections.strOffsets},
                         {".debug_addr", sections.addr}}};
    object->addressSize = unit.addressSize;
#if KS_LIBDWARF_NEW
    object->interface.ai_object = object.get();
    object->interface.ai_methods = Object::methods();
#else
    object->interface.object = object.get();
    object->interface.methods = Object::methods();
#endif
    std::unique_ptr<LibdwarfUnit> result(new LibdwarfUnit(unit, std::move(object)));
    Dwarf_Error error = nullptr;
    const int status =
        dwarf_object_init_b(&result->object_->interface, nullptr, nullptr, DW_GROUPNUMBER_ANY, &result->debug_, &error);
    if (status != DW_DLV_OK) {
        const std::string why = error ? dwarf_errmsg(error) : "libdwarf finds no debug information";
        if (error)
            dwarf_dealloc_error(nullptr, error);
        result->debug_ = nullptr;
        return fail(ErrorCode::BadFormat, sections.fileName + ", .debug_info+" + hex(unit.offset), why);
    }
    return result;
}

} // namespace ks
