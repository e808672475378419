# One server of static files on loopback for the parts that need one: nginx in the foreground,
# with configuration, logs, temporary files and pid of its own below $work. Read by `run.sh`.
#
# Every request looks at files in $mode, so a test changes the answers without a restart:
#
#   500        the server fails
#   401        it wants a credential
#   elsewhere  it redirects to another host, which serves the same
#   busy       it is asked too often: 429 with `Retry-After`, 200 after that time
#   slow       one byte a second
#
# The directory is $www, the address $site; $elsewhere is the same on another host.

www=$work/www mode=$work/mode
site='' elsewhere='' is_nginx=''

# debian PROGRAM PACKAGE…: the program is there; CI's root may install it.
debian() {
    command -v "$1" >/dev/null && return
    [[ -n ${CI:-} && $(id -u) == 0 ]] && command -v apt-get >/dev/null || return 1
    { apt-get update -q && apt-get install -y -q --no-install-recommends "${@:2}"; } >>"$work/apt.log" 2>&1
    command -v "$1" >/dev/null
}

# The program: of the machine, else Debian's package unpacked into TOOLS. It is not installed:
# that would start a service.
nginx_program() {
    local found=$tools/nginx/usr/sbin/nginx
    command -v nginx && return
    [[ -x $found ]] || {
        command -v apt-get && command -v dpkg-deb && mkdir -p "$tools/nginx" &&
            (cd "$tools/nginx" && apt-get download -q nginx && dpkg-deb -x nginx_*.deb .)
    } >"$work/apt.log" 2>&1 || return 1
    # The libraries may be missing.
    "$found" -v 2>/dev/null && echo "$found"
}

static_server() {
    [[ -n $site ]] && return
    local program port other dir=$work/nginx
    port=$(free_port)
    other=$(free_port)
    mkdir -p "$www" "$mode" "$dir"
    site=http://127.0.0.1:$port elsewhere=http://localhost:$other
    if program=$(nginx_program); then
        is_nginx=yes
        nginx_configuration "$port" "$other" "$dir" >"$dir/nginx.conf"
        "$program" -p "$dir" -e "$dir/error.log" -c "$dir/nginx.conf" &
        servers+=($!)
    else
        echo "skipped: nginx: not installed, and apt-get cannot fetch it; Python's server stands in"
        elsewhere=http://localhost:$port
        python3 "$here/static.py" "$port" "$www" "$mode" >"$work/static.log" 2>&1 &
        servers+=($!)
    fi
    wait_for "$site/"
}

nginx_configuration() { # PORT OTHER DIRECTORY
    local kind
    cat <<CONF
daemon off;
# One process, so that it runs as who may read the files and ends with its id.
master_process off;
pid $3/pid;
error_log $3/error.log;
events { worker_connections 64; }
http {
    access_log $3/access.log;
CONF
    for kind in client_body proxy fastcgi uwsgi scgi; do echo "    ${kind}_temp_path $3/$kind;"; done
    cat <<CONF
    default_type application/octet-stream;
    # Bundler took an ETag for an MD5 sum once.
    etag off;
    map \$status \$again { default ""; 429 5; }
    # One request in five seconds, where the key is not empty.
    limit_req_zone \$busy zone=busy:64k rate=12r/m;
    limit_req_status 429;
    server {
        listen 127.0.0.1:$1;
        root $www;
        add_header Retry-After \$again always;
        set \$busy "";
        if (-f $mode/500) { return 500; }
        if (-f $mode/401) { return 401; }
        if (-f $mode/elsewhere) { return 302 http://localhost:$2\$request_uri; }
        if (-f $mode/slow) { set \$limit_rate 1; }
        if (-f $mode/busy) { set \$busy \$uri; }
        limit_req zone=busy;
        location / { }
    }
    server {
        listen 127.0.0.1:$2;
        root $www;
    }
}
CONF
}

# in_mode MODE COMMAND…: what only nginx can do is skipped with the other server.
in_mode() {
    local name=$1
    shift
    if [[ -z $is_nginx && $name != 500 && $name != slow ]]; then
        skipped nginx "$2: $4"
        return
    fi
    touch "$mode/$name"
    "$@"
    rm "$mode/$name"
}

# failing_server CLIENT TREE COMMAND…: a server that does not answer as it should, and then does.
failing_server() {
    local client=$1 app=$2
    shift 2
    in_mode 500 served "$client" "$app" "the server fails" '!unreachable' "$@"
    in_mode 401 served "$client" "$app" "a credential is wanted" '!unreachable' "$@"
    # Clients follow a redirect anywhere; sealgate asks nobody whom the policy does not name.
    in_mode elsewhere served "$client" "$app" "a redirect to another host" unreachable "$@"
    budget=2 patience=5 in_mode slow served "$client" "$app" "the server is slow" '!unreachable' "$@"
    served "$client" "$app" "the server answers again" approved "$@"
}

# times STATUS: how often nginx has answered so.
times() {
    grep -c "\" $1 " "$work/nginx/access.log" || true
}
