# Tests the artifact that is given, and writes a JUnit report.
set -eu
artifact=$1
report=dist/junit.xml
mkdir -p dist
failures=0
cases=""
check() {
  if grep -q "$2" "$artifact"; then
    cases="$cases<testcase classname=\"shop\" name=\"$1\"/>"
  else
    failures=$((failures + 1))
    cases="$cases<testcase classname=\"shop\" name=\"$1\"><failure message=\"not found: $2\"/></testcase>"
  fi
}
check "has the cart" "function total"
check "prints the total" "console.log"
check "adds prices" "sum + price"
echo "<testsuite name=\"shop\" tests=\"3\" failures=\"$failures\">$cases</testsuite>" > "$report"
echo "3 tests, $failures failed"
[ "$failures" = 0 ]
