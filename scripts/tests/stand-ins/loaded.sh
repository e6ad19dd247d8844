# shellcheck shell=bash
# .build/images/NAME-TAG.tar holds localhost/NAME:TAG.
remember_loaded() {
  local name=${1##*/}
  name=${name%.tar}
  echo "localhost/${name%-*}:${name##*-}" >>"$STAND_IN_STATE/loaded"
}
