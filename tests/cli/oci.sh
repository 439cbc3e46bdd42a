#!/bin/bash
# tools/make-oci: its image is whole by the rules of OCI, contains the programs, and is the same again.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "1..0 # SKIP there is no Python"; exit 0; }
export SOURCE_DATE_EPOCH=1700000000
oci() { run python3 "$SOURCE/tools/make-oci" "$@"; }

program() { # FILE MACHINE: the head of a static program of ELF, and something behind it
    { printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0'"$2"'\0\1\0\0\0'
      printf '\0%.0s' {1..30}; printf '\x38\0\0\0\0\0\0\0\0\0'; echo "a program and its model"; } >"$1"
}
program for-amd64 '\x3e'
program for-arm64 '\xb7'

begin "blobs have the names and sizes of their content, from the index to the layers"
oci image.tar for-arm64 for-amd64
code 0; out_is ""; err_is ""
cat >check.py <<'END'
import gzip, hashlib, io, json, sys, tarfile
archive = tarfile.open(sys.argv[1])
files = {one.name: archive.extractfile(one).read() for one in archive if one.isfile()}
assert all(one.mtime == 1700000000 and one.uid == one.gid == 0 for one in archive)
assert json.loads(files.pop("oci-layout")) == {"imageLayoutVersion": "1.0.0"}
index, seen = json.loads(files.pop("index.json")), set()

def blob(descriptor):
    kind, _, digest = descriptor["digest"].partition(":")
    data = files["blobs/sha256/" + digest]
    assert kind == "sha256" and hashlib.sha256(data).hexdigest() == digest
    assert len(data) == descriptor["size"]
    seen.add("blobs/sha256/" + digest)
    return data

image, = index["manifests"]
assert index["schemaVersion"] == 2
assert image["annotations"]["org.opencontainers.image.ref.name"]
processors = json.loads(blob(image))["manifests"]
assert [one["platform"] for one in processors] == [
    {"architecture": name, "os": "linux"} for name in ("amd64", "arm64")]
for one in processors:
    manifest = json.loads(blob(one))
    config = json.loads(blob(manifest["config"]))
    assert config["architecture"] == one["platform"]["architecture"] and config["os"] == "linux"
    assert config["created"] == "2023-11-14T22:13:20Z"
    assert config["config"]["User"] == "65532:65532" and config["config"]["Entrypoint"] == ["/caption"]
    assert config["config"]["Cmd"][0] == "serve"
    layer, = [gzip.decompress(blob(descriptor)) for descriptor in manifest["layers"]]
    assert config["rootfs"] == {"type": "layers",
                                "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}
    root = tarfile.open(fileobj=io.BytesIO(layer))
    assert [(file.name, oct(file.mode), file.uid) for file in root] == [
        ("caption", "0o755", 0), ("tmp", "0o1777", 0)]
    program = root.extractfile("caption").read()
    assert program == open("for-" + config["architecture"], "rb").read()
assert seen == set(files), set(files) - seen
END
run python3 check.py image.tar
code 0; err_is ""

if command -v skopeo >/dev/null; then
    begin "skopeo reads it, and copies it for another processor"
    run skopeo inspect --override-arch arm64 oci-archive:image.tar
    code 0; out_like '"Architecture": "arm64"'
    run skopeo copy --quiet --all oci-archive:image.tar oci:copied:latest
    code 0
fi

begin "the same programs give the same image, in any order and folder"
mkdir elsewhere
cp for-amd64 elsewhere/program
touch -d 2001-01-01 elsewhere/program
oci again.tar elsewhere/program for-arm64
code 0
that cmp image.tar again.tar

begin "what is no static program for a processor of its own is refused, and leaves no image"
echo "a text that is as long as the head of a program would have to be, at least" >text
oci none.tar text
code 1; err_is "make-oci: text: no program of 64 bits; tools/make-static makes one"
oci none.tar for-amd64 for-amd64
code 1; err_is "make-oci: two programs are for the same processor"
program other '\x08'
oci none.tar other
code 1; err_is "make-oci: other: is for a processor that has no name here (8)"
oci none.tar gone
code 1; err_lines 1; err_like "^make-oci: .*gone"
oci none.tar "$CAPTION"
code 1; err_is "make-oci: $CAPTION: needs libraries, which the image has not; tools/make-static makes one without"
oci
code 2; err_like "^usage: "
that test ! -e none.tar
finish
