#!/usr/bin/env bash
# The import directions of docs/ARCHITECTURE.md and the size of files, checked by reading the source.
set -Eeuo pipefail
cd "$(dirname "$0")/../.."

VIOLATIONS=0
violation() {
  VIOLATIONS=$((VIOLATIONS + 1))
  echo "violation: $*"
}

# The pure crate may not even name what would let it reach out.
CORE_MAY_USE='granit-parser jiff prost regex serde serde_json thiserror'
core_is_pure() {
  local crate
  while read -r crate; do
    case " $CORE_MAY_USE " in
      *" $crate "*) ;;
      *) violation "custom-metrics-adapter/core depends on $crate; it may use: $CORE_MAY_USE" ;;
    esac
  done < <(sed -n '/^\[dependencies\]/,/^\[/p' custom-metrics-adapter/core/Cargo.toml | sed -n 's/^\([a-z0-9_-]*\)[.= ].*/\1/p')
}

# Edges meet in runtime.rs and nowhere else.
EDGES='admin cluster http prometheus server tls'
edges_do_not_import_edges() {
  local src=custom-metrics-adapter/src edge file other
  for edge in $EDGES; do
    while read -r file; do
      for other in $(before_tests "$file" | grep -oE 'crate::[a-z_]+' | sed 's/crate:://' | sort -u); do
        case " $EDGES " in
          *" $other "*) [ "$other" = "$edge" ] || violation "$file imports the edge '$other'; only runtime.rs may know both" ;;
        esac
      done
    done < <(git ls-files -co --exclude-standard "$src/$edge.rs" "$src/$edge/*.rs")
  done
}

# A program's environment and flags are read in one place; main hands the command line on, and telemetry knows how logs look.
only_args_read_the_environment() {
  local file
  while read -r file; do
    case $file in
      */args.rs | */args/* | */main.rs | */telemetry.rs) ;;
      *) violation "$file reads the environment; only args.rs may" ;;
    esac
  done < <(grep -rlE 'env::(var|args)' --include '*.rs' workload/src stress/src custom-metrics-adapter/src custom-metrics-adapter/core/src)
}

end_to_end_tests_see_what_users_see() {
  if grep -nE '^(custom-metrics|stress|workload)' e2e/Cargo.toml; then
    violation "e2e/Cargo.toml imports a crate of ours"
  fi
}

before_tests() { sed '/^#\[cfg(test)\]/,$d' "$1"; }

files_hold_one_idea() {
  local file lines
  while read -r file; do
    lines=$(before_tests "$file" | wc -l)
    [ "$lines" -le 400 ] || violation "$file has $lines lines before its tests; 400 is the limit"
  done < <(git ls-files -co --exclude-standard '*.rs')
}

# A build argument whose name differs between Dockerfile and script is ignored without a word.
build_arguments_exist() {
  local argument
  while read -r argument; do
    grep -qE "^ARG $argument" Dockerfile || violation "the scripts pass --build-arg $argument, which the Dockerfile does not declare"
  done < <(cat scripts/*.sh build.sh | { grep -oE -- '--build-arg[ =]"?[A-Z_]+' || :; } | grep -oE '[A-Z_]+$' | sort -u)
}

core_is_pure
edges_do_not_import_edges
only_args_read_the_environment
end_to_end_tests_see_what_users_see
files_hold_one_idea
build_arguments_exist
echo "$VIOLATIONS violations"
[ "$VIOLATIONS" -eq 0 ]
