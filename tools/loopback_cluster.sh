#!/usr/bin/env bash
# A standalone cluster on this machine, a master and two workers, and on it three applications one after another: curate, export, finetune.
#
#   tools/loopback_cluster.sh WAREHOUSE SNAPSHOT [--set section.key=value ...]
#
# On a real cluster the same three lines are submitted to its master, the last one with conf/spark/train.conf where there are GPUs.
set -euo pipefail
cd "$(dirname "$0")/.."
warehouse=$1 snapshot=$2
shift 2
settings=("$@")
port=${PORT:-7077}
python=$PWD/.venv/bin/python
export SPARK_LOCAL_IP=127.0.0.1 SPARK_CONF_DIR=$PWD/conf/spark PYSPARK_PYTHON=$python PYSPARK_DRIVER_PYTHON=$python
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
  "$SPARK_HOME/bin/spark-submit" --master "spark://127.0.0.1:$port" --properties-file conf/spark/cpu.conf \
    --conf spark.executor.cores=1 --conf spark.cores.max=2 --conf spark.executor.memory=1g --conf spark.sql.shuffle.partitions=4 \
    "jobs/$1" "${@:2}" --warehouse "$warehouse" "${settings[@]}" 2>>"$logs/applications.log" || {
    echo "failed; see $logs" >&2
    exit 1
  }
}

start master.Master --host 127.0.0.1 --port "$port" --webui-port 0
until (echo >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.5; done
for number in 1 2; do
  start worker.Worker --host 127.0.0.1 --cores 1 --memory 2g --webui-port 0 -d "$logs/work$number" "spark://127.0.0.1:$port"
done

submit curate.py --snapshot "$snapshot"
submit export.py --out "$warehouse/_exports/cluster"
submit finetune.py --export "$warehouse/_exports/cluster" --set training.processes=2
