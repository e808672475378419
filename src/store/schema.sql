-- The rows that `docs/inventory.md` describes. Times are seconds since 1970.
CREATE TABLE document (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  file TEXT NOT NULL,
  product TEXT NOT NULL,
  product_version TEXT,
  artifact TEXT,
  made_at INTEGER,
  added_at INTEGER NOT NULL,
  decision TEXT,
  gaps INTEGER NOT NULL
);
CREATE TABLE package (
  id INTEGER PRIMARY KEY,
  purl TEXT NOT NULL UNIQUE,
  ecosystem TEXT NOT NULL,
  name TEXT NOT NULL
);
CREATE TABLE release (
  id INTEGER PRIMARY KEY,
  package INTEGER NOT NULL REFERENCES package (id),
  purl TEXT NOT NULL UNIQUE,
  version TEXT
);
CREATE INDEX release_of_package ON release (package);
CREATE TABLE use (
  release INTEGER NOT NULL REFERENCES release (id),
  document INTEGER NOT NULL REFERENCES document (id),
  scope TEXT NOT NULL,
  PRIMARY KEY (release, document)
) WITHOUT ROWID;
CREATE TABLE affected (
  release INTEGER NOT NULL REFERENCES release (id),
  advisory TEXT NOT NULL,
  severity TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  PRIMARY KEY (release, advisory)
) WITHOUT ROWID;
