// Which Go records are about which versions, by golang.org/x/mod/semver alone.
//
// usage: peer RECORDS < pairs; writes name, version and id, tabs between.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/mod/semver"
)

type affected struct {
	Package struct{ Ecosystem, Name string }
	Ranges  []struct {
		Type   string
		Events []map[string]string
	}
	Versions []string
}

type record struct {
	ID        string
	Withdrawn string
	Affected  []affected
}

type known struct {
	id string
	affected
}

func order(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == "0":
		return -1
	case b == "0":
		return 1
	}
	return semver.Compare("v"+a, "v"+b)
}

func isIn(version string, events []map[string]string) bool {
	type change struct{ kind, bound string }
	var changes []change
	for _, event := range events {
		for kind, bound := range event {
			changes = append(changes, change{kind, bound})
		}
	}
	sort.SliceStable(changes, func(i, j int) bool { return order(changes[i].bound, changes[j].bound) < 0 })
	affected := false
	for _, c := range changes {
		at := 1
		if c.bound != "0" {
			at = order(version, c.bound)
		}
		switch {
		case c.kind == "introduced" && at >= 0:
			affected = true
		case c.kind == "fixed" && at >= 0:
			affected = false
		case c.kind == "last_affected" && at > 0:
			affected = false
		}
	}
	return affected
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	about := map[string][]known{}
	files, err := filepath.Glob(filepath.Join(os.Args[1], "*.json"))
	check(err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(err)
		var r record
		check(json.Unmarshal(text, &r))
		if r.Withdrawn != "" {
			continue
		}
		for _, a := range r.Affected {
			if a.Package.Ecosystem == "Go" {
				about[a.Package.Name] = append(about[a.Package.Name], known{r.ID, a})
			}
		}
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		name, version, _ := strings.Cut(lines.Text(), "\t")
		ids := map[string]bool{}
		for _, k := range about[name] {
			for _, one := range k.Versions {
				if order(one, version) == 0 {
					ids[k.id] = true
				}
			}
			for _, r := range k.Ranges {
				if r.Type != "GIT" && isIn(version, r.Events) {
					ids[k.id] = true
				}
			}
		}
		var sorted []string
		for id := range ids {
			sorted = append(sorted, id)
		}
		sort.Strings(sorted)
		for _, id := range sorted {
			fmt.Printf("%s\t%s\t%s\n", name, version, id)
		}
	}
}
