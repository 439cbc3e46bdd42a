#!/bin/bash
# The bill of materials of a build: valid, complete, and the same when it is made again.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "1..0 # SKIP there is no Python"; exit 0; }

begin "it is SPDX 2.3 in JSON, and every part of it that is named is in it"
SOURCE_DATE_EPOCH=1700000000 run "$SOURCE/tools/make-sbom" "$BUILD"
code 0; err_is ""; cp .out sbom.json
run python3 - sbom.json <<'END'
import json, re, sys
document = json.load(open(sys.argv[1]))
for key in ("SPDXID", "name", "documentNamespace", "creationInfo", "packages", "relationships"):
    assert document[key], key
assert document["spdxVersion"] == "SPDX-2.3" and document["dataLicense"] == "CC0-1.0"
assert document["SPDXID"] == "SPDXRef-DOCUMENT" and "#" not in document["documentNamespace"]
assert document["creationInfo"]["created"] == "2023-11-14T22:13:20Z"
assert re.fullmatch("Tool: .+", document["creationInfo"]["creators"][0])
ids = [package["SPDXID"] for package in document["packages"]]
assert len(set(ids)) == len(ids)
for package in document["packages"]:
    assert re.fullmatch("SPDXRef-[A-Za-z0-9.-]+", package["SPDXID"]), package
    assert package["name"] and package["versionInfo"] and package["downloadLocation"], package
    assert package["filesAnalyzed"] is False, package
related = set()
for relation in document["relationships"]:
    ends = {relation["spdxElementId"], relation["relatedSpdxElement"]}
    assert ends <= {*ids, "SPDXRef-DOCUMENT"}, relation
    assert relation["relationshipType"] in ("DESCRIBES", "DYNAMIC_LINK", "STATIC_LINK",
                                            "OPTIONAL_DEPENDENCY_OF", "TEST_DEPENDENCY_OF"), relation
    related |= ends
assert set(ids) <= related, set(ids) - related
END
code 0

begin "it names every library that Meson found, and every one that a program links or loads"
run python3 - sbom.json "$BUILD" <<'END'
import json, subprocess, sys
document = json.load(open(sys.argv[1]))
found = json.load(open(sys.argv[2] + "/meson-info/intro-dependencies.json"))
missing = {one["name"] for one in found} - {"threads", "dl"}
missing -= {package["name"] for package in document["packages"]}
assert not missing, missing
END
code 0
ldd "$CAPTION" | sed -nE 's/^\s+(lib[^ ]+) => .*/\1/p' >linked
readelf -d "$CAPTION" | grep NEEDED | grep -oF -f linked >direct
grep -rhoE 'TN_LIBRARY(_FOR_ALL)?\("[^"]*"' "$SOURCE"/{image,metadata,team,data,exchange,app} | sed 's/.*"\(.*\)"/\1/' |
    sort -u >loaded
that test -s direct
while read -r soname; do
    ! strings -a "$CAPTION" | grep -qx "$soname" || # a build may lack it
        that grep -q "\"packageFileName\": \"$soname\"" sbom.json
done < <(cat direct loaded)

begin "a build whose programs are not there has none"
run "$SOURCE/tools/make-sbom" "$work"
code 1; out_is ""; err_lines 1
mkdir -p empty/meson-info
echo '{"version": "1", "descriptive_name": "x"}' >empty/meson-info/intro-projectinfo.json
echo '[]' | tee empty/meson-info/intro-targets.json >empty/meson-info/intro-dependencies.json
run "$SOURCE/tools/make-sbom" empty
code 1; out_is ""; err_like "^make-sbom: .*/empty: no program is built$"; err_lines 1
finish
