#!/bin/bash
# Writes the photos with metadata in tests/data/metadata, with exiftool.
# usage: tools/make_metadata_photos.sh
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/../tests/data"
mkdir -p metadata
exif() { exiftool -q -overwrite_original -api compact=nopadding "$@"; }

# What a camera, a cataloguing program and a stitcher have left, and something behind the picture.
cp images/rgb.jpg metadata/rich.jpg
exif -Make=OLYMPUS -Model=E-10 -ImageDescription='OLYMPUS DIGITAL CAMERA         ' \
    -DateTimeOriginal='2019:07:01 12:00:00' -GPSLatitude=47.5 -GPSLatitudeRef=N -Orientation#=1 \
    -UserComment='shot at noon' -Comment='a comment' -IPTC:City=Bern -IPTC:Keywords=lake \
    -XMP-xmp:Rating=4 -XMP-dc:Subject=lake -XMP-dc:Subject='blue, deep' -XMP-dc:Title-de=See \
    -XMP-lr:HierarchicalSubject='nature|lake' metadata/rich.jpg
printf 'BEHIND THE PICTURE' >>metadata/rich.jpg

# A person's descriptions, one a kind.
for kind in XMP-dc:Description IPTC:Caption-Abstract EXIF:ImageDescription; do
    cp images/rgb.jpg "metadata/${kind#*:}.jpg"
    exif "-$kind=granny" "metadata/${kind#*:}.jpg"
done
# As it was before UTF-8.
cp images/rgb.jpg metadata/latin1.jpg
exif -IPTC:Caption-Abstract='café' -charset iptc=latin1 -charset filename=utf8 metadata/latin1.jpg

# An XMP packet that is cut short: its length is right, its end is not there.
cp images/rgb.jpg metadata/damaged.jpg
exif -XMP-xmp:Rating=4 metadata/damaged.jpg
LC_ALL=C sed -i 's#</rdf:RDF>#<!rdf:RDF>#' metadata/damaged.jpg
