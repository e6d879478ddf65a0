#!/usr/bin/env bash
# A standalone cluster on this machine, a master and two workers, and on it three applications one after another: curate, export, finetune.
#
#   tools/loopback_cluster.sh WAREHOUSE SNAPSHOT [--set section.key=value ...]
#
# On a real cluster the same three lines are submitted to its master, the last one with conf/spark/train.conf where there are GPUs.
# With -- any command runs instead, in this folder; {conf} in it is the Spark configuration of the cluster, {python} this interpreter:
#
#   tools/loopback_cluster.sh -- bubblenet curate --snapshot SNAPSHOT --warehouse WAREHOUSE --set execution.spark_conf={conf}
set -euo pipefail
root=$(cd -P "$(dirname "$0")/.." && pwd)
port=${PORT:-7077}
python=$root/.venv/bin/python
export SPARK_LOCAL_IP=127.0.0.1 SPARK_CONF_DIR=$root/conf/spark PYSPARK_PYTHON=$python PYSPARK_DRIVER_PYTHON=$python PATH=$root/.venv/bin:$PATH
SPARK_HOME=$("$python" -c 'import pyspark; print(pyspark.__path__[0])')
export SPARK_HOME
logs=$(mktemp -d)
processes=()
trap 'kill "${processes[@]}" 2>/dev/null; wait 2>/dev/null' EXIT

start() { # CLASS OPTION...
  "$SPARK_HOME/bin/spark-class" "org.apache.spark.deploy.$1" "${@:2}" >>"$logs/cluster.log" 2>&1 &
  processes+=($!)
}

submit() { # JOB OPTION...
  echo "$ spark-submit jobs/$1 ${*:2}"
  "$SPARK_HOME/bin/spark-submit" --properties-file "$logs/loopback.conf" "$root/jobs/$1" "${@:2}" 2>>"$logs/applications.log" || {
    echo "failed; see $logs" >&2
    exit 1
  }
}

{
  cat "$root/conf/spark/cpu.conf"
  printf 'spark.master spark://127.0.0.1:%s\nspark.executor.cores 1\nspark.cores.max 2\nspark.executor.memory 1g\n' "$port"
  printf 'spark.sql.shuffle.partitions 4\nspark.databricks.delta.snapshotPartitions 2\n'
} >"$logs/loopback.conf"

start master.Master --host 127.0.0.1 --port "$port" --webui-port 0
until (echo >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.5; done
for number in 1 2; do
  start worker.Worker --host 127.0.0.1 --cores 1 --memory 2g --webui-port 0 -d "$logs/work$number" "spark://127.0.0.1:$port"
done

if [ "$1" = -- ]; then
  words=("${@:2}")
  words=("${words[@]//\{conf\}/$logs/loopback.conf}")
  "${words[@]//\{python\}/$python}"
  exit
fi
cd "$root"
warehouse=$1 snapshot=$2
settings=(--warehouse "$warehouse" "${@:3}")
submit curate.py --snapshot "$snapshot" "${settings[@]}"
submit export.py --out "$warehouse/_exports/cluster" "${settings[@]}"
submit finetune.py --export "$warehouse/_exports/cluster" "${settings[@]}" --set training.processes=2
