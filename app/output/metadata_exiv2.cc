/* SPDX-License-Identifier: MIT */
extern "C" {
#include "app/output/metadata_exiv2.h"

#include "metadata/description.h"
}

#include <cstdlib>
#include <cstring>
#include <exiv2/exiv2.hpp>
#include <map>
#include <mutex>
#include <string>
#include <zlib.h>

namespace
{

const char XMP_DESCRIPTION[] = "Xmp.dc.description";
const char EXIF_DESCRIPTION[] = "Exif.Image.ImageDescription";
const char IPTC_CAPTION[] = "Iptc.Application2.Caption";
const char IPTC_CHARSET[] = "Iptc.Envelope.CharacterSet";
const char DEFAULT_LANGUAGE[] = "x-default";

/* exiv2's log handler is a function without context and its XMP parser is shared: all calls are
 * made within a Session. */
std::mutex one_session;
std::string complaint; /* the first message that means a loss */
int tolerated;         /* messages up to this level do not */

void listen(int level, const char *text)
{
    if (complaint.empty() && (level > tolerated || std::strncmp(text, "Failed to decode", 16) == 0))
        complaint.assign(text, std::strcspn(text, "\n"));
}

class Session
{
    std::lock_guard<std::mutex> guard;

  public:
    Session() : guard(one_session)
    {
        complaint.clear();
        tolerated = Exiv2::LogMsg::warn;
        Exiv2::LogMsg::setLevel(Exiv2::LogMsg::warn);
        Exiv2::LogMsg::setHandler(listen);
    }
    ~Session()
    {
        Exiv2::LogMsg::setLevel(Exiv2::LogMsg::mute);
    }
};

/* exiv2 keeps the namespaces of files that it read: they are freed before exiv2 itself ends. */
const struct Ending {
    ~Ending()
    {
        Exiv2::XmpParser::terminate();
    }
} ending;

struct Refusal {
    enum tn_status status;
    std::string why;
};

void check_complaint()
{
    if (!complaint.empty())
        throw Refusal{TN_FORMAT, "its metadata is damaged, and what cannot be read would be lost; "
                                 "use --sidecar xmp (exiv2: " +
                                     complaint + ")"};
}

bool blank(const std::string &text)
{
    return meta_description_blank(text.c_str());
}

/* Some programs fill a field up with NULs; what is written behind them would be lost. */
std::string up_to_nul(const std::string &text)
{
    return text.c_str();
}

bool is_ascii(const std::string &text)
{
    for (const char byte : text)
        if (static_cast<unsigned char>(byte) >= 0x80)
            return false;
    return true;
}

/* Old software wrote Latin-1 into EXIF and IPTC; XMP is UTF-8 always. */
std::string as_utf8(const std::string &text)
{
    std::string converted;

    if (meta_description_utf8(text.c_str()))
        return text;
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);

        if (byte >= 0x80)
            converted += static_cast<char>(0xC0 | byte >> 6);
        converted += static_cast<char>(byte >= 0x80 ? 0x80 | (byte & 0x3F) : byte);
    }
    return converted;
}

/* What a field becomes that says `old`. */
std::string edited(const std::string &old, const app_metadata_caption &caption)
{
    const size_t end = old.find_last_not_of(" \t\r\n");

    if (!caption.append || blank(old))
        return caption.text;
    if (meta_description_has_line(old.c_str(), caption.text))
        return old;
    return old.substr(0, end + 1) + "\n" + caption.text;
}

typedef std::map<std::string, std::string, Exiv2::LangAltValueComparator> Languages;

Languages languages_of(const Exiv2::XmpData &xmp)
{
    const auto found = xmp.findKey(Exiv2::XmpKey(XMP_DESCRIPTION));
    Languages languages;

    if (found == xmp.end())
        return languages;
    if (const auto *value = dynamic_cast<const Exiv2::LangAltValue *>(&found->value()))
        languages = value->value_;
    else
        languages[DEFAULT_LANGUAGE] = found->toString();
    for (auto one = languages.begin(); one != languages.end();)
        one = blank(one->second) ? languages.erase(one) : std::next(one);
    return languages;
}

std::string default_of(const Languages &languages)
{
    const auto found = languages.find(DEFAULT_LANGUAGE);

    if (found != languages.end())
        return found->second;
    return languages.empty() ? "" : languages.begin()->second;
}

std::string exif_text(const Exiv2::ExifData &exif)
{
    const auto found = exif.findKey(Exiv2::ExifKey(EXIF_DESCRIPTION));
    const std::string text = found == exif.end() ? "" : up_to_nul(found->toString());

    return meta_description_by_camera(text.c_str()) ? "" : text;
}

std::string iptc_text(const Exiv2::IptcData &iptc)
{
    const auto found = iptc.findKey(Exiv2::IptcKey(IPTC_CAPTION));

    return found == iptc.end() ? "" : up_to_nul(found->toString());
}

bool described(const Exiv2::Image &image)
{
    return !languages_of(image.xmpData()).empty() || !blank(iptc_text(image.iptcData())) ||
           !exif_text(image.exifData()).empty();
}

/* standing: what an empty description is to begin with.  These three return whether they changed
 * anything. */
bool edit_xmp(Exiv2::XmpData &xmp, const std::string &standing, const app_metadata_caption &caption)
{
    const Languages before = languages_of(xmp);
    Languages after = before;
    Exiv2::LangAltValue value;

    if (before.empty() || !caption.append)
        after[DEFAULT_LANGUAGE] = after[caption.language] = edited(standing, caption);
    else
        after[DEFAULT_LANGUAGE] = edited(default_of(before), caption);
    if (before.count(caption.language))
        after[caption.language] = edited(before.at(caption.language), caption);
    if (after == before)
        return false;
    value.value_ = after;
    xmp[XMP_DESCRIPTION].setValue(&value);
    return true;
}

bool edit_exif(Exiv2::ExifData &exif, const std::string &standing,
               const app_metadata_caption &caption)
{
    const std::string before = exif_text(exif);
    const std::string after = edited(before.empty() ? standing : before, caption);

    if (after == before)
        return false;
    const Exiv2::AsciiValue value(after);
    exif[EXIF_DESCRIPTION].setValue(&value);
    return true;
}

/* IPTC has one charset for all its fields: what is not ASCII is not added to data of an
 * unknown charset. */
bool edit_iptc(Exiv2::IptcData &iptc, const std::string &standing,
               const app_metadata_caption &caption)
{
    const std::string before = iptc_text(iptc);
    const std::string after = edited(blank(before) ? standing : before, caption);
    const bool ascii = is_ascii(blank(before) ? after : caption.text);
    const char *charset = iptc.detectCharset();
    const std::string told = charset ? charset : "";

    if (iptc.empty() || after == before || (!ascii && told != "UTF-8" && told != "ASCII"))
        return false;
    if (!ascii)
        iptc[IPTC_CHARSET] = "\033%G";
    iptc[IPTC_CAPTION] = after;
    return true;
}

bool edit_image(Exiv2::Image &image, const app_metadata_caption &caption)
{
    std::string standing = default_of(languages_of(image.xmpData()));
    bool changed = false;

    if (blank(standing))
        standing = as_utf8(iptc_text(image.iptcData()));
    if (blank(standing))
        standing = as_utf8(exif_text(image.exifData()));
    changed |= edit_xmp(image.xmpData(), standing, caption);
    changed |= edit_exif(image.exifData(), standing, caption);
    changed |= edit_iptc(image.iptcData(), standing, caption);
    return changed;
}

/* How often each field is there. */
typedef std::map<std::string, int> Tally;

template <typename Data> void count(Tally &tally, const Data &data)
{
    for (const auto &datum : data)
        tally[datum.key()]++;
}

Tally count_all(const Exiv2::Image &image)
{
    Tally tally;

    count(tally, image.exifData());
    count(tally, image.iptcData());
    count(tally, image.xmpData());
    return tally;
}

void check_kept(const Tally &before, const Tally &after)
{
    for (const auto &field : before) {
        const auto found = after.find(field.first);

        if (found == after.end() || found->second < field.second)
            throw Refusal{TN_FORMAT,
                          "writing would lose its " + field.first + "; it is left as it is"};
    }
}

/* changes: whether writing the caption again would change what was written. */
void check_said(bool changes)
{
    if (changes)
        throw Refusal{TN_FORMAT, "the caption would not be read back from it; it is left as it is"};
}

char *copy(const char *bytes, size_t size)
{
    char *copied = static_cast<char *>(std::malloc(size));

    if (!copied)
        throw std::bad_alloc();
    std::memcpy(copied, bytes, size);
    return copied;
}

const Exiv2::byte *as_bytes(const char *bytes)
{
    return reinterpret_cast<const Exiv2::byte *>(bytes);
}

/* ---- PNG keeps EXIF in a chunk of its own; exiv2 writes it as text that few programs read ---- */

const size_t PNG_HEAD = 8 + 25; /* the signature and the first chunk, IHDR */

std::string big_endian(size_t value)
{
    return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
            static_cast<char>(value >> 8), static_cast<char>(value)};
}

bool png_has_exif(const char *bytes, size_t size)
{
    const auto *byte = reinterpret_cast<const unsigned char *>(bytes);

    for (size_t at = 8; at < size && size - at >= 12;) {
        const size_t length = static_cast<size_t>(byte[at]) << 24 | byte[at + 1] << 16 |
                              byte[at + 2] << 8 | byte[at + 3];

        if (std::memcmp(byte + at + 4, "eXIf", 4) == 0)
            return true;
        if (length > size - at - 12)
            return false;
        at += 12 + length;
    }
    return false;
}

/* Takes the EXIF data from the image and returns it as the chunk to be. */
std::string take_png_exif(Exiv2::Image &image)
{
    const auto order =
        image.byteOrder() == Exiv2::bigEndian ? Exiv2::bigEndian : Exiv2::littleEndian;
    Exiv2::Blob blob;
    std::string chunk = "eXIf";

    Exiv2::ExifParser::encode(blob, order, image.exifData());
    image.clearExifData();
    chunk.append(blob.begin(), blob.end());
    return big_endian(blob.size()) + chunk +
           big_endian(crc32(0, as_bytes(chunk.data()), static_cast<uInt>(chunk.size())));
}

/* ---- Whole files ---- */

std::string written_bytes(Exiv2::Image &image)
{
    std::string bytes;

    image.writeMetadata();
    image.io().open();
    bytes.resize(image.io().size());
    image.io().read(reinterpret_cast<Exiv2::byte *>(&bytes[0]), static_cast<long>(bytes.size()));
    return bytes;
}

std::string photo_edited(const char *format, const char *bytes, size_t size,
                         const app_metadata_caption &caption)
{
    const auto length = static_cast<long>(size);
    const auto type = Exiv2::ImageFactory::getType(as_bytes(bytes), length);
    std::string written, png_exif;

    if (type == Exiv2::ImageType::none ||
        (Exiv2::ImageFactory::checkMode(type, Exiv2::mdXmp) & Exiv2::amWrite) == 0 ||
        (Exiv2::ImageFactory::checkMode(type, Exiv2::mdExif) & Exiv2::amWrite) == 0)
        throw Refusal{TN_UNSUPPORTED, "metadata cannot be written into " +
                                          std::string(format ? format : "this format") +
                                          "; use --sidecar xmp"};
    const auto image = Exiv2::ImageFactory::open(as_bytes(bytes), length);
    image->readMetadata();
    check_complaint();
    const Tally before = count_all(*image);
    const bool exif_as_text = !image->exifData().empty() && !png_has_exif(bytes, size);
    if (!edit_image(*image, caption))
        return "";
    tolerated = Exiv2::LogMsg::info;
    if (type == Exiv2::ImageType::png && !exif_as_text)
        png_exif = take_png_exif(*image);
    written = written_bytes(*image);
    check_complaint();
    if (!png_exif.empty())
        written.insert(PNG_HEAD, png_exif);
    const auto again =
        Exiv2::ImageFactory::open(as_bytes(written.data()), static_cast<long>(written.size()));
    again->readMetadata();
    check_kept(before, count_all(*again));
    check_said(edit_image(*again, caption));
    return written;
}

size_t count_of(const std::string &text, const char *part)
{
    size_t count = 0;

    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        count++;
    return count;
}

/* The XMP parser looks for each name among all that came before: 20,000 take a second or two, ten
 * times as many some minutes.  Items of a list are not looked for. */
bool has_too_many_names(const std::string &xmp)
{
    const size_t most = 20000;

    return count_of(xmp, "<") + count_of(xmp, "=") > most + count_of(xmp, "rdf:li");
}

std::string xmp_edited(const std::string &old, const app_metadata_caption &caption)
{
    Exiv2::XmpData xmp, again;
    Tally before, after;
    std::string written;

    if (!blank(old)) {
        if (has_too_many_names(old))
            throw Refusal{TN_RANGE, "more properties than an XMP file is read with"};
        if (old.find("rdf:RDF") == std::string::npos || Exiv2::XmpParser::decode(xmp, old) != 0)
            throw Refusal{TN_FORMAT, "not an XMP file that can be read"};
        check_complaint();
    }
    count(before, xmp);
    if (!edit_xmp(xmp, "", caption))
        return "";
    if (Exiv2::XmpParser::encode(written, xmp,
                                 Exiv2::XmpParser::omitPacketWrapper |
                                     Exiv2::XmpParser::useCompactFormat) != 0 ||
        Exiv2::XmpParser::decode(again, written) != 0)
        throw Refusal{TN_FORMAT, "the description cannot be merged into it"};
    count(after, again);
    check_kept(before, after);
    check_said(edit_xmp(again, "", caption));
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + written + "\n";
}

/* Runs what may throw and hands its text to C; "" becomes NULL. */
template <typename Edit>
enum tn_status guarded(const char *name, Edit edit, char **ret_bytes, size_t *ret_size,
                       struct tn_error *err)
{
    try {
        const Session session;
        const std::string written = edit();

        *ret_bytes = written.empty() ? nullptr : copy(written.data(), written.size());
        *ret_size = written.size();
        return TN_OK;
    } catch (const Refusal &refusal) {
        return tn_fail(err, refusal.status, "%s: %s", name, refusal.why.c_str());
    } catch (const std::bad_alloc &) {
        return tn_fail(err, TN_NOMEM, "%s: out of memory", name);
    } catch (const std::exception &exception) {
        return tn_fail(err, TN_FORMAT, "%s: exiv2: %s", name, exception.what());
    }
}

bool photo_described(const char *path)
{
    try {
        const Session session;
        /* A relative name could look like an address to exiv2, which would open that. */
        const auto image =
            Exiv2::ImageFactory::open(std::string(path[0] == '/' ? "" : "./") + path);

        image->readMetadata();
        return described(*image);
    } catch (const std::exception &) {
        return false;
    }
}

bool xmp_described(const char *bytes, size_t size)
{
    try {
        const Session session;
        const std::string text(bytes, size);
        Exiv2::XmpData xmp;

        return !has_too_many_names(text) && Exiv2::XmpParser::decode(xmp, text) == 0 &&
               !languages_of(xmp).empty();
    } catch (const std::exception &) {
        return false;
    }
}

enum tn_status edit_photo(const char *name, const char *format, const char *bytes, size_t size,
                          const app_metadata_caption *caption, char **ret_bytes, size_t *ret_size,
                          struct tn_error *err)
{
    return guarded(
        name, [&] { return photo_edited(format, bytes, size, *caption); }, ret_bytes, ret_size,
        err);
}

enum tn_status edit_xmp_file(const char *name, const char *bytes, size_t size,
                             const app_metadata_caption *caption, char **ret_bytes,
                             size_t *ret_size, struct tn_error *err)
{
    return guarded(
        name, [&] { return xmp_edited(std::string(bytes, size), *caption); }, ret_bytes, ret_size,
        err);
}

} /* namespace */

const struct metadata_exiv2 metadata_exiv2 = {photo_described, xmp_described, edit_photo,
                                              edit_xmp_file};
