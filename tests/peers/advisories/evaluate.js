// Which npm records are about which versions, by npm's `semver` alone.
//
// usage: evaluate.js RECORDS < pairs; writes name, version and id, tabs between.
const fs = require("fs");
const path = require("path");
const semver = require("semver");

const about = new Map();
for (const file of fs.readdirSync(process.argv[2]).sort()) {
  const record = JSON.parse(fs.readFileSync(path.join(process.argv[2], file), "utf8"));
  if (record.withdrawn) continue;
  for (const affected of record.affected) {
    if (affected.package?.ecosystem !== "npm") continue;
    const known = about.get(affected.package.name) ?? [];
    known.push([record.id, affected]);
    about.set(affected.package.name, known);
  }
}

// Events are sorted, then scanned; a bound `0` stands before every version.
function isIn(version, events) {
  const changes = events.flatMap((event) => Object.entries(event));
  const order = (a, b) =>
    a === b ? 0 : a === "0" ? -1 : b === "0" ? 1 : semver.compare(a, b);
  changes.sort((a, b) => order(a[1], b[1]));
  let affected = false;
  for (const [kind, bound] of changes) {
    const at = bound === "0" ? 1 : semver.compare(version, bound);
    if (kind === "introduced" && at >= 0) affected = true;
    else if (kind === "fixed" && at >= 0) affected = false;
    else if (kind === "last_affected" && at > 0) affected = false;
  }
  return affected;
}

for (const line of fs.readFileSync(0, "utf8").split("\n")) {
  if (!line) continue;
  const [name, version] = line.split("\t");
  const ids = new Set();
  for (const [id, affected] of about.get(name) ?? []) {
    const listed = (affected.versions ?? []).some((one) => semver.valid(one) && semver.eq(one, version));
    const ranges = (affected.ranges ?? []).filter((one) => one.type !== "GIT");
    if (listed || ranges.some((one) => isIn(version, one.events))) ids.add(id);
  }
  for (const id of [...ids].sort()) console.log([name, version, id].join("\t"));
}
