#!/usr/bin/env bash
# Start a Ray cluster and train this export on it with verl.
#
#   bash launch.sh head              on the first machine
#   bash launch.sh worker ADDRESS    on each of the others; ADDRESS of the first
#   bash launch.sh submit [ADDRESS]  once, from this folder, when all machines have joined
#   bash launch.sh stop              on each machine, at the end
#
# The parameters are in cluster.env. `train` is what the submitted job runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
}

train() {
    local overrides
    mapfile -t overrides <overrides.txt
    # A later value of a key takes the place of an earlier one.
    exec python3 -m verl.trainer.main_ppo "${overrides[@]}" \
        "actor_rollout_ref.model.path='$MODEL'" \
        "trainer.default_local_dir='$CHECKPOINTS'" \
        "trainer.nnodes=$NODES" \
        "trainer.n_gpus_per_node=$GPUS_PER_NODE"
}

[[ "${1:-}" =~ ^(head|worker|submit|train|stop)$ ]] || usage
# shellcheck source=/dev/null
source ./cluster.env

case "$1" in
head)
    ray start --head --port="$RAY_PORT" --dashboard-host=0.0.0.0 --dashboard-port="$DASHBOARD_PORT" \
        --num-gpus="$GPUS_PER_NODE"
    ;;
worker)
    [[ $# -eq 2 ]] || usage
    ray start --address="$2:$RAY_PORT" --num-gpus="$GPUS_PER_NODE"
    ;;
submit)
    if [[ "$CHECKPOINTS" != /* ]]; then
        # Ray runs the job in a copy of this folder, which it deletes.
        echo "cluster.env: CHECKPOINTS: expected an absolute path that all machines share, got $CHECKPOINTS" >&2
        exit 2
    fi
    ray job submit --address="http://${2:-127.0.0.1}:$DASHBOARD_PORT" --working-dir . -- \
        bash launch.sh train
    ;;
train)
    train
    ;;
stop)
    ray stop
    ;;
esac
