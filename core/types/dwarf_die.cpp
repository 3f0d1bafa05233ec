#include "core/types/dwarf_die.h"

#include "core/base/address.h"
#include "core/base/byte_reader.h"

#include <cstring>
#include <dwarf.h>
#include <libdwarf.h>

namespace ks {

namespace {

/// libdwarf's errors are ours to free.
class DwarfError {
public:
    explicit DwarfError(Dwarf_Debug debug) : debug_(debug) {}
    ~DwarfError() { clear(); }
    DwarfError(const DwarfError &) = delete;
    DwarfError &operator=(const DwarfError &) = delete;
    Dwarf_Error *out()
    {
        clear();
        return &error_;
    }
    std::string text() const { return error_ ? dwarf_errmsg(error_) : "no such entry"; }

private:
    void clear()
    {
        if (error_)
            dwarf_dealloc_error(debug_, error_);
        error_ = nullptr;
    }
    Dwarf_Debug debug_;
    Dwarf_Error error_ = nullptr;
};

struct DieDeleter {
    void operator()(Dwarf_Die die) const { dwarf_dealloc_die(die); }
};
using DieHandle = std::unique_ptr<Dwarf_Die_s, DieDeleter>;

/// Attributes of one DIE.
class AttributeReader {
public:
    AttributeReader(const DwarfSections &sections, const LibdwarfUnit &unit, DwarfError &error)
        : sections_(sections), unit_(unit), error_(error)
    {
    }

    bool read(Dwarf_Die die, DwarfDie &out)
    {
        Dwarf_Half tag = 0;
        Dwarf_Off offset = 0;
        if (dwarf_tag(die, &tag, error_.out()) != DW_DLV_OK || dwarf_dieoffset(die, &offset, error_.out()) != DW_DLV_OK)
            return false;
        out.tag = tag;
        out.offset = unit_.unit().offset + offset;
        Dwarf_Attribute *list = nullptr;
        Dwarf_Signed count = 0;
        const int status = dwarf_attrlist(die, &list, &count, error_.out());
        if (status != DW_DLV_OK)
            return status == DW_DLV_NO_ENTRY;
        bool sound = true;
        for (Dwarf_Signed i = 0; i < count; ++i) {
            sound = sound && take(list[i], out);
            dwarf_dealloc_attribute(list[i]);
        }
        dwarf_dealloc(unit_.debug(), list, DW_DLA_LIST);
        return sound;
    }

private:
    bool take(Dwarf_Attribute attribute, DwarfDie &out)
    {
        Dwarf_Half what = 0;
        Dwarf_Half form = 0;
        if (dwarf_whatattr(attribute, &what, error_.out()) != DW_DLV_OK ||
            dwarf_whatform(attribute, &form, error_.out()) != DW_DLV_OK)
            return false;
        switch (what) {
        case DW_AT_name: {
            char *text = nullptr;
            if (dwarf_formstring(attribute, &text, error_.out()) != DW_DLV_OK)
                return false;
            // Where the text ends is known to be inside the section; how long it is, is not known to be sensible.
            const std::size_t length = ::strnlen(text, kMaxName + 1);
            if (length > kMaxName)
                return false;
            out.name = {text, length};
            return true;
        }
        case DW_AT_type:
            return form == DW_FORM_ref_sig8 ? signature(attribute, out.typeSignature)
                                            : reference(attribute, form, out.type);
        case DW_AT_signature: return form != DW_FORM_ref_sig8 || signature(attribute, out.signature);
        case DW_AT_specification: return reference(attribute, form, out.specification);
        case DW_AT_abstract_origin: return reference(attribute, form, out.abstractOrigin);
        case DW_AT_byte_size: return number(attribute, form, out.byteSize);
        case DW_AT_bit_size: return number(attribute, form, out.bitSize);
        case DW_AT_bit_offset: return number(attribute, form, out.bitOffset);
        case DW_AT_data_bit_offset: return number(attribute, form, out.dataBitOffset);
        case DW_AT_data_member_location:
            return isBlock(form) ? expression(attribute, form, out.memberLocation)
                                 : number(attribute, form, out.memberLocation);
        case DW_AT_lower_bound: return number(attribute, form, out.lowerBound);
        case DW_AT_upper_bound: return number(attribute, form, out.upperBound);
        case DW_AT_count: return number(attribute, form, out.count);
        case DW_AT_const_value:
            out.constIsSigned = form == DW_FORM_sdata || form == DW_FORM_implicit_const;
            return number(attribute, form, out.constValue);
        case DW_AT_encoding: return number(attribute, form, out.encoding);
        case DW_AT_location: return !isBlock(form) || expression(attribute, form, out.address);
        case DW_AT_low_pc: {
            Dwarf_Addr address = 0;
            if (dwarf_formaddr(attribute, &address, error_.out()) == DW_DLV_OK)
                out.address = address;
            return true;
        }
        case DW_AT_declaration: return flag(attribute, out.declaration);
        case DW_AT_external: return flag(attribute, out.external);
        default: return true;
        }
    }

    static bool isBlock(Dwarf_Half form)
    {
        return form == DW_FORM_exprloc || form == DW_FORM_block || form == DW_FORM_block1 || form == DW_FORM_block2 ||
               form == DW_FORM_block4;
    }

    bool flag(Dwarf_Attribute attribute, bool &out)
    {
        Dwarf_Bool value = 0;
        if (dwarf_formflag(attribute, &value, error_.out()) != DW_DLV_OK)
            return false;
        out = value != 0;
        return true;
    }

    bool signature(Dwarf_Attribute attribute, std::optional<std::uint64_t> &out)
    {
        Dwarf_Sig8 bytes = {};
        if (dwarf_formsig8(attribute, &bytes, error_.out()) != DW_DLV_OK)
            return false;
        out.emplace();
        std::memcpy(&*out, bytes.signature, sizeof *out);
        return true;
    }

    bool reference(Dwarf_Attribute attribute, Dwarf_Half form, std::optional<std::uint64_t> &out)
    {
        Dwarf_Off offset = 0;
        if (dwarf_global_formref(attribute, &offset, error_.out()) != DW_DLV_OK)
            return false;
        // libdwarf's section begins with this unit, except for the one form that counts from the true start.
        out = form == DW_FORM_ref_addr ? offset : unit_.unit().offset + offset;
        return true;
    }

    /// Constants; other classes (references and expressions for the bounds of variable arrays) give nothing.
    bool number(Dwarf_Attribute attribute, Dwarf_Half form, std::optional<std::uint64_t> &out)
    {
        switch (form) {
        case DW_FORM_data1:
        case DW_FORM_data2:
        case DW_FORM_data4:
        case DW_FORM_data8:
        case DW_FORM_udata: {
            Dwarf_Unsigned value = 0;
            if (dwarf_formudata(attribute, &value, error_.out()) != DW_DLV_OK)
                return false;
            out = value;
            return true;
        }
        case DW_FORM_sdata:
        case DW_FORM_implicit_const: { // dwarf_formudata refuses these
            Dwarf_Signed value = 0;
            if (dwarf_formsdata(attribute, &value, error_.out()) != DW_DLV_OK)
                return false;
            out = static_cast<std::uint64_t>(value);
            return true;
        }
        default: return true;
        }
    }

    /// The few expressions that compilers write for the place of a member or of a variable with a fixed address.
    bool expression(Dwarf_Attribute attribute, Dwarf_Half form, std::optional<std::uint64_t> &out)
    {
        std::span<const std::byte> bytes;
        if (form == DW_FORM_exprloc) {
            Dwarf_Unsigned length = 0;
            Dwarf_Ptr data = nullptr;
            if (dwarf_formexprloc(attribute, &length, &data, error_.out()) != DW_DLV_OK)
                return false;
            bytes = {static_cast<const std::byte *>(data), static_cast<std::size_t>(length)};
            out = evaluate(bytes);
            return true;
        }
        Dwarf_Block *block = nullptr;
        if (dwarf_formblock(attribute, &block, error_.out()) != DW_DLV_OK)
            return false;
        bytes = {static_cast<const std::byte *>(block->bl_data), static_cast<std::size_t>(block->bl_len)};
        out = evaluate(bytes);
        dwarf_dealloc(unit_.debug(), block, DW_DLA_BLOCK);
        return true;
    }

    /// One value, to which DW_OP_plus_uconst may add; a member's place starts from the (unknown) start of its struct,
    /// which counts as 0.
    std::optional<std::uint64_t> evaluate(std::span<const std::byte> bytes) const
    {
        const DwarfUnit &unit = unit_.unit();
        ByteReader reader(bytes);
        std::optional<std::uint64_t> value;
        while (!reader.atEnd()) {
            const auto operation = reader.read<std::uint8_t>();
            switch (operation) {
            case DW_OP_addr:
                value = unit.addressSize == 8 ? reader.read<std::uint64_t>() : reader.read<std::uint32_t>();
                break;
            case DW_OP_addrx:
            case DW_OP_GNU_addr_index:
                value = indexedAddress(reader.readUleb128());
                if (!value)
                    return std::nullopt;
                break;
            case DW_OP_plus_uconst: value = value.value_or(0) + reader.readUleb128(); break;
            case DW_OP_constu:
                value = value.value_or(0) + reader.readUleb128();
                if (reader.read<std::uint8_t>() != DW_OP_plus)
                    return std::nullopt;
                break;
            default: return std::nullopt;
            }
        }
        return reader.failed() ? std::nullopt : value;
    }

    std::optional<std::uint64_t> indexedAddress(std::uint64_t index) const
    {
        const DwarfUnit &unit = unit_.unit();
        const std::uint64_t table = sections_.addr.size();
        if (unit.addrBase > table || index >= (table - unit.addrBase) / unit.addressSize)
            return std::nullopt;
        std::uint64_t address = 0;
        std::memcpy(&address, sections_.addr.data() + unit.addrBase + index * unit.addressSize, unit.addressSize);
        return address;
    }

    static constexpr std::size_t kMaxName = 4096;
    const DwarfSections &sections_;
    const LibdwarfUnit &unit_;
    DwarfError &error_;
};

} // namespace

Result<DwarfDie> readDie(const DwarfSections &sections, const LibdwarfUnit &unit, std::uint64_t offset,
                         const std::function<bool(const DwarfDie &)> &child)
{
    const DwarfUnit &bounds = unit.unit();
    DwarfError error(unit.debug());
    const auto damaged = [&](std::uint64_t at, std::string why) {
        return fail(ErrorCode::BadFormat, sections.fileName + ", .debug_info+" + hex(at), std::move(why));
    };
    if (offset < bounds.firstDie || offset >= bounds.end)
        return damaged(offset, "a reference to what is no entry");
    Dwarf_Die handle = nullptr;
    if (dwarf_offdie_b(unit.debug(), offset - bounds.offset, true, &handle, error.out()) != DW_DLV_OK)
        return damaged(offset, error.text());
    DieHandle die(handle);
    AttributeReader attributes(sections, unit, error);
    DwarfDie result;
    if (!attributes.read(die.get(), result))
        return damaged(offset, "an attribute is damaged: " + error.text());
    if (!child)
        return result;
    int status = dwarf_child(die.get(), &handle, error.out());
    std::uint64_t last = offset;
    while (status == DW_DLV_OK) {
        die.reset(handle);
        DwarfDie entry;
        if (!attributes.read(die.get(), entry))
            return damaged(last, "an attribute of a child is damaged: " + error.text());
        if (entry.offset <= last)
            return damaged(last, "a sibling that stands before its elder");
        last = entry.offset;
        if (!child(entry))
            return result;
        status = dwarf_siblingof_b(unit.debug(), die.get(), true, &handle, error.out());
    }
    if (status == DW_DLV_ERROR)
        return damaged(last, error.text());
    return result;
}

} // namespace ks
