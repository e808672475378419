# A Maven repository of static files that `mvn deploy:deploy-file` filled. A pom is no lockfile,
# but names versions exactly: mvn resolves it. Gradle's lockfile and checksums are written here as
# Gradle writes them, for there is no Gradle that has both. Read by `run.sh`.

maven_plugins=org.apache.maven.plugins
maven_deploy=$maven_plugins:maven-deploy-plugin:3.1.4:deploy-file
maven_resolve=$maven_plugins:maven-dependency-plugin:3.6.1:resolve

# Maven's plugins, fetched once; then nothing but the approved repository is asked.
maven_program() {
    local ready=$tools/maven/ready source=$work/maven-plugins
    [[ -f $ready ]] && return
    mkdir -p "$source" "$tools/maven"
    echo x >"$source/x.jar"
    maven_pom "$source" ''
    (
        cd "$source"
        mvn -q -B -Dmaven.repo.local="$tools/maven/repository" "$maven_resolve" &&
            mvn -q -B -Dmaven.repo.local="$tools/maven/repository" "$maven_deploy" -Dfile=x.jar -DgroupId=x -DartifactId=x -Dversion=1 -Durl="file://$source/away"
    ) >"$work/maven.log" 2>&1 || return 1
    # Which repository a file came from would keep it from being used here.
    find "$tools/maven/repository" -name _remote.repositories -delete
    touch "$ready"
}

maven_pom() { # DIRECTORY DEPENDENCIES
    cat >"$1/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>com.acme</groupId>
  <artifactId>app</artifactId>
  <version>1.0.0</version>
  <dependencies>$2</dependencies>
</project>
POM
}

maven_repository() {
    command -v mvn >/dev/null || { skipped mvn "it is not installed" && return; }
    maven_program || { skipped mvn "it cannot fetch its plugins" && return; }
    static_server
    local root=$www/maven app=$work/maven-app address=$site/maven/ file
    mkdir -p "$app/.mvn" "$work/maven-jar"
    printf '<settings><mirrors><mirror><id>approved</id><mirrorOf>*</mirrorOf><url>%s</url></mirror></mirrors></settings>\n' "$address" >"$app/.mvn/settings.xml"
    (cd "$work/maven-jar" && echo left >left.txt && python3 -m zipfile -c "$work/left.jar" left.txt)
    (
        cd "$work/maven-jar"
        mvn -q -B -s "$app/.mvn/settings.xml" -Dmaven.repo.local="$tools/maven/repository" "$maven_deploy" -Dfile="$work/left.jar" -DgroupId=com.acme -DartifactId=left -Dversion=1.2.3 -Durl="file://$root"
    ) >"$client_log" 2>&1 || { echo "FAILED: mvn: does not deploy" && grep ERROR "$client_log" | head -3; failed=1; return; }
    # Repositories of today have it as well.
    for file in "$root/com/acme/left/1.2.3"/*.{jar,pom}; do sha256sum "$file" | cut -d' ' -f1 | tr -d '\n' >"$file.sha256"; done

    maven_pom "$app" '<dependency><groupId>com.acme</groupId><artifactId>left</artifactId><version>1.2.3</version></dependency>'
    printf -- '-s\n.mvn/settings.xml\n' >"$app/.mvn/maven.config"
    # $work/fresh has the plugins and nothing else.
    printf '#!/bin/sh\ncp -a "%s" "%s" && exec mvn -q -B -C -Dmaven.repo.local="%s" -Dmaven.wagon.http.retryHandler.count=0 -Daether.connector.requestTimeout=3000 -Dmaven.wagon.rto=3000 "%s"\n' \
        "$tools/maven/repository" "$work/fresh/repository" "$work/fresh/repository" "$maven_resolve" >"$work/mvn-fresh"
    chmod +x "$work/mvn-fresh"
    policy maven "$address"
    # The pom is the lock. What a dependency needs in turn stands in its own pom, of the home.
    mkdir -p "$HOME/.m2/repository/com"
    cp -a "$root/com/acme" "$HOME/.m2/repository/com"
    sealgate_more=(--read-caches)
    expect "mvn: as it is written" 0 approved "$app"
    installs mvn "$app" "$work/mvn-fresh"
    maven_locks "$app" "$address" "$work/mvn-fresh"
    maven_answers "$app" "$root/com/acme/left/1.2.3" "$work/mvn-fresh"
    sealgate_more=()
    gradle_locks "$address" "$root/com/acme/left/1.2.3"
}

# One field of the pom, or of what mvn asks, after the other.
maven_locks() { # TREE ADDRESS COMMAND…
    local app=$1 address=$2 other
    shift 2
    other=http://127.0.0.1:$(free_port)/maven/
    tamper mvn "$app" pom.xml "version" 's/1\.2\.3/1.2.9/' '!absent' "$@"
    tamper mvn "$app" pom.xml "artifact" 's/>left</>lift</' '!absent' "$@"
    tamper mvn "$app" pom.xml "group" 's/(<dependency><groupId>)com\.acme/\1com.acne/' '!absent' "$@"
    tamper mvn "$app" pom.xml "a snapshot" 's/1\.2\.3/1.2.3-SNAPSHOT/' '!unreachable' "$@"
    tamper mvn "$app" .mvn/settings.xml "another mirror" "s#$address#$other#" '!registry/unapproved-origin' "$@"
    tamper mvn "$app" .mvn/settings.xml "plain http to another machine" "s#$address#http://maven.example/#" '!registry/unapproved-origin' "$@"
}

# The pom as it is, and a repository that answers otherwise.
maven_answers() { # TREE FILES COMMAND…
    local app=$1 files=$2
    shift 2
    mv "$files" "$files.away"
    served mvn "$app" "the version is gone" '!absent' "$@"
    mv "$files.away" "$files"
    cp "$files/left-1.2.3.jar" "$work/kept.jar"
    echo x >>"$files/left-1.2.3.jar"
    unseen mvn "$app" "another jar beside the same checksum" "$@"
    cp "$work/kept.jar" "$files/left-1.2.3.jar"
    mv "$files/left-1.2.3.pom" "$files/away"
    echo '<html>Sign in</html>' >"$files/left-1.2.3.pom"
    served mvn "$app" "a web page for the pom" '!unreachable' "$@"
    mv "$files/away" "$files/left-1.2.3.pom"
    failing_server mvn "$app" "$@"
}

# Nobody but sealgate reads these here.
gradle_locks() { # ADDRESS FILES
    local address=$1 files=$2 app=$work/gradle-app sum
    skipped gradle "no Gradle here has lockfiles and dependency verification; sealgate alone is asked"
    sum=$(cat "$files/left-1.2.3.jar.sha256")
    mkdir -p "$app/gradle"
    printf "repositories { maven { url = '%s' } }\n" "$address" >"$app/build.gradle"
    printf "rootProject.name = 'app'\n" >"$app/settings.gradle"
    printf 'com.acme:left:1.2.3=runtimeClasspath\nempty=\n' >"$app/gradle.lockfile"
    printf '<verification-metadata><components><component group="com.acme" name="left" version="1.2.3"><artifact name="left-1.2.3.jar"><sha256 value="%s"/></artifact></component></components></verification-metadata>\n' "$sum" >"$app/gradle/verification-metadata.xml"
    expect "gradle: as it would lock" 0 approved "$app"
    gradle_changed() { # WHAT FILE SED CODE ANSWER
        copy "$app"
        sed -i -E "$3" "$work/changed/$2"
        expect "gradle: $1" "$4" "$5" "$work/changed"
    }
    gradle_changed "checksum" gradle/verification-metadata.xml 's/(value=").{8}/\100000000/' 1 checksum-mismatch
    gradle_changed "version" gradle.lockfile 's/1\.2\.3/1.2.9/' 1 absent
    gradle_changed "another repository" build.gradle "s#$address#http://127.0.0.1:9/#" 1 approved
    # The repository's own checksum is another one.
    cp "$files/left-1.2.3.jar.sha256" "$work/sha256"
    printf '0%.0s' {1..64} >"$files/left-1.2.3.jar.sha256"
    expect "gradle: another checksum in the repository" 1 checksum-mismatch "$app"
    rm "$files/left-1.2.3.jar.sha256"
    expect "gradle: no checksum in the repository" 3 checksum-unknown "$app"
    cp "$work/sha256" "$files/left-1.2.3.jar.sha256"
}
