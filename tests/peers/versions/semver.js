// npm's `semver` on pairs from standard input.
const semver = require("semver");
const { readFileSync } = require("fs");

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const [a, b] = line.split("\t");
  if (semver.valid(a) && semver.valid(b)) {
    console.log(a, "<=>"[semver.compare(a, b) + 1], b);
  }
}
