# SPDX-License-Identifier: MIT
# For the tests of the program: runs it, compares what came out, speaks TAP.
#
#     begin "an empty file is named"
#     run "$CAPTION" empty.jpg
#     code 1; out_is ""; err_is "caption: empty.jpg: empty file"
#     ...
#     finish
#
# The environment gives CAPTION (the program), MODEL (a model with random weights), SAMPLES (photos)
# and SOURCE (the root of the source tree).  The tests run in a fresh directory.
set -u
work=$(mktemp -d "${TMPDIR:-/tmp}/caption-cli.XXXXXX") && cd "$work" || exit 1
at_end() { # COMMANDS: for the end of the test, before its folder goes
    # A child that a signal reaches before it has become another program runs the trap, too.
    trap "[ \$BASHPID != $$ ] || { $1; rm -rf \"\$work\"; }" EXIT
}
at_end :
export LC_ALL=C.UTF-8
unset CAPTION_MODEL
# A leak in a process that was stopped by a usage error is still a leak; exit code 99 shows it.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:exitcode=99

number=0 failures=0 claim= problems= skipped=

report() { # the test that ends here
    [ -n "$claim" ] || return 0
    number=$((number + 1))
    if [ -n "$skipped" ]; then
        echo "ok $number - $claim # SKIP $skipped"
    elif [ -z "$problems" ]; then
        echo "ok $number - $claim"
    else
        echo "not ok $number - $claim"
        echo "$problems" | sed '/^$/d; s/^/# /' | tee /dev/stderr
        failures=$((failures + 1))
    fi
}
begin() { report; claim=$1 problems= skipped=; }
finish() { report; echo "1..$number"; [ $failures -eq 0 ]; exit; }
skip() { [ -n "$problems" ] || skipped=$*; } # the claim cannot be tried on this machine
problem() { problems+=$'\n'$1; }

run() {
    status=0
    "$@" >"$work/.out" 2>"$work/.err" </dev/null || status=$?
    out=$(cat "$work/.out") err=$(cat "$work/.err")
}
code() { [ "$status" -eq "$1" ] || problem "exit code $status, expected $1; stderr: $err"; }
out_is() { [ "$out" = "$1" ] || problem "stdout '$out', expected '$1'; stderr: $err"; }
err_is() { [ "$err" = "$1" ] || problem "stderr '$err', expected '$1'"; }
out_like() { [[ $out =~ $1 ]] || problem "stdout '$out' is not like '$1'"; }
err_like() { [[ $err =~ $1 ]] || problem "stderr '$err' is not like '$1'"; }
err_lines() { [ "$(grep -c '' <"$work/.err")" -eq "$1" ] || problem "stderr has not $1 lines: $err"; }
out_lines() { [ "$(grep -c '' <"$work/.out")" -eq "$1" ] || problem "stdout has not $1 lines: $out"; }
that() { "$@" || problem "not so: $*"; }

# Whether a process comes to rest: for a second none of its threads runs.  A loaded machine may take
# its time until then.
comes_to_rest() {
    local before now i
    if [[ ${SANITIZE:-} == *thread* ]]; then
        skip "this sanitizer has a thread of its own, which wakes"
        return
    fi
    for ((i = 0; i < 600; i++)); do
        before=$(turns_of "$1")
        sleep 1
        now=$(turns_of "$1")
        [ "$now" != "$before" ] || return 0
    done
    problem "never at rest"
}
turns_of() { cat /proc/"$1"/task/*/status | awk '/ctxt_switches/ { n += $2 } END { print n }'; }
