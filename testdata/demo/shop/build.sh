# Joins the sources into one file: the artifact.
set -eu
mkdir -p dist
cat src/cart.js src/main.js > dist/shop.js
