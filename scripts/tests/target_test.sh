# shellcheck shell=bash
# Which cluster a script means.

target_line() { try ./build.sh --no-load --dry-run "$@"; }

test_a_flag_wins_over_the_environment_and_the_context() {
  export TARGET=minikube KUBE_CONTEXT=k3d-dev
  target_line --target kind
  exits 0
  says "target: kind (context kind-kind; asked for)"
}

test_the_environment_names_the_target() {
  TARGET=k3d KUBE_CONTEXT=k3d-dev target_line
  says "target: k3d (context k3d-dev; asked for)"
}

test_the_kube_context_tells_the_target() {
  KUBE_CONTEXT=kind-dev target_line
  says "target: kind (context kind-dev; by the kube context)"
  KUBE_CONTEXT=k3d-dev target_line
  says "target: k3d (context k3d-dev;"
  KUBE_CONTEXT=minikube target_line
  says "target: minikube (context minikube;"
  KUBE_CONTEXT=lab-second target_line
  says "target: lab (context lab-second;"
  KUBE_CONTEXT=somewhere target_line
  says "target: existing (context somewhere;"
}

test_a_minikube_profile_of_any_name_is_known_by_its_certificate() {
  KUBE_CONTEXT=mine KUBE_USER_CERT=/home/me/.minikube/profiles/mine/client.crt target_line
  says "target: minikube (context mine;"
}

test_the_context_of_a_named_kind_cluster_follows_its_name() {
  KIND_CLUSTER_NAME=dev target_line --target kind
  says "target: kind (context kind-dev; asked for)"
}

test_without_any_hint_the_choices_are_listed() {
  target_line
  exits 2
  says "no target"
  says "one of: lab kind minikube k3d existing"
}

test_an_unknown_target_is_refused_with_the_choices() {
  target_line --target docker-desktop
  exits 2
  says "unknown target 'docker-desktop'; one of: lab kind minikube k3d existing"
}

test_eks_says_what_works_instead() {
  KUBE_CONTEXT=arn:aws:eks:eu-west-1:1:cluster/prod target_line
  exits 2
  says "--target existing --registry"
}

test_an_option_without_its_value_is_refused() {
  for script in ./build.sh ./deploy.sh ./destroy.sh; do
    try $script --target
    exits 2
    says "--target needs a value"
  done
  try ./deploy.sh --component
  exits 2
  says "--component needs a value"
}
