// Go's `semver` package (`go run . golang`) or Bitnami's `go-version` (`go run . bitnami`)
// on pairs from standard input.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	bitnami "github.com/bitnami/go-version/pkg/version"
	"golang.org/x/mod/semver"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		pair := strings.SplitN(lines.Text(), "\t", 2)
		order, ok := compare(os.Args[1], pair[0], pair[1])
		if ok {
			fmt.Println(pair[0], "<=>"[order+1:order+2], pair[1])
		}
	}
}

func compare(scheme, a, b string) (int, bool) {
	if scheme == "golang" {
		return semver.Compare(a, b), semver.IsValid(a) && semver.IsValid(b)
	}
	first, err := bitnami.Parse(a)
	if err != nil {
		return 0, false
	}
	second, err := bitnami.Parse(b)
	if err != nil {
		return 0, false
	}
	return first.Compare(second), true
}
