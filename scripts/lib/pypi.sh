# Sourced after common.sh: wheels from PyPI or the mirror that pip is told of, without needing pip.

# pypi_wheel PROJECT PATTERN FOLDER [VERSION]: downloads the newest wheel whose file name fits the shell pattern, verified against
# the index's SHA-256, and prints its path. Does nothing if it is there already. VERSION is what pip is asked for, the
# second resort.
pypi_wheel() {
    _index=${PIP_INDEX_URL:-https://pypi.org/simple}
    mkdir -p "$3"
    # Lines of the simple index (PEP 503): <a href="URL#sha256=SUM" …>NAME</a>, oldest first.
    _link=$(http_text "${_index%/}/$1/" | tr '>' '\n' | sed -n 's/.*href="\([^"]*\.whl#sha256=[0-9a-f]*\)".*/\1/p' |
        while IFS= read -r _line; do
            _name=${_line%%#*}
            # shellcheck disable=SC2254  # the pattern is meant as one
            case ${_name##*/} in $2) printf '%s\n' "$_line" ;; esac
        done | tail -n 1) || _link=
    if [ -n "$_link" ]; then
        _url=${_link%%#*}
        case $_url in
            http://* | https://*) ;;
            /*) _url=$(printf '%s\n' "$_index" | sed 's#^\(https\{0,1\}://[^/]*\).*#\1#')$_url ;;
            *) _url=${_index%/}/$1/$_url ;;
        esac
        _wheel=$3/${_url##*/}
        if [ -f "$_wheel" ] || http_verified "$_url" "$_wheel" "${_link##*#sha256=}"; then
            printf '%s\n' "$_wheel"
            return 0
        fi
    fi
    # pip knows mirrors, proxies and credentials that curl does not.
    for _python in python3 python; do
        if have "$_python" && "$_python" -m pip --version >/dev/null 2>&1; then
            say "trying pip for $1"
            "$_python" -m pip download -q --no-deps --only-binary :all: -d "$3" "$1${4:+==$4}" >&2 || break
            # shellcheck disable=SC2012,SC2086  # the pattern is meant as one; names of wheels hold no line breaks
            ls -t "$3"/$2 2>/dev/null | head -n 1 | grep . && return 0
        fi
    done
    say "$1 could not be downloaded from ${_index%/}/$1/"
    return 1
}
