# SPDX-License-Identifier: MIT
#
# A formula for Homebrew.  Its syntax was checked, and no more: nobody has built caption on a Mac yet
# (docs/porting.md).  It builds from a tarball of the sources, whose address and checksum a release
# fills in, with a homepage.  try-formula fills in a tarball that it makes of the present commit.
class Caption < Formula
  desc "Sentences for photos, and text systems, of recurrent nets"
  url "@URL@"
  sha256 "@SHA256@"
  license "MIT"

  depends_on "meson" => :build
  depends_on "ninja" => :build
  depends_on "pkgconf" => :build
  depends_on "brotli"
  depends_on "fontconfig"
  depends_on "jpeg-turbo"
  depends_on "jpeg-xl"
  depends_on "json-c"
  depends_on "libarchive"
  depends_on "libheif"
  depends_on "libmd"
  depends_on "libmicrohttpd"
  depends_on "libpng"
  depends_on "libtiff"
  depends_on "little-cms2"
  depends_on "openblas"
  depends_on "openjpeg"
  depends_on "protobuf-c"
  depends_on "utf8proc"
  depends_on "webp"

  uses_from_macos "expat"
  uses_from_macos "libxml2"
  uses_from_macos "sqlite"
  uses_from_macos "zlib"

  # Headers alone, for which Homebrew has no formula: the commit that Debian 12 has.
  resource "stb" do
    url "https://github.com/nothings/stb.git",
        revision: "8b5f1f37b5b75829fc72d38e7b5d4bcbf8a26d55"
  end

  def install
    resource("stb").stage buildpath/"stb/include/stb"
    (buildpath/"stb/stb.pc").write <<~EOS
      Name: stb
      Description: headers for pictures and fonts
      Version: 0.0
      Cflags: -I#{buildpath}/stb/include
    EOS
    ENV.append_path "PKG_CONFIG_PATH", buildpath/"stb"

    system "meson", "setup", "build", "-Dtests=disabled", "-Dbenchmarks=false", "-Dmpi=disabled",
           "-Dpython=disabled", *std_meson_args
    system "meson", "compile", "-C", "build", "--verbose"
    system "meson", "install", "-C", "build"
    pkgshare.install "samples/cat.jpg"
  end

  test do
    assert_match "cat", shell_output("#{bin}/caption #{pkgshare}/cat.jpg")
    assert_match version.to_s, shell_output("#{bin}/textrnn --version")
  end
end
