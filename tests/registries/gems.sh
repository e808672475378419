# A compact index of static files with gems that `gem` built; Bundler locks and installs them.
# Read by `run.sh`.

# Bundler before 2.5 keeps no checksums, and RubyGems' registry is not asked here: JRuby's
# standard library on Maven's registry has Bundler, which any Ruby runs.
jruby=10.0.2.0

bundler_program() {
    local directory=$tools/bundler jar=$tools/jruby/jruby-stdlib.jar
    [[ -f $directory/lib/bundler.rb ]] && return
    command -v mvn >/dev/null && command -v unzip >/dev/null || return 1
    mkdir -p "$tools/jruby"
    (
        mvn -q -B -Dmaven.repo.local="$tools/jruby" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:get \
            -Dartifact="org.jruby:jruby-stdlib:$jruby" -Dtransitive=false &&
            cp "$tools/jruby/org/jruby/jruby-stdlib/$jruby/jruby-stdlib-$jruby.jar" "$jar" &&
            cd "$tools/jruby" && unzip -q -o "$jar" 'META-INF/jruby.home/lib/ruby/stdlib/bundler*' \
            'META-INF/jruby.home/lib/ruby/gems/shared/gems/bundler-*/exe/*'
    ) >"$work/bundler.log" 2>&1 || return 1
    mkdir -p "$directory"
    mv "$tools"/jruby/META-INF/jruby.home/lib/ruby/gems/shared/gems/bundler-*/exe "$directory"
    mv "$tools/jruby/META-INF/jruby.home/lib/ruby/stdlib" "$directory/lib"
    rm -rf "$tools/jruby"
}

gem_index() {
    debian ruby ruby || { skipped bundler "Ruby is not installed" && return; }
    bundler_program || { skipped bundler "Maven cannot fetch JRuby's standard library, which has it" && return; }
    static_server
    local root=$www/gems app=$work/gem-app address=$site/gems/
    gem_built 1.2.3
    gem_info 1.2.3
    mkdir -p "$app"
    printf 'source "%s"\n\ngem "acme_left", "~> 1.2"\n' "$address" >"$app/Gemfile"
    policy gem "$address"
    export BUNDLE_RETRY=0 BUNDLE_TIMEOUT=2 BUNDLE_APP_CONFIG=$work/no-bundle BUNDLE_DISABLE_VERSION_CHECK=true
    local bundle=(ruby "-I$tools/bundler/lib" "$tools/bundler/exe/bundle")
    lock_with bundler "$app" "${bundle[@]}" lock --add-checksums || return 0
    local install=(env BUNDLE_PATH="$work/fresh/gems" BUNDLE_USER_HOME="$work/fresh/home" BUNDLE_FROZEN=true "${bundle[@]}" install --quiet)
    installs bundler "$app" "${install[@]}"
    gem_locks "$app" "$address" "${install[@]}"
    gem_answers "$app" "${install[@]}"
}

gem_built() { # VERSION: a gem of this version, in the tree
    local source=$work/acme_left-$1
    mkdir -p "$source/lib" "$www/gems/gems" "$www/gems/info"
    echo 'module AcmeLeft; end' >"$source/lib/acme_left.rb"
    cat >"$source/acme_left.gemspec" <<GEMSPEC
Gem::Specification.new do |s|
  s.name = "acme_left"
  s.version = "$1"
  s.summary = "x"
  s.authors = ["acme"]
  s.license = "MIT"
  s.homepage = "https://acme.example/"
  s.files = ["lib/acme_left.rb"]
end
GEMSPEC
    (cd "$source" && gem build -q acme_left.gemspec -o "$www/gems/gems/acme_left-$1.gem" >/dev/null 2>&1)
}

# gem_info VERSION [CHECKSUM]: the compact index with this one version.
gem_info() {
    local root=$www/gems sum
    sum=$(sha256sum "$root/gems/acme_left-$1.gem" | cut -d' ' -f1)
    printf -- '---\n%s |checksum:%s,ruby:>= 2.0\n' "$1" "${2:-$sum}" >"$root/info/acme_left"
    sum=$(md5sum "$root/info/acme_left" | cut -d' ' -f1)
    printf 'created_at: 2026-11-20T00:00:00Z\n---\nacme_left %s %s\n' "$1" "$sum" >"$root/versions"
    printf -- '---\nacme_left\n' >"$root/names"
}

# One field of the lock after the other.
gem_locks() { # TREE ADDRESS COMMAND…
    local app=$1 address=$2 other
    shift 2
    other=http://127.0.0.1:$(free_port)/gems/
    tamper bundler "$app" Gemfile.lock "checksum" 's/(sha256=).{8}/\100000000/' '!checksum-mismatch' "$@"
    tamper bundler "$app" Gemfile.lock "version" 's/1\.2\.3/1.2.9/' '!absent' "$@"
    tamper bundler "$app" Gemfile.lock "name" 's/acme_left/acme_lift/' '!registry/stale-lockfile' "$@"
    tamper bundler "$app" Gemfile.lock "another host" "s#$address#$other#" '!registry/unapproved-origin' "$@"
    tamper bundler "$app" Gemfile.lock "plain http to another machine" "s#$address#http://gems.example/#" '!registry/plain-http' "$@"
    tamper bundler "$app" Gemfile "another host in the Gemfile" "s#$address#$other#" '!registry/unapproved-origin' "$@"
    tamper bundler "$app" Gemfile "a gem more" '$a gem "acme_right"' '!registry/stale-lockfile' "$@"
    strictly tamper bundler "$app" Gemfile.lock "no checksum" 's/ sha256=.*//' - "$@"
    strictly tamper bundler "$app" Gemfile.lock "no checksums" '/^CHECKSUMS/,/^$/d' - "$@"
}

# The lock as it is, and an index that answers otherwise.
gem_answers() { # TREE COMMAND…
    local app=$1 root=$www/gems
    shift
    gem_info 1.2.3 "$(printf '0%.0s' {1..64})"
    served bundler "$app" "another checksum in the index" '!checksum-mismatch' "$@"
    gem_built 1.2.4
    gem_info 1.2.4
    served bundler "$app" "yanked" '!absent' "$@"
    gem_info 1.2.3
    cp "$root/gems/acme_left-1.2.3.gem" "$work/kept.gem"
    cp "$root/gems/acme_left-1.2.4.gem" "$root/gems/acme_left-1.2.3.gem"
    unseen bundler "$app" "another gem behind the same index" "$@"
    cp "$work/kept.gem" "$root/gems/acme_left-1.2.3.gem"
    mv "$root/info/acme_left" "$root/info/away"
    served bundler "$app" "the name is gone" absent "$@"
    mv "$root/info/away" "$root/info/acme_left"
    failing_server bundler "$app" "$@"
}
