# Sourced by the scripts: messages, folders, downloads. POSIX sh; variables of functions start with an underscore.

say() {
    printf '%s\n' "$*" >&2
}

die() {
    printf '%s: %s\n' "${script_name:-sluice}" "$*" >&2
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# The user's cache, where everything that is downloaded goes.
sluice_cache() {
    if [ -n "${XDG_CACHE_HOME:-}" ]; then
        printf '%s\n' "$XDG_CACHE_HOME/sluice"
    elif [ -n "${HOME:-}" ]; then
        printf '%s\n' "$HOME/.cache/sluice"
    else
        die "neither HOME nor XDG_CACHE_HOME is set: set one to a folder that may be written"
    fi
}

sha256_of() {
    if have sha256sum; then
        sha256sum "$1" | cut -d ' ' -f 1
    elif have shasum; then
        shasum -a 256 "$1" | cut -d ' ' -f 1
    elif have openssl; then
        openssl dgst -sha256 "$1" | sed 's/.* //'
    else
        die "no sha256sum, shasum or openssl to verify downloads with: install coreutils"
    fi
}

# http_text URL: the answer's body on stdout.
http_text() {
    if have curl; then
        curl -fsSL --retry 3 "$1"
    elif have wget; then
        wget -qO- "$1"
    else
        say "neither curl nor wget is installed: install one of them"
        return 1
    fi
}

# http_file URL FILE: downloads, going on where an earlier attempt broke off. A progress bar only on a terminal.
http_file() {
    if have curl; then
        if [ -t 2 ]; then _bar=--progress-bar; else _bar=-sS; fi
        curl -fL --retry 5 --retry-delay 2 -C - "$_bar" -o "$2" "$1"
    elif have wget; then
        if [ -t 2 ]; then _bar=--progress=bar:force; else _bar=-nv; fi
        wget -c "$_bar" -O "$2" "$1" >&2
    else
        say "neither curl nor wget is installed: install one of them"
        return 1
    fi
}

# http_verified URL FILE SHA256: FILE appears whole and verified or not at all. A download that breaks off stays in
# FILE.part, and the next call goes on from there; one with a wrong sum is discarded, and read once more.
http_verified() {
    for _attempt in 1 2; do
        _status=0
        http_file "$1" "$2.part" || _status=$?
        case $_status in
            0 | 8 | 22 | 33) ;; # read, or the server refuses to go on (8 is wget's code): the part may be complete
            *)
                [ -s "$2.part" ] && say "the download of $(basename "$2") broke off; the next run goes on from there"
                return 1
                ;;
        esac
        if [ -f "$2.part" ]; then
            _sum=$(sha256_of "$2.part")
            if [ "$_sum" = "$3" ]; then
                mv "$2.part" "$2"
                return 0
            fi
            say "discarded what was read of $(basename "$2"): its SHA-256 is $_sum, not $3"
            rm -f "$2.part"
        fi
    done
    return 1
}

# unzip_to ARCHIVE FOLDER [ENTRY…]: unpacks with whatever the machine has.
unzip_to() {
    _archive=$1
    _folder=$2
    shift 2
    mkdir -p "$_folder"
    if have unzip; then
        unzip -oq "$_archive" "$@" -d "$_folder"
    elif have python3; then
        python3 -c 'import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    z.extractall(sys.argv[2], sys.argv[3:] or None)' "$_archive" "$_folder" "$@"
    elif [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/jar" ]; then
        _archive=$(cd "$(dirname "$_archive")" && pwd)/$(basename "$_archive")
        (cd "$_folder" && "$JAVA_HOME/bin/jar" xf "$_archive" "$@")
    else
        say "no unzip, python3 or jar to unpack $(basename "$_archive") with: install unzip"
        return 1
    fi
}
